"""Pictures of the beads in pages, where they can be drawn."""

import pytest

from gpudem.page import charts, gallery
from gpudem.pictures.rendering import can_render
from gpudem.runfile.reader import open_run
from tests.syntheticrun import write_mill


@pytest.mark.skipif(not can_render(), reason="nothing can be drawn here")
def test_pictures_of_one_run_and_of_several(tmp_path):
    with open_run(write_mill(tmp_path / "mill.vtkhdf")) as opened:
        seen = charts.picture(opened, "beads")
        small = gallery.gallery([opened, opened], ["a", "b"], "small")
    assert seen.png.startswith(b"\x89PNG") and "data:image/png;base64," in seen.image
    assert [label for label, _ in small.pictures] == ["a", "b"]
    assert [name for _, name in small.key] == ["on the wall", "in the bulk", "in free flight"]

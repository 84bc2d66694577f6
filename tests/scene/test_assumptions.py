"""What a scene marks as assumed."""

from gpudem.scene.assumptions import Assumption, assumptions_of
from gpudem.scene.file import scene_text, shipped_scenes

TEXT = """\
# Values that no source states are marked ASSUMED.
title = "A # ASSUMED title"   # free
[bowl]
diameter = "51 mm"  # ASSUMED: only the volume is known
height = '39 mm'    # maker
# ASSUMED: as in the paper
[contact.bead_bead]
restitution = 0.15
[[beads]]
filling = 0.3       # ASSUMED
[[beads]]
filling = 0.1       # paper: 0.1 to 0.5; ASSUMED to be of this kind
[contact.bead_wall] # ASSUMED: as between beads
"""


def test_marks_of_keys_tables_and_lines_above():
    assert assumptions_of(TEXT) == [
        Assumption("bowl.diameter", '"51 mm"', "only the volume is known"),
        Assumption("contact.bead_bead", "", "as in the paper"),
        Assumption("beads.1.filling", "0.3", ""),
        Assumption("beads.2.filling", "0.1", "paper: 0.1 to 0.5; assumed to be of this kind"),
        Assumption("contact.bead_wall", "", "as between beads"),
    ]


def test_what_is_set_is_not_assumed():
    found = assumptions_of(TEXT, ['bowl.diameter="50 mm"', "beads.1.filling = 0.2"])
    assert [one.key for one in found][:2] == ["contact.bead_bead", "beads.2.filling"]


def test_a_window_that_a_duration_moved_is_told_as_it_is():
    text = scene_text("retsch-pm100")

    def told(*arguments):
        return [one.value for one in assumptions_of(text, *arguments) if one.key == "run.log_from"]

    assert told() == told((), "2 s") == ['"0.5 s"']
    assert told(["run.duration=4 s"], "2 s") == ["2 s"]
    assert told(["run.duration=4 s", "run.log_from=1 s"], "1 s") == []


def test_every_mark_of_the_shipped_scenes_is_found():
    for name, _ in shipped_scenes():
        text = scene_text(name)
        # In the head of a file the mark is explained.
        marks = sum("ASSUMED" in line for line in text.splitlines()[9:])
        assert len(assumptions_of(text)) == marks

"""Pictures, pixel by pixel: beads of known place, size and colour."""

import math

import numpy as np
import pytest

from gpudem.errors import GpudemError
from gpudem.geometry.vessel import Vessel
from gpudem.pictures.picture import THEMES, Picture
from gpudem.pictures.rendering import can_render, prepare_rendering
from gpudem.pictures.vessel import Bowl, arc_arrow

SIZE = 400
BOWL = Bowl(Vessel.cylinder(0.051, 0.0392), circle_radius=0.070, disc_turn=1, bowl_turn=-1)
RED, GREEN = (220, 30, 30), (30, 200, 30)


@pytest.fixture(autouse=True)
def _rendering():
    if not can_render():
        pytest.skip("nothing can be drawn on this machine")
    prepare_rendering()


def draw(places, radii, colours, *, bowl=BOWL, **options):
    picture = Picture(bowl, (SIZE, SIZE), **{"view": "top", **options})
    picture.show(np.array(places, float), np.array(radii), np.array(colours, np.uint8))
    return picture


def share(image, channel):
    """Share of a pixel's light in one colour, so that shading does not matter."""
    return image[:, :, channel] / np.maximum(image.sum(axis=2), 1)


def blob(mask):
    """Centre (row, column) and radius of a round patch of pixels."""
    rows, columns = np.nonzero(mask)
    return rows.mean(), columns.mean(), math.sqrt(len(rows) / math.pi)


def pixel_of(picture, x, y):
    """Row and column where a point of the bowl's frame appears from above."""
    left, right, bottom, top = picture.extent
    return (top - x) / (top - bottom) * SIZE - 0.5, (-y - left) / (right - left) * SIZE - 0.5


def test_beads_seen_from_above_have_their_place_size_and_colour():
    places, radii = [[0.012, 0.0, 0.01], [0.0, -0.010, 0.02]], [0.004, 0.0025]
    picture = draw(places, radii, [RED, GREEN])
    image = picture.image()
    assert image.shape == (SIZE, SIZE, 3)
    left, right, *_ = picture.extent
    scale = SIZE / (right - left)
    inside = np.zeros((SIZE, SIZE), bool)
    inside[80:320, 60:340] = True  # without the arrows
    for (x, y, _), radius, channel, colour in zip(places, radii, (0, 1), (RED, GREEN), strict=True):
        row, column, size = blob((share(image, channel) > 0.5) & inside)
        assert (row, column) == pytest.approx(pixel_of(picture, x, y), abs=0.6)
        assert size == pytest.approx(radius * scale, abs=0.6)
        middle = image[round(row), round(column)].astype(float)
        assert middle == pytest.approx(np.array(colour, float), rel=0.25, abs=25)


def test_the_bowl_is_drawn_to_scale():
    picture = draw(np.zeros((0, 3)), [], np.zeros((0, 3)))
    image = picture.image().astype(int)
    row = round(pixel_of(picture, 0.0, 0.0)[0])
    glass = np.array(THEMES["light"].glass) * 255
    rim = np.nonzero(np.abs(image[row] - glass).max(axis=1) < 12)[0]
    left, right, *_ = picture.extent
    outer = BOWL.radius * 1.022
    assert rim.min() == pytest.approx((-outer - left) / (right - left) * SIZE, abs=1.5)
    assert rim.max() == pytest.approx((outer - left) / (right - left) * SIZE, abs=1.5)


def test_the_nearer_bead_hides_the_farther_one():
    row, column = (round(x) for x in pixel_of(draw([[0, 0, 0.01]], [0.004], [RED]), 0.0, 0.0))
    for low, high, seen in ((RED, GREEN, 1), (GREEN, RED, 0)):
        picture = draw([[0, 0, 0.008], [0, 0, 0.02]], [0.004, 0.004], [low, high])
        assert share(picture.image(), seen)[row, column] > 0.5
    # Two that overlap in the view meet in the middle, as spheres do.
    picture = draw([[0, 0.002, 0.01], [0, -0.002, 0.01]], [0.004, 0.004], [RED, GREEN])
    shares = share(picture.image(), 1)[row]
    assert shares[column - 6] < 0.3 and shares[column + 6] > 0.5


def test_everything_can_be_changed_afterwards():
    picture = draw([[0, 0, 0.01]], [0.004], [RED])
    row, column = (round(x) for x in pixel_of(picture, 0.0, 0.0))
    before = picture.image()
    position = np.array([[0, 0, 0.01]])
    picture.show(position, np.array([0.004]), np.array([GREEN]))
    assert share(picture.image(), 1)[row, column] > 0.5
    picture.show(np.array([[0.015, 0, 0.01]]), np.array([0.004]), np.array([RED]))
    assert share(picture.image(), 1)[row, column] < 0.4
    picture.show(np.vstack([position] * 3), np.full(3, 0.004), np.array([RED] * 3))
    assert np.array_equal(picture.image(), before)
    picture.theme = "dark"
    assert picture.image()[0, 0] == pytest.approx(np.array(THEMES["dark"].background) * 255, abs=1)
    picture.theme = "light"
    picture.view = "perspective"
    assert not np.array_equal(picture.image(), before)
    picture.view = "top"
    assert np.array_equal(picture.image(), before)
    picture.smooth = False
    assert 0 < np.abs(picture.image().astype(int) - before).mean() < 2
    picture.smooth = True
    picture.size = (200, 200)
    assert picture.image().shape == (200, 200, 3)
    with pytest.raises(GpudemError, match="view side: unknown; accepted: top, perspective"):
        picture.view = "side"
    with pytest.raises(GpudemError, match="theme grey: unknown; accepted: light, dark"):
        picture.theme = "grey"


def test_in_perspective_the_disc_s_axis_is_near_and_what_is_near_is_large():
    sizes = {}
    for x in (-0.015, 0.015):
        image = draw([[x, 0, 0.02]], [0.004], [GREEN], view="perspective").image()
        _, column, sizes[x] = blob(share(image, 1) > 0.5)
        assert column == pytest.approx(0.5 * SIZE, abs=2)
    assert sizes[-0.015] > 1.1 * sizes[0.015]
    right = draw([[0, -0.015, 0.02]], [0.004], [GREEN], view="perspective").image()
    assert blob(share(right, 1) > 0.5)[1] > 0.55 * SIZE


def test_smooth_and_shaded_pictures_show_the_same_beads():
    places = [[0.012, 0.0, 0.01], [0.0, -0.010, 0.02]]
    plain = draw(places, [0.004, 0.0025], [RED, GREEN]).image()
    fine = draw(places, [0.004, 0.0025], [RED, GREEN], fine=True).image(samples=2)
    assert fine.shape == plain.shape
    for channel in (0, 1):
        masks = [share(image, channel) > 0.5 for image in (plain, fine)]
        assert (masks[0] ^ masks[1]).sum() < 0.06 * masks[0].sum()


@pytest.mark.parametrize(("disc", "bowl"), [(1, -1), (-1, 1)])
def test_the_arrows_turn_as_disc_and_bowl_do(disc, bowl):
    turning = Bowl(Vessel.cylinder(0.051, 0.0392), 0.070, disc, bowl)
    picture = draw(np.zeros((0, 3)), [], np.zeros((0, 3)), bowl=turning)
    image = picture.image().astype(int)
    for name, turn, above in (("disc", disc, False), ("bowl", bowl, True)):
        colour = np.array(getattr(THEMES["light"], name)) * 255
        rows, columns = np.nonzero(np.abs(image - colour).max(axis=2) < 40)
        assert (rows.mean() < 0.3 * SIZE) if above else (rows.mean() > 0.7 * SIZE)
        # The head is the thickest part.
        thickness = np.bincount(columns, minlength=SIZE)
        head = np.argmax(thickness) - 0.5 * SIZE
        assert thickness.max() > 1.5 * np.median(thickness[thickness > 0])
        # Both arrows lie above the centre they turn about, where counter-clockwise is leftwards.
        assert np.sign(head) == -turn, name


@pytest.mark.parametrize("view", ["top", "perspective"])
@pytest.mark.parametrize("circle", [0.047, 0.0608, 0.0705, 0.125])
def test_no_arrow_is_cut_off(view, circle):
    """Bowls of 76 mm on discs from small ones, whose arrow bends most, to large ones."""
    bowl = Bowl(Vessel.cylinder(0.076, 0.06), circle, 1, -1)
    image = draw(np.zeros((0, 3)), [], np.zeros((0, 3)), bowl=bowl, view=view).image().astype(int)
    for name in ("disc", "bowl"):
        colour = np.array(getattr(THEMES["light"], name)) * 255
        seen = np.abs(image - colour).max(axis=2) < 40
        # On a disc hardly larger than the bowl there is no room for an arrow.
        assert seen.sum() > 50 or circle < 0.05, name
        assert not seen[[0, -1]].any() and not seen[:, [0, -1]].any(), name


def test_an_arrow_s_tip_is_where_it_leads():
    corners, faces = arc_arrow((0.01, 0.02, 0.03), 0.02, (-0.5, 0.7), 0.002)
    tip = [0.01 + 0.02 * math.cos(0.7), 0.02 + 0.02 * math.sin(0.7), 0.03]
    assert corners[-1] == pytest.approx(tip)
    assert np.hypot(*(corners[:, :2] - [0.01, 0.02]).T).max() < 0.0225
    assert faces.max() == len(corners) - 1
    back, _ = arc_arrow((0.01, 0.02, 0.03), 0.02, (0.5, -0.7), 0.002)
    assert back[-1, 1] == pytest.approx(0.02 - 0.02 * math.sin(0.7))


def test_without_a_disc_there_are_no_arrows():
    still = draw(np.zeros((0, 3)), [], np.zeros((0, 3)), bowl=Bowl(Vessel.cylinder(0.051, 0.0392)))
    image = still.image().astype(int)
    assert np.ptp(image, axis=2).max() < 60
    assert np.allclose(still.extent, np.array([-1, 1, -1, 1]) * still.extent[1])


def every_bead(centre, radius, depth):
    return np.ones(len(radius), bool)


@pytest.mark.parametrize("view", ["top", "perspective"])
def test_hidden_beads_are_left_out_of_coarser_pictures_only(view, monkeypatch):
    random = np.random.default_rng(3)
    places = random.uniform((-0.03, -0.03, 0.0), (0.03, 0.03, 0.039), (8000, 3))
    colours = random.integers(0, 255, (8000, 3))
    drawn, images = [], []
    for hides in (True, False):
        if not hides:
            monkeypatch.setattr(
                "gpudem.pictures.picture.visible",
                lambda centre, radius, depth: np.ones(len(radius), bool),
            )
        picture = draw(places, np.full(8000, 0.0014), colours, view=view)
        picture.smooth = False
        images.append(picture.image().astype(int))
        picture.camera.Azimuth(70.0)
        images.append(picture.image().astype(int))
        drawn.append(picture._beads._points.GetNumberOfPoints())
        for smooth, samples in ((True, 1), (False, 2)):
            picture.smooth = smooth
            picture.image(samples)
            assert picture._beads._points.GetNumberOfPoints() == 8000
        picture.close()
    assert drawn[0] < 0.5 * drawn[1] == 4000
    assert (np.abs(images[0] - images[1]).max(axis=2) > 24).mean() > 0.1
    for coarse, whole in zip(images[:2], images[2:], strict=True):
        assert (np.abs(coarse - whole).max(axis=2) > 24).mean() < 1e-3


@pytest.mark.parametrize("away", [0.03, 0.0, -0.03])
def test_an_eye_among_the_beads_sees_all_that_are_before_it(away):
    random = np.random.default_rng(4)
    places = random.uniform((-0.03, -0.03, 0.0), (0.03, 0.03, 0.039), (2000, 3))
    picture = draw(places, np.full(2000, 0.0014), random.integers(0, 255, (2000, 3)))
    picture.view, picture.smooth = "perspective", False
    picture.camera.SetFocalPoint(1.0, 0.0, 0.02)
    picture.camera.SetPosition(-0.03 - away, 0.0, 0.02)
    picture.image()
    assert picture._beads._points.GetNumberOfPoints() == 2000
    picture.close()

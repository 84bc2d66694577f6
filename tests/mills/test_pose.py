"""How shaken vessels move: accelerations, spins and bounds against places and turns."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gpudem.geometry.vessel import cylinder
from gpudem.mills.linear_shaker import LinePose
from gpudem.mills.mixer import ArcPose
from gpudem.mills.pose import spin_of
from gpudem.mills.prescribed import read_track
from gpudem.mills.profile import Profile
from gpudem.mills.shaker_3d import EightPose
from gpudem.mills.shaking import ShakerDrive

CRANK = Profile((0.0, 0.1, 0.25), (0.0, 90.0, 60.0))


def table(rotation):
    """A motion of all six degrees of freedom as CSV text, by rotation vectors or quaternions."""
    times = np.linspace(0.0, 0.3, 121)
    wave = 2.0 * np.pi * 8.0 * times
    place = 0.02 * np.stack([np.sin(wave), np.cos(0.5 * wave), np.sin(2.0 * wave)], axis=1)
    turn = np.stack([0.4 * np.sin(wave), 1.5 * np.sin(0.5 * wave), 0.8 * np.cos(wave)], axis=1)
    names, values = "rx,ry,rz", turn
    if rotation == "quaternion":
        names, values = "qw,qx,qy,qz", Rotation.from_rotvec(turn).as_quat()[:, [3, 0, 1, 2]]
    rows = np.column_stack([times, place, values])
    body = "\n".join(",".join(f"{value:.10g}" for value in row) for row in rows)
    return f"time,x,y,z,{names}\n{body}\n"


POSES = {
    "line": LinePose(CRANK, (0.01, -0.02, 0.005)),
    "arc": ArcPose(CRANK, 0.1, 0.09),
    "eight": EightPose(CRANK, 0.0295, 0.33),
    "table": read_track(table("vector")),
}
INSIDE = np.array([0.02, 0.05, 0.13, 0.21, 0.27])
H = 1e-5


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_the_acceleration_is_the_second_derivative_of_the_place(pose):
    found = (pose.place(INSIDE + H) - 2.0 * pose.place(INSIDE) + pose.place(INSIDE - H)) / H**2
    scale = pose.peak_acceleration
    assert pose.acceleration(INSIDE) == pytest.approx(found, rel=1e-3, abs=1e-4 * scale)
    assert pose.place(np.zeros(1))[0] == pytest.approx(np.zeros(3), abs=1e-15)
    assert pose.turn(np.zeros(1))[0] == pytest.approx(np.zeros(3), abs=1e-12)


@pytest.mark.parametrize("pose", [POSES["arc"], POSES["eight"], POSES["table"]])
def test_the_spin_is_that_of_the_turn(pose):
    before, after = (Rotation.from_rotvec(pose.turn(INSIDE + way * H)) for way in (-1.0, 1.0))
    found = (after * before.inv()).as_rotvec() / (2.0 * H)
    assert pose.spin(INSIDE) == pytest.approx(found, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_nothing_is_faster_than_the_peaks(pose):
    times = np.linspace(0.0, 0.3, 30001)
    fastest = np.linalg.norm(pose.acceleration(times), axis=1).max()
    assert fastest <= pose.peak_acceleration * (1.0 + 1e-3)
    assert np.linalg.norm(pose.spin(times), axis=1).max() <= pose.peak_spin * (1.0 + 1e-3) + 1e-12
    speed = np.linalg.norm(np.diff(pose.place(times), axis=0), axis=1).max() / (times[1])
    assert 0.3 * pose.peak_speed < speed <= pose.peak_speed * (1.0 + 1e-3)


def test_a_changing_rotation_vector_spins_by_the_left_jacobian():
    rng = np.random.default_rng(3)
    turn, rate = rng.normal(size=(2, 20, 3))
    turn[:5] *= 1e-4
    h = 1e-6
    before, after = (Rotation.from_rotvec(turn + way * h * rate) for way in (-1.0, 1.0))
    assert spin_of(turn, rate) == pytest.approx(
        (after * before.inv()).as_rotvec() / (2 * h), rel=1e-6
    )


def test_the_arc_of_a_mixer_mill_has_its_radius():
    pose = ArcPose(Profile.constant(150.0), 0.1, 0.09)
    times = np.linspace(0.0, 0.05, 200)
    centre = pose.place(times) + np.array([0.09, 0.0, 0.0])
    assert np.linalg.norm(centre, axis=1) == pytest.approx(np.full(200, 0.09))
    # The jar is fixed to its arm: what pointed outwards still does.
    outward = Rotation.from_rotvec(pose.turn(times)).apply([0.09, 0.0, 0.0])
    assert outward == pytest.approx(centre)
    # At the middle of the swing its acceleration is centripetal.
    assert pose.acceleration(np.zeros(1))[0] == pytest.approx([-0.09 * 15.0**2, 0.0, 0.0])


def test_quaternions_and_rotation_vectors_say_the_same():
    other = read_track(table("quaternion"))
    assert other.turn(INSIDE) == pytest.approx(POSES["table"].turn(INSIDE), abs=1e-8)
    assert other.spin(INSIDE) == pytest.approx(POSES["table"].spin(INSIDE), abs=1e-5)


def test_a_table_of_a_circle_has_its_acceleration():
    times = np.linspace(0.0, 0.2, 401)
    rows = "\n".join(
        f"{t:.6f},{0.05 * np.cos(40 * t):.12f},{0.05 * np.sin(40 * t):.12f},0" for t in times
    )
    track = read_track("time,x,y,z\n" + rows)
    moments = np.linspace(0.01, 0.19, 50)
    expected = -0.05 * 1600.0 * np.stack([np.cos(40 * moments), np.sin(40 * moments)], axis=1)
    assert track.acceleration(moments)[:, :2] == pytest.approx(expected, abs=0.02)
    assert track.peak_spin == 0.0
    assert (track.acceleration(np.array([0.3])) == 0.0).all()


GOOD = "time,x,y,z,rx,ry,rz\n0,0,0,0,0,0,0\n1,0,0,0,0,0,0\n2,0,0,0,0,0,0\n3,0,0,0,0,0,0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        (GOOD.replace("time", "zeit"), "unknown column 'zeit'"),
        (GOOD.replace("rz", "ry"), "column 'ry' stands there twice"),
        (GOOD.replace(",z,", ",qw,"), "give one of them"),
        (GOOD.replace("time,x", "x,x"), "twice"),
        ("x,y,z\n0,0,0", "column 'time' is missing"),
        (GOOD.replace("1,0,0", "1,a,0"), "line 3: x is no number: 'a'"),
        (GOOD.replace("1,0,0", "1,nan,0"), "line 3: x is not finite"),
        (GOOD.replace("2,0,0", "2,0"), "line 4: 6 values for 7 columns"),
        (GOOD.replace("2,0,0", "1,0,0"), "line 4: time 1 s does not rise"),
        (GOOD.replace("\n0,0", "\n0.5,0"), "begins at 0.5 s"),
        ("\n".join(GOOD.splitlines()[:3]), "2 moments; from 4"),
        ("time,x,y,z,qw,qx,qy,qz\n0,0,0,0,2,0,0,0", "1 moments"),
        (
            "time,x,y,z,qw,qx,qy,qz\n" + "".join(f"{t},0,0,0,2,0,0,0\n" for t in range(4)),
            "line 2: the quaternion has length 2 instead of 1",
        ),
    ],
)
def test_a_fault_in_a_table_is_told(text, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        read_track(text)


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_motions_have_the_same_bits_however_many_moments_are_asked_for(pose):
    drive = ShakerDrive((0.0, -9.81, 0.0), pose)
    wall = cylinder(0.05, 0.04, motion="pose", pose=pose, pivot=(0.0, 0.0, 0.02))[0]
    times = 0.05 + 4.66e-7 * np.arange(1000)
    for values in (drive.body_acceleration, wall.poses):
        whole = values(times)
        for size in (1, 2, 3, 7, 64, 333):
            parts = [values(times[k : k + size]) for k in range(0, 200, size)]
            assert (np.concatenate(parts)[:200] == whole[:200]).all()

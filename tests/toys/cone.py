"""A wall and a vessel that gpudem does not have: a cone."""

from gpudem.geometry.revolved import Segment, disc
from gpudem.geometry.vessel import turned
from gpudem.geometry.wall import Wall


def cone(lower, upper, height, **motion):
    """A cone about the z axis from a lower radius at z = 0 to an upper one at a height [m]."""
    return Wall(Segment((lower, 0.0), (upper, height)), **motion)


def conical_vessel(lower, upper, height, **motion):
    """A cone with bottom and lid."""
    side = Segment((lower, 0.0), (upper, height))
    return turned([(side, 0.0), (disc(lower), 0.0), (disc(upper), height)], **motion)

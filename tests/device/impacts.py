"""Rebound speeds of bead-bead and bead-wall impacts over impact speeds, on the CPU.

python -m tests.device.impacts PRECISION
"""

import json
import sys

from gpudem.device import start as device
from gpudem.running.simulation import Simulation
from tests.factories import above_plane, head_on, hertz_mindlin, run_until_free


def rebounds() -> list[float]:
    """Coefficients of restitution that come out."""
    out = []
    for restitution in (0.05, 0.15, 0.9):
        contact = hertz_mindlin(restitution, 0.55, 0.5, rolling_friction=0.045)
        for speed in (0.1, 5.0):
            pair = Simulation(head_on(speed, contact=contact, fraction=0.2))
            run_until_free(pair)
            out.append(float(pair.velocity[1, 0] - pair.velocity[0, 0]) / speed)
            wall = Simulation(above_plane((0, 0, -speed), contact=contact, fraction=0.2))
            run_until_free(wall)
            out.append(float(wall.velocity[0, 2]) / speed)
    return out


def main() -> None:
    device.start("cpu", threads=1, precision=sys.argv[1])
    print(json.dumps(rebounds()))


if __name__ == "__main__":
    main()

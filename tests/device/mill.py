"""Runs the P7 mill on the CPU and prints what its report says.

python -m tests.device.mill PRECISION FILE SETS...
"""

import json
import sys

from gpudem import Simulation, load_scene, open_run
from gpudem.device import start as device
from gpudem.report.report import analyse


def main() -> None:
    precision, file, *sets = sys.argv[1:]
    device.start("cpu", threads=1, precision=precision)
    Simulation(load_scene("pulverisette7", sets)).run(file)
    with open_run(file) as run:
        result = analyse(run)
    names = ("kinetic_energy", "spin_energy", "mean_speed", "contacts_per_bead")
    values = {name: result[name] for name in names}
    values["power"] = result["power"]["dissipation"]["total"]
    values["stress_energy"] = result["stress_energy"]["dissipation"]["event"]
    print(json.dumps(values))


if __name__ == "__main__":
    main()

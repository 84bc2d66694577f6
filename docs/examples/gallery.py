"""Draws the pictures of the documentation from real runs.

    python gallery.py RUNS PICTURES

makes the runs that are missing in the folder RUNS (some minutes each on one core) and draws
into the folder PICTURES.
"""

import subprocess
import sys
from pathlib import Path

SPEEDS = (200, 400, 600, 800, 1000)
#: A movie of a tenth of a second needs more snapshots than the usual 100 a second.
MOVIE = ("run.duration=600 ms", "run.snapshot_interval=2 ms")


def gpudem(*arguments):
    subprocess.run([sys.executable, "-m", "gpudem", *map(str, arguments)], check=True)


def run(path, *settings):
    """Make a run of the 80 mL bowl unless it is there."""
    if not path.exists():
        sets = [word for setting in settings for word in ("--set", setting)]
        gpudem("run", "pulverisette7", "-o", path, "--no-figure", "--quiet", *sets)
    return path


def picture(path, *arguments):
    gpudem("render", *arguments, "-o", path, "--overwrite")


def main(runs, pictures):
    runs.mkdir(exist_ok=True)
    pictures.mkdir(exist_ok=True)
    speeds = [run(runs / f"p7-{n}.vtkhdf", f"mill.speed={n} rpm") for n in SPEEDS]
    picture(pictures / "beads-speeds.png", *speeds, "--time", "0.75 s", "--width", 1400)
    picture(pictures / "beads.png", speeds[2], "--time", "0.75 s", "--width", 1000)
    picture(
        pictures / "beads-power.png",
        *("--colour", "power", "--theme", "dark", "--width", 1000, "--time", "0.75 s"),
        speeds[3],
    )
    slow = run(runs / "p7-400-movie.vtkhdf", "mill.speed=400 rpm", *MOVIE)
    gpudem(
        *("render", slow, "--movie", pictures / "beads.webp", "--overwrite", "--view", "top"),
        *("--from", "0.5 s", "--to", "0.558 s", "--slow", 50, "--width", 320),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

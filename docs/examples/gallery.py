"""Draws the pictures of the documentation from real runs.

    python gallery.py RUNS PICTURES

makes the runs that are missing in the folder RUNS (half a minute to ten each) and draws
into the folder PICTURES.
"""

import subprocess
import sys
from pathlib import Path

SPEEDS = (200, 400, 600, 800, 1000)
#: Beside those of the scene, at 600 rpm. Runs of smaller beads, which are more, are shorter.
FILLINGS = (0.1, 0.3)
SIZES = {"3": ("300 ms", "100 ms"), "1.75": ("150 ms", "50 ms")}
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


def maps(path, *runs):
    gpudem("motion", *runs, "--figure", path, "--overwrite")


def main(runs, pictures):
    runs.mkdir(exist_ok=True)
    pictures.mkdir(exist_ok=True)
    steady, wide, single = ("--time", "0.75 s"), ("--width", 1200), ("--width", 1000)
    speeds = [run(runs / f"p7-{n}.vtkhdf", f"mill.speed={n} rpm") for n in SPEEDS]
    picture(pictures / "beads-speeds.png", *speeds, *steady, "--width", 1400)
    maps(pictures / "motion-speeds.png", *speeds)
    middle = speeds[2]
    picture(pictures / "beads.png", middle, *steady, *single)
    picture(
        pictures / "beads-power.png",
        *(speeds[3], "--colour", "power", "--theme", "dark", *steady, *single),
    )
    picture(pictures / "beads-force.png", middle, "--colour", "force", *steady, *single)
    fillings = [
        *(run(runs / f"p7-filling-{n}.vtkhdf", f"beads.filling={n}") for n in FILLINGS),
        middle,
    ]
    picture(pictures / "beads-fillings.png", *fillings, *steady, *wide)
    picture(pictures / "beads-regimes.png", *fillings, "--colour", "regime", *steady, *wide)
    maps(pictures / "motion-fillings.png", *fillings)
    sizes = [middle]
    for size, (duration, log_from) in SIZES.items():
        shorter = (f"run.duration={duration}", f"run.log_from={log_from}")
        path = runs / f"p7-{size}mm.vtkhdf"
        sizes.append(run(path, f"beads.diameter={size} mm", *shorter))
    picture(pictures / "beads-sizes.png", *sizes, "--time", "0.15 s", *wide)
    slow = run(runs / "p7-400-movie.vtkhdf", "mill.speed=400 rpm", *MOVIE)
    gpudem(
        *("render", slow, "--movie", pictures / "beads.webp", "--overwrite", "--view", "top"),
        *("--from", "0.5 s", "--to", "0.558 s", "--slow", 50, "--width", 320),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Draws the pictures of the gallery of mills from runs of the shipped scenes.

    python gallery_mills.py RUNS PICTURES

makes the runs that are missing in the folder RUNS (ten seconds to four minutes each) and draws
into the folder PICTURES.
"""

import subprocess
import sys
from pathlib import Path

#: Shipped scenes, and the moment that is drawn.
SCENES = {
    "retsch-pm100": "0.8 s",
    "retsch-pm400": "0.8 s",
    "pulverisette5": "0.8 s",
    "pulverisette6": "0.8 s",
    "pulverisette7-classic-45ml": "0.8 s",
    "retsch-mm400": "0.73 s",
    "spex-8000": "0.9 s",
    "pulverisette0": "1.5 s",
    "roller-jar": "1.9 s",
    "stirred-lab": "0.1 s",
}


def gpudem(*arguments):
    subprocess.run([sys.executable, "-m", "gpudem", *map(str, arguments)], check=True)


def main(runs, pictures):
    runs.mkdir(exist_ok=True)
    pictures.mkdir(exist_ok=True)
    for name, time in SCENES.items():
        path = runs / f"{name}.vtkhdf"
        if not path.exists():
            gpudem("run", name, "-o", path, "--no-figure", "--quiet")
        picture = pictures / f"mill-{name}.png"
        gpudem("render", path, "--time", time, "--width", 640, "-o", picture, "--overwrite")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Are calibrations right? Made-up measurements of known parameters, calibrated over and over.

    python -m tests.bench.recovery FOLDER [--points 30] [--replicates 50] [--sets 3] [--processes 2]

The measurements come from simulations of other packings, time steps and stiffness than those that
the fit uses, with noise. Printed is how often the intervals of 68 and 95 % hold the truth. All
simulations are studies in FOLDER: the command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from gpudem.calibration.calibration import sampled as posterior_from
from gpudem.calibration.design import designs, run_designs
from gpudem.calibration.measurements import Measurements
from gpudem.runfile.reader import open_run
from gpudem.study.executors.local import LocalProcesses
from gpudem.study.runner import run_study
from gpudem.study.study import study_from_text
from gpudem.study.study_folder import StudyFolder

#: Restitution, static, dynamic and rolling friction; the first is the paper's.
TRUTHS = {
    "the paper's": (0.15, 0.55, 0.50, 0.045),
    "smooth": (0.40, 0.35, 0.25, 0.020),
    "rough": (0.30, 0.80, 0.60, 0.120),
}
NAMES = ("restitution", "static_friction", "dynamic_friction", "rolling_friction")
SWINGS, RELEASES, SEEDS = 6, 3, range(11, 15)
#: Noise of a restitution, of angles [deg], and of times over themselves.
NOISE = {"restitution": 0.015, "swing": 0.7, "repose": 0.7, "slip": 0.8, "time": 0.03}
TILT, WAY = 45.0, 0.1


def measurements(drop, swings, repose, slip, time):
    """The table of a file of measurements."""

    def degrees(values):
        return [f"{value:.6f} deg" for value in values]

    return Measurements.model_validate(
        {
            "drop": {
                "before": ["1 m/s"] * len(drop),
                "after": [f"{max(value, 1e-3):.6f} m/s" for value in drop],
            },
            "rolling": {"release": "45 deg", "swings": [degrees(one) for one in swings]},
            "repose": {"method": "ledge", "angle": degrees(repose)},
            "sliding": {
                "slip_angle": degrees(slip),
                "slides": [
                    {
                        "tilt": f"{TILT} deg",
                        "distance": f"{WAY} m",
                        "time": [f"{t:.6f} s" for t in time],
                    }
                ],
            },
        }
    )


def template():
    """Measurements that have the form of all: designs depend on nothing else."""
    return measurements([0.2] * 6, [[10.0] * SWINGS], [25.0] * 4, [25.0] * 5, [0.5] * 4)


def truth_study(test, settings, sets):
    """A study that simulates a test with the true parameters, otherwise than the fit does."""
    one = test.simulations()[0]
    common = {**one.settings, **settings}
    lines = [f'scene = "{one.scene}"', f"seeds = {list(SEEDS) if one.seeds > 1 else [1]}", "[set]"]
    lines += [f"{key} = {value}" for key, value in common.items()]
    for name, values in list(TRUTHS.items())[:sets]:
        keys = ", ".join(
            f"contact.bead_bead.{key} = {value}" for key, value in zip(NAMES, values, strict=True)
        )
        lines += ["[[variants]]", f'name = "{name}"', f"set = {{ {keys} }}"]
    return study_from_text("\n".join(lines) + "\n", "truth.toml")


def runner(processes):
    """What runs the cases of a study's folder."""

    def run(folder):
        device = {"device": "cpu", "precision": "double", "threads": 1}
        run_study(folder, LocalProcesses(processes, device), quiet=False)

    return run


def truths(folder, sets, run):
    """What the tests give with the true parameters: swings, and angles of repose, by name."""
    found = template()
    settings = {
        "rolling": {"contact.softening": "10", "run.rayleigh_fraction": "0.15"},
        "repose": {"contact.softening": "300", "run.rayleigh_fraction": "0.15"},
    }
    out = {name: {} for name in TRUTHS}
    for test in (found.rolling, found.repose[0]):
        study = truth_study(test, settings[test.NAME], sets)
        path = StudyFolder.prepare(folder / f"truth-{test.NAME}", study, study.cases())
        if not all(case.done for case in path.cases):
            run(path)
        for case in path.cases:
            with open_run(case.run_file) as opened:
                observed = test.observe(opened, 0)
            out[case.about["variant"]].setdefault(test.NAME, []).append(np.degrees(observed))
    return out


def replicate(truth, values, generator):
    """Measurements with noise."""
    drop = values[0] + generator.normal(0.0, NOISE["restitution"], 6)
    swing = truth["rolling"][0] + generator.normal(0.0, NOISE["swing"], (RELEASES, SWINGS))
    angles = np.ravel(truth["repose"])
    repose = generator.normal(angles.mean(), math.hypot(angles.std(ddof=1), NOISE["repose"]), 4)
    slip = math.degrees(math.atan(values[1])) + generator.normal(0.0, NOISE["slip"], 5)
    pull = 9.81 * (math.sin(math.radians(TILT)) - values[2] * math.cos(math.radians(TILT)))
    time = math.sqrt(2.0 * WAY / pull) * (1.0 + generator.normal(0.0, NOISE["time"], 4))
    return measurements(drop, np.clip(swing, 0.0, 45.0), repose, slip, time)


def sampled(made, results, seed):
    """The posterior of made-up measurements."""
    # Designs are those of the template, which its tests stand for.
    own = {test.NAME: test for test in made.tests}
    moved = [(replace(design, test=own[design.test.NAME]), p, v) for design, p, v in results]
    return posterior_from(made.tests, made.known_before, moved, seed)[1]


def held(job):
    """Which intervals of one replicate hold the truth: 68 %, 95 %, by parameter; and medians."""
    results, truth, values, seed = job
    made = replicate(truth, values, np.random.default_rng(seed))
    posterior = sampled(made, results, seed)
    inner = [posterior.interval(name, 0.68) for name in NAMES]
    outer = [posterior.interval(name, 0.95) for name in NAMES]
    within = [
        [low <= value <= high for (low, high), value in zip(found, values, strict=True)]
        for found in (inner, outer)
    ]
    width = [posterior.column(name).std() for name in NAMES]
    return np.array(within), np.array([np.median(posterior.column(n)) for n in NAMES]), width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", type=int, default=30)
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--sets", type=int, default=len(TRUTHS))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    run = runner(options.processes)
    found = template()
    prior = found.known_before
    results = run_designs(designs(found.tests, prior, options.folder, options.points), run, print)
    real = truths(options.folder, options.sets, run)
    for name, values in list(TRUTHS.items())[: options.sets]:
        angles = np.ravel(real[name]["repose"])
        first = replicate(real[name], values, np.random.default_rng(0))
        near = sampled(first, results, 0).draws
        around = options.folder / f"near {name}"
        all_results = results + run_designs(
            designs(found.tests, prior, around, options.points, near), run, print
        )
        print(
            f"\n{name}: repose {angles.mean():.2f} +- {angles.std(ddof=1):.2f} deg between packings"
        )
        jobs = [(all_results, real[name], values, seed) for seed in range(options.replicates)]
        with ProcessPoolExecutor(options.processes) as pool:
            outcomes = list(pool.map(held, jobs))
        shares = np.mean([one[0] for one in outcomes], axis=0)
        medians = np.array([one[1] for one in outcomes])
        widths = np.mean([one[2] for one in outcomes], axis=0)
        for k, key in enumerate(NAMES):
            print(
                f"{key:18} true {values[k]:<6} median {medians[:, k].mean():.4f} "
                f"stated +- {widths[k]:.4f} scatter {medians[:, k].std(ddof=1):.4f} "
                f"68 %: {100 * shares[0, k]:.0f} 95 %: {100 * shares[1, k]:.0f}"
            )


if __name__ == "__main__":
    main()

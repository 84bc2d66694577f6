"""How wide are the intervals of GrainLearning, and how wide ours, beside what they should be?

    pip install grainlearning
    python -m tests.bench.grainlearning_intervals [--replicates 24]

Both calibrate restitution, static and dynamic friction from made-up drop and sliding tests, whose
laws are closed forms. Printed is the scatter of the answers between measurements beside the
standard deviation that each states, and how often the truth lies within it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import time

import numpy as np

from gpudem.calibration.calibration import sampled
from gpudem.calibration.measurements import Measurements

NAMES = ("restitution", "static_friction", "dynamic_friction")
TRUTH = np.array([0.15, 0.55, 0.50])
TILT, WAY = 45.0, 0.1
DROPS, SLIPS, SLIDES = 6, 5, 4
#: Scatter of a restitution, of a slip angle [deg], of a time over itself.
NOISE = (0.015, 0.8, 0.03)
#: GrainLearning's samples in each of its iterations.
SAMPLES, ITERATIONS = 60, 4


def predicted(point):
    """Restitution, slip angle [deg] and time of a slide [s]."""
    restitution, static, dynamic = point
    tilt = math.radians(TILT)
    pull = max(9.81 * (math.sin(tilt) - dynamic * math.cos(tilt)), 0.05)
    return restitution, math.degrees(math.atan(static)), math.sqrt(2.0 * WAY / pull)


def measured(generator):
    """Repeated measurements of each."""
    drop, slip, slide = predicted(TRUTH)
    return (
        generator.normal(drop, NOISE[0], DROPS),
        generator.normal(slip, NOISE[1], SLIPS),
        slide * generator.normal(1.0, NOISE[2], SLIDES),
    )


def ours(data, seed):
    """Mean and standard deviation of each parameter."""
    drop, slip, slide = data
    table = {
        "drop": {
            "before": ["1 m/s"] * len(drop),
            "after": [f"{max(one, 1e-3):.6f} m/s" for one in drop],
        },
        "sliding": {
            "slip_angle": [f"{one:.6f} deg" for one in slip],
            "slides": [
                {
                    "tilt": f"{TILT} deg",
                    "distance": f"{WAY} m",
                    "time": [f"{one:.6f} s" for one in slide],
                }
            ],
        },
    }
    found = Measurements.model_validate(table)
    _, posterior = sampled(found.tests, found.known_before, [], seed)
    columns = [posterior.column(name) for name in NAMES]
    return [one.mean() for one in columns], [one.std() for one in columns]


def theirs(data, seed):
    """The same by GrainLearning's iterative Bayesian filter, of the means of the measurements."""
    from grainlearning import BayesianCalibration
    from grainlearning.dynamic_systems import DynamicSystem

    def simulate(calibration):
        system = calibration.system
        values = [np.array(predicted(point))[:, None] for point in system.param_data]
        system.set_sim_data(np.array(values))

    system = {
        "system_type": DynamicSystem,
        "param_min": [0.01, 0.1, 0.1],
        "param_max": [0.95, 1.2, 0.95],
        "param_names": list(NAMES),
        "num_samples": SAMPLES,
        "obs_data": np.array([one.mean() for one in data])[:, None],
        "obs_names": ["restitution", "slip angle", "time"],
        "ctrl_data": np.array([0.0]),
        "ctrl_name": "none",
        "sim_name": "bench tests",
    }
    sampling = {
        "max_num_components": 2,
        "n_init": 1,
        "random_state": seed,
        "slice_sampling": True,
    }
    calibration = BayesianCalibration.from_dict(
        {
            "num_iter": ITERATIONS,
            "callback": simulate,
            "threads": 1,
            "system": system,
            "inference": {
                "Bayes_filter": {"ess_target": 0.2},
                "sampling": sampling,
                "initial_sampling": "halton",
            },
        }
    )
    with contextlib.redirect_stdout(io.StringIO()):
        calibration.run()
    mean = calibration.system.estimated_params[-1]
    return mean, mean * calibration.system.estimated_params_cv[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=24)
    replicates = parser.parse_args().replicates
    for name, calibrate in (("gpudem", ours), ("GrainLearning", theirs)):
        began = time.process_time()
        found = [
            calibrate(measured(np.random.default_rng(seed)), seed) for seed in range(replicates)
        ]
        seconds = (time.process_time() - began) / replicates
        means, stated = (np.array(one) for one in zip(*found, strict=True))
        print(f"{name}: {seconds:.1f} s of processor time each")
        for k, parameter in enumerate(NAMES):
            inside = np.abs(means[:, k] - TRUTH[k]) < stated[:, k]
            print(
                f"  {parameter:17} true {TRUTH[k]:<5} mean {means[:, k].mean():.4f} "
                f"scatter {means[:, k].std(ddof=1):.4f} stated {stated[:, k].mean():.4f} "
                f"truth within: {100.0 * inside.mean():.0f} %"
            )


if __name__ == "__main__":
    main()

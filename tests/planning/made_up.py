"""Studies that were never simulated: their results follow from power laws that tests know."""

import shlex
from pathlib import Path

import numpy as np

from gpudem.study.study import study_of
from gpudem.study.study_folder import StudyFolder
from gpudem.units import RPM

MASS = 17.5e-3
VARY = {
    "mill.speed": "200..1000 rpm:5",
    "beads.diameter": ["5 mm", "3 mm"],
    "beads.filling": [0.1, 0.3, 0.5],
}


def power(speed, diameter, filling):
    """Dissipated [W] at a speed [rpm], of beads of a diameter [mm]."""
    return 40.0 * (speed / 600.0) ** 3 * (diameter / 5.0) ** -0.3 * (filling / 0.5) ** 0.6


def hard(speed, diameter, filling):
    """SE_90 [J]; SE is a third of it, SE_W five times as much."""
    return 80e-6 * (speed / 600.0) ** 2.5 * (diameter / 5.0) ** 3.5 * (filling / 0.5) ** -0.6


def result_of(point, noise=0.0, random=None, mass=MASS, steady=True, laws=(power, hard)):
    """Results of a case as `gpudem.report.report.analyse` has them, as far as studies read them."""
    speed = point.get("mill", {}).get("speed", 600.0 * RPM) / RPM
    beads = point.get("beads", {})
    diameter, filling = 1e3 * beads.get("diameter", 5e-3), beads.get("filling", 0.5)
    factor = np.exp(noise * random.standard_normal(2)) if random is not None else np.ones(2)
    watts = float(laws[0](speed, diameter, filling) * factor[0])
    joules = float(laws[1](speed, diameter, filling) * factor[1])
    return {
        "scene": {
            "filling": filling,
            "bowl_volume": 80e-6,
            "ratio": -2.0,
            "sun_wheel_radius": 70e-3,
            "product_mass": mass,
            "contact": {"softening": 1.0},
            "bead_diameter": 1e-3 * diameter,
            "speed": speed * RPM,
        },
        "beads": 100,
        "title": "A mill",
        "steady": steady,
        "steady_reasons": () if steady else ("the power drifts",),
        "steadiness": {"drifts": []},
        "window": {"start": 0.5, "end": 1.0, "duration": 0.5},
        "complete": True,
        "guards": True,
        "softening": 1.0,
        "contacts_per_bead": 2.0,
        "largest_overlap": 1e-3,
        "ledger": {
            "closes": True,
            "cause": "",
            "channels": 1e-4,
            "channels_limit": 0.02,
            "work_energy": 1e-15,
            "work_energy_limit": 1e-9,
        },
        "lasting_contacts": {"dominate": False, "unfinished": 0.0, "without_onset": 0.0},
        "events": {"histogram_covered": 1.0},
        "stress_frequency": {"event": watts / joules},
        "paper": {"readings": []},
        "power": {"dissipation": {"total": watts}},
        "specific_power": watts / mass if mass else None,
        "stress_energy": {"dissipation": {"event": joules / 3.0}},
        "stress_energy_q": {"90": joules},
        "stress_energy_weighted": 5.0 * joules,
        "statistics": {
            "power": {
                "dissipation": {
                    "standard_error": 0.002 * watts,
                    "value": watts,
                    "effective_samples": 100.0,
                }
            },
            "stress_energy": {"event": {"standard_error": 0.003 * joules / 3.0}},
        },
        "milling": {"milling_time": None},
    }


def finish(folder, *, noise=0.0, seed=1, leave=lambda point: False, **options):
    """Give results to all cases of a folder that has none, but for those to be left."""
    random = np.random.default_rng(seed)
    for case in folder.cases:
        point = case.state_point
        if not leave(point) and not case.done:
            drawn = random if noise else None
            chosen = {k: v(point) if callable(v) else v for k, v in options.items() if k != "laws"}
            laws = options.get("laws", (power, hard))
            case.finish(result_of(point, noise, drawn, laws=laws, **chosen))
    return folder


def study(path, vary=None, *, settings=(), seeds=None, made=None, **options):
    """A study's folder with results."""
    if made is None:
        vary = VARY if vary is None else vary
        made = study_of("pulverisette7", vary, settings=settings, seeds=seeds)
    return finish(StudyFolder.prepare(path, made, made.cases()), **options)


def run_next(command, app, **options):
    """Do what a printed command says, but for the simulation; the folder that it makes."""
    words = shlex.split(command)
    assert words[0] == "gpudem" and words[1] in ("sweep", "study")
    app([*words[1:], "--prepare", "--quiet"], exit_on_error=False, result_action="return_value")
    return finish(StudyFolder(Path(words[-1])), **options)


def speed_for(stress, diameter, filling):
    """The speed [rpm] at which SE_90 is so much [J]."""
    return 600.0 * (stress / hard(600.0, diameter, filling)) ** (1 / 2.5)

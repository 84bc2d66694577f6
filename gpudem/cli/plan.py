"""The command `gpudem plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpudem.cli.options import Flag, check_choice, check_figure, positive, quantity_option
from gpudem.errors import GpudemError
from gpudem.files import check_output

_EQUAL = ("stress", "energy", "both")


def plan(
    *what: str,
    energy: str | None = None,
    most_stress: str | None = None,
    stress: str = "SE_90",
    longest: str | None = None,
    mass: str | None = None,
    prefer: str | None = None,
    tolerance: str = "10 %",
    like: Path | None = None,
    equal: str | None = None,
    milling_time: str | None = None,
    like_mass: str | None = None,
    json: Flag = False,
    figure: Path | None = None,
    overwrite: Flag = False,
) -> None:
    """Find the speed, beads, filling and milling time that meet your targets, from a study.

    Nothing is simulated, and nothing extrapolated: where the cases of the study cannot tell, the
    command of those to run next is printed.

    Parameters
    ----------
    what
        Folders of studies (several of one scene are taken together), and KEY=VALUES to choose
        among, for example beads.filling=0.3,0.4 or mill.speed="500 rpm".
    energy
        Wanted specific energy E_m, for example "500 J/g".
    most_stress
        Stress energy that must not be passed, for example "100 uJ".
    stress
        Which stress energy: SE_90 (mean of the hard collisions that carry 90 % of the energy), SE
        (mean of all collisions) or SE_W (mean weighted by energy).
    longest
        Longest milling time, for example "30 min".
    mass
        Mass of the product in the mill, instead of the scene's.
    prefer
        time (shortest) or stress (gentlest); by default stress where only --longest is given.
    tolerance
        Half width of 95 % intervals up to which an answer is trusted.
    like
        A run of another mill or other beads to be matched: a run file, its results (JSON), or the
        folder of a study's case.
    equal
        What is to be the same: stress, energy or both (default).
    milling_time
        With --like: time in that mill, instead of its scene's.
    like_mass
        With --like: mass of the product in that mill, instead of its scene's.
    json
        Print a JSON object.
    figure
        Draw time and stress energy over the speed into this file: PNG, PDF or SVG by its ending.
    overwrite
        Replace an existing figure.
    """
    from rich.console import Console

    from gpudem.planning.cases import read_cases
    from gpudem.planning.milling_plan import (
        STRESSES,
        cases_between,
        nearest_told,
        next_cases,
        plan_for,
    )
    from gpudem.planning.next_cases import sweep_commands
    from gpudem.planning.reference import Reference
    from gpudem.planning.response import TooFewCases
    from gpudem.planning.text import as_json, limits, print_plan, settings_told

    folders = [one for one in what if "=" not in one or Path(one).is_dir()]
    if not folders:
        raise GpudemError(
            "plan: name the folder of a study (gpudem sweep and gpudem study make one)"
        )
    check_choice("--stress", stress, tuple(STRESSES))
    if prefer is not None:
        check_choice("--prefer", prefer, ("time", "stress"))
    if figure is not None:
        check_figure(figure)
        check_output(figure, overwrite, option="--figure")
    reference = None if like is None else Reference.read(like)
    wish = _wish(
        reference,
        equal,
        stress,
        energy=positive("--energy", energy, "specific_energy"),
        most_stress=positive("--most-stress", most_stress, "energy"),
        longest=positive("--longest", longest, "time", "30 min"),
        mass=positive("--mass", mass, "mass"),
        tolerance=_tolerance(tolerance),
        milling_time=positive("--milling-time", milling_time, "time", "10 min"),
        like_mass=positive("--like-mass", like_mass, "mass"),
        prefer=prefer,
    )
    cases = read_cases(folders)
    chosen: dict[str, list[Any]] = {}
    for one in what:
        if one in folders:
            continue
        key, _, values = (part.strip() for part in one.partition("="))
        name = cases.coordinate(key).name
        if name in chosen:
            raise GpudemError(f"plan: {one}: {key} is given twice")
        chosen[name] = cases.values(name, values)
    try:
        found = plan_for(cases, wish, chosen)
    except TooFewCases as error:
        left = "".join(f"; {n} {why}" for why, n in cases.left_out.items() if n)
        commands = sweep_commands(cases, cases_between(cases))
        following = [f"run next: {command}" for command in commands]
        raise GpudemError("\n".join([f"{', '.join(folders)}: {error}{left}", *following])) from None
    if found.best is None:
        lines = [f"{', '.join(folders)}: these cases cannot tell"]
        if found.missing:
            lines = [
                f"{', '.join(folders)}: no setting stays within {wish.limits}",
                nearest_told(found, lambda settings: settings_told(cases, settings)),
            ]
        else:
            lines += limits(cases, found)
        commands = sweep_commands(cases, next_cases(cases, found))
        raise GpudemError("\n".join([*lines, *(f"run next: {command}" for command in commands)]))
    if figure is not None:
        from gpudem.planning.figure import draw_plan

        draw_plan(cases, found, figure)
    if json:
        import json as json_module

        print(json_module.dumps(as_json(cases, found, reference), indent=1, ensure_ascii=False))
    else:
        print_plan(cases, found, Console(highlight=False), reference)


def _tolerance(text: str) -> float:
    value = quantity_option("--tolerance", text, "number")
    if value is None or not 0.0 < value < 1.0:
        raise GpudemError(f'--tolerance {text}: accepted are shares such as "10 %" or 0.1')
    return value


def _wish(
    reference: Any,
    equal: str | None,
    stress: str,
    *,
    energy: float | None,
    most_stress: float | None,
    longest: float | None,
    mass: float | None,
    tolerance: float,
    milling_time: float | None,
    like_mass: float | None,
    prefer: str | None,
) -> Any:
    """What is wanted, where the options do not contradict each other."""
    from gpudem.planning.milling_plan import Wish

    if reference is None:
        for option, value in (
            ("--equal", equal),
            ("--milling-time", milling_time),
            ("--like-mass", like_mass),
        ):
            if value is not None:
                raise GpudemError(f"{option}: only with --like RUN, the run to be matched")
        if energy is None:
            raise GpudemError(
                'plan: give the wanted specific energy, --energy "500 J/g", or --like'
            )
    equal = equal or "both"
    check_choice("--equal", equal, _EQUAL)
    same = reference is not None and equal in ("stress", "both")
    if same and (most_stress is not None or longest is not None or prefer is not None):
        raise GpudemError(
            f"--equal {equal} leaves no choice of the stress: --most-stress, --longest and "
            "--prefer do not go with it"
        )
    from_reference = reference is not None and equal in ("energy", "both")
    if from_reference and energy is not None:
        raise GpudemError(
            f"--energy: that of the run to be matched is taken with --equal {equal}; write --equal "
            "stress for another one"
        )
    if from_reference:
        energy = reference.energy(milling_time, like_mass)
    gentle = longest is not None and most_stress is None
    return Wish(
        energy=energy,
        mass=mass,
        stress=stress,
        most_stress=most_stress,
        same_stress=reference.stress(stress) if same else None,
        longest=longest,
        prefer=prefer or ("stress" if gentle else "time"),
        tolerance=tolerance,
        energy_share=reference.energy_share if from_reference else 0.0,
        stress_share=reference.stress_share(stress) if same else 0.0,
    )

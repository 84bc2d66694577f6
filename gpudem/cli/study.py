"""The commands `gpudem study` and `gpudem sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gpudem.cli.executing import Executing
from gpudem.cli.options import Computing, Flag, Sets, Whole, teller
from gpudem.errors import GpudemError
from gpudem.plain_text import plural

Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
Only = Annotated[list[str], Parameter(negative="", consume_multiple=True)]


def study(
    study: str | None = None,
    /,
    *,
    output: Output = None,
    sets: Sets = (),  # type: ignore[assignment]
    uncertain: Path | None = None,
    draws: Whole | None = None,
    only: Only = (),  # type: ignore[assignment]
    prepare: Flag = False,
    report: bool = True,
    executing: Executing | None = None,
    computing: Computing | None = None,
) -> None:
    """Run a study: all cases not yet done, one process per core or on a cluster.

    Without a study, list those that come with gpudem.

    Parameters
    ----------
    study
        A study file, the name of a shipped study, or the folder of a study that goes on.
    output
        The study's folder; by default named as the study, in this folder. Of a study that is
        given by its folder only with --set: the folder for the changed study.
    uncertain
        A file of parameters with errors, such as gpudem calibrate writes: each case is run for
        their central values and for draws of them, and results get intervals.
    draws
        How many draws; by default 12.
    only
        Run some cases only: names of their folders.
    prepare
        Write the folders of all cases, and run none; with --executor slurm a job script too.
    report
        Print the report when all is done.
    """
    from gpudem.study.study import load_study, shipped_studies
    from gpudem.study.study_folder import CONTENTS, StudyFolder

    if study is None:
        from gpudem.plain_text import in_columns

        print("\n".join(in_columns(shipped_studies())))
        return
    options, where = computing or Computing(), executing or Executing()
    where.check()
    if draws is not None and uncertain is None:
        raise GpudemError(f"--draws {draws}: only with --uncertain FILE")
    if Path(study).is_dir() and not sets:
        if output is not None and output.resolve() != Path(study).resolve():
            raise GpudemError(
                f"-o {output}: {study} is the folder of a study; it goes on there (with --set it "
                "would be another one)"
            )
        if uncertain is not None:
            raise GpudemError(
                f"--uncertain {uncertain}: {study} is a study's folder and goes on with its own; "
                f"for another one name the study file, and this folder with -o {study}"
            )
        folder = StudyFolder(Path(study))
        if not (folder.path / CONTENTS).exists():
            raise GpudemError(f"{study}: is not a study folder ({CONTENTS} is missing)")
    else:
        if Path(study).is_dir():
            if output is None:
                raise GpudemError(
                    f"--set: {study} is a study that was run; name a folder for the changed one, "
                    f"for example -o {Path(study).name}-next"
                )
            loaded = StudyFolder(Path(study)).changed(sets)
        else:
            loaded = load_study(study).with_settings(sets)
        if uncertain is not None:
            from gpudem.study.uncertain import read_uncertain

            loaded = loaded.with_uncertain(read_uncertain(uncertain), draws)
        path = output or Path(Path(study).stem)
        folder = _prepared(path, loaded, options)
    if prepare:
        _prepare(folder, options, where)
        return
    run(folder, options, where, list(only), report)


def sweep(
    scene: str,
    /,
    *vary: str,
    output: Output = None,
    seeds: Whole | None = None,
    together: Annotated[bool, Parameter(name="--zip", negative="")] = False,
    sets: Sets = (),  # type: ignore[assignment]
    prepare: Flag = False,
    report: bool = True,
    executing: Executing | None = None,
    computing: Computing | None = None,
) -> None:
    """Run a scene with every combination of values of its keys.

    Parameters
    ----------
    scene
        A scene file, or the name of a shipped scene.
    vary
        Keys and their values: a list ("5 mm, 3 mm") or a range with a number of values
        ("200..1000 rpm:5"). Numbers without a unit have that of the scene's own value.
    output
        The folder for all cases; by default named as the scene, in this folder.
    seeds
        Run each case with so many seeds.
    together
        The values belong together, the first with the first, instead of all combinations.
    prepare
        Write the folders of all cases, and run none; with --executor slurm a job script too.
    report
        Print the report when all is done.
    """
    from gpudem.study.study import study_of

    options, where = computing or Computing(), executing or Executing()
    where.check()
    varied: dict[str, Any] = {}
    for one in vary:
        key, equals, values = (part.strip() for part in one.partition("="))
        if not (key and equals and values):
            raise GpudemError(f"sweep: {one}: write KEY=VALUES, for example mill.speed=200..1000:5")
        if key in varied:
            raise GpudemError(f"sweep: {one}: {key} is given twice")
        varied[key] = values
    made = study_of(scene, varied, settings=list(sets), seeds=seeds, together=together)
    folder = _prepared(output or Path(f"{Path(scene).stem}-sweep"), made, options)
    if prepare:
        _prepare(folder, options, where)
        return
    run(folder, options, where, [], report)


def _prepared(path: Path, study: Any, options: Computing) -> Any:
    from gpudem.study.study_folder import CONTENTS, StudyFolder

    cases = study.cases()
    before = set()
    if (path / CONTENTS).is_file():
        before = {case.path.name for case in StudyFolder(path).cases if case.done}
    folder = StudyFolder.prepare(path, study, cases)
    tell = teller(options.quiet)
    tell(f"{folder.path}: {plural(len(cases), 'case')}")
    if dropped := before - {case.identity for case in cases}:
        tell(
            f"{folder.path}: {plural(len(dropped), 'case')} of the study that was here before "
            "are no part of this one; they stay in the folder, and its command takes them up again"
        )
    return folder


def _prepare(folder: Any, options: Computing, where: Executing) -> None:
    tell = teller(options.quiet)
    tell(f"{folder.path}: {plural(len(folder.cases), 'case')} prepared")
    if where.executor != "slurm":
        return
    left = [case.path for case in folder.cases if not case.done]
    if not left:
        raise GpudemError(f"{folder.path}: all cases are done; there is nothing to submit")
    script = where.made(folder, options).write_script(left)
    tell(f"job script for {plural(len(left), 'case')}: sbatch {script}")


def run(folder: Any, options: Computing, where: Executing, only: list[str], report: bool) -> None:
    """Run what is not done of a study, and tell what came of it."""
    from gpudem.study.runner import run_study

    outcome = run_study(folder, where.made(folder, options), only=only, quiet=options.quiet)
    tell = teller(options.quiet)
    for case, message in outcome.failed.items():
        tell(f"failed: {case}: {message}")
    if outcome.failed or outcome.taken:
        told = [f"{plural(len(outcome.failed), 'case')} failed"] if outcome.failed else []
        told += [f"{plural(outcome.taken, 'case')} run elsewhere"] if outcome.taken else []
        raise GpudemError(f"{folder.path}: {' and '.join(told)}; the same command tries again")
    if outcome.queued:
        tell(
            f"{folder.path}: {plural(outcome.queued, 'case')} wait or run in jobs; "
            "the same command looks after them"
        )
        return
    tell(f"{folder.path}: all {plural(outcome.done, 'case')} are done")
    if report and not only:
        report_on_study(folder.path)


def report_on_study(path: Path) -> None:
    """Print the report on a study."""
    from rich.console import Console

    from gpudem.study.text import print_study

    print_study(path, Console(highlight=False))

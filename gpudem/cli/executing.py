"""Where the cases of a study run: the options that say so, and the executor that they name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gpudem.cli.options import Computing, Whole, check_choice, positive, teller
from gpudem.errors import GpudemError

EXECUTORS = ("local", "dask", "slurm")
_SLURM = "slurm"


@Parameter(name="*")
@dataclass(frozen=True)
class Executing:
    """Options of every command that runs many cases."""

    executor: str = "local"
    "local (processes of this machine), dask (its workers) or slurm (jobs of a cluster)."
    processes: Whole | None = None
    "How many cases run at the same time (with slurm: in a job); by default one a core or GPU."
    scheduler: str | None = None
    "dask: address (tcp://HOST:8786) or file of a scheduler; else workers are started here."
    partition: str | None = None
    "slurm: partition."
    account: str | None = None
    "slurm: account."
    time_limit: str | None = None
    "slurm: time limit of a job; what takes longer is saved, queued again and goes on. 4 h."
    warning: str | None = None
    "slurm: how long before the limit a job is told to save. 2 min."
    job_time: str | None = None
    "slurm: wanted time of a job; short cases are packed into jobs of about it. 30 min."
    memory: str | None = None
    "slurm: memory of a job, as sbatch takes it (8G)."
    cores: Whole | None = None
    "slurm: cores of a job; by default as many as its cases use."
    gpus: Whole | None = None
    "slurm: GPUs of a job; 0, or 1 with --device cuda."
    jobs: Whole | None = None
    "slurm: at most so many jobs at the same time."
    sbatch: Annotated[list[str], Parameter(negative="", consume_multiple=False)] = ()  # type: ignore[assignment]
    "slurm: another option of sbatch, KEY=VALUE, such as qos=long. May be given several times."
    setup: Annotated[list[str], Parameter(negative="", consume_multiple=False)] = ()  # type: ignore[assignment]
    'slurm: a line for the job script, such as "module load python". May be given several times.'
    python: str | None = None
    'slurm: what starts Python in a job, such as "apptainer exec mill.sif python3"; this one.'
    wait: bool = True
    "slurm: follow the jobs until they have ended."

    def check(self) -> None:
        """Refuse what does not fit together.

        Raises:
            GpudemError: it does not.
        """
        check_choice("--executor", self.executor, EXECUTORS)
        if self.processes is not None and not 1 <= self.processes <= 1024:
            raise GpudemError(f"--processes {self.processes}: accepted are 1 to 1024")
        own = {"--scheduler": "dask"}
        for name in (
            *("--partition", "--account", "--time-limit", "--warning", "--job-time", "--memory"),
            *("--cores", "--gpus", "--jobs", "--sbatch", "--setup", "--python"),
        ):
            own[name] = _SLURM
        for name, executor in own.items():
            given = getattr(self, name[2:].replace("-", "_"))
            if given not in (None, (), []) and executor != self.executor:
                raise GpudemError(f"{name}: is for --executor {executor}, not {self.executor}")

    def made(self, folder: Any, options: Computing) -> Any:
        """The executor that the options name.

        Args:
            folder: the study's.
            options: what each process computes on.

        Raises:
            GpudemError: it cannot be used here.
        """
        self.check()
        if self.executor == _SLURM:
            return self._slurm(folder, options)
        threads = options.threads or 1
        computing = {**options.chosen(), "threads": threads}
        # Looked at before any process starts, so that a fault of the options is told once.
        at_once = 1 if self.scheduler is not None else _at_once(options, threads)
        if self.executor == "dask":
            from gpudem.study.executors.dask_workers import DaskWorkers

            return DaskWorkers(self.scheduler, self.processes or at_once, computing)
        from gpudem.study.executors.local import LocalProcesses

        return LocalProcesses(
            self.processes or at_once, computing, in_batches=_computes_on_gpu(options)
        )

    def _slurm(self, folder: Any, options: Computing) -> Any:
        from gpudem.study.executors.slurm import Job, SlurmJobs

        threads = options.threads or 1
        gpus = self.gpus if self.gpus is not None else int(options.device == "cuda")
        if gpus < 0:
            raise GpudemError(f"--gpus {gpus}: accepted are 0, 1, 2 ...")
        for name, value in (("cores", self.cores), ("jobs", self.jobs)):
            if value is not None and value < 1:
                raise GpudemError(f"--{name} {value}: accepted are 1, 2, 3 ...")
        processes = self.processes or (1 if gpus else max(1, (self.cores or 1) // threads))
        computing = {**options.chosen(), "threads": threads}
        if gpus and options.device == "auto":
            # A node without its GPU must not compute on the CPU in its place.
            computing["device"] = "cuda"
        limit = _seconds("--time-limit", self.time_limit, 4 * 3600.0)
        warning = _seconds("--warning", self.warning, min(120.0, limit / 2))
        if warning >= limit:
            raise GpudemError(f"--warning {self.warning}: must be shorter than the time limit")
        job = Job(
            name=folder.path.resolve().name,
            processes=processes,
            computing=computing,
            cores=self.cores or processes * threads,
            gpus=gpus,
            memory=self.memory,
            limit=limit,
            warning=warning,
            partition=self.partition,
            account=self.account,
            jobs=self.jobs,
            more=_pairs(self.sbatch),
            setup=tuple(self.setup),
            **({"python": self.python} if self.python else {}),
        )
        wanted = min(_seconds("--job-time", self.job_time, 1800.0), 0.8 * limit)
        return SlurmJobs(
            Path(folder.path).resolve(), job, wanted, self.wait, say=teller(options.quiet)
        )


def _computes_on_gpu(options: Computing) -> bool:
    from gpudem.device import start as devices

    return devices.choose(**options.chosen()).kind != "cpu"


def _at_once(options: Computing, threads: int) -> int:
    """How many cases this machine runs at the same time."""
    if _computes_on_gpu(options):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // threads)


def _seconds(option: str, given: str | None, default: float) -> float:
    found = positive(option, given, "time")
    return default if found is None else found


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        key, equals, value = one.lstrip("-").partition("=")
        if not key or (equals and not value):
            raise GpudemError(f"--sbatch {one}: write KEY=VALUE, for example qos=long")
        found[key] = value
    return found

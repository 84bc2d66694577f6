"""Jobs of SLURM, submitted by submitit: they save before their time limit, and go on."""

from __future__ import annotations

import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpudem.errors import GpudemError, Interrupted
from gpudem.files import file_errors, write_whole
from gpudem.output import tell as print_line
from gpudem.plain_text import plural
from gpudem.stopping import StopSignals
from gpudem.study.case_folder import LOG, CaseFolder
from gpudem.study.cost import CostModel, packed
from gpudem.study.executors.executor import News
from gpudem.study.executors.local import LocalProcesses
from gpudem.study.overview import learn
from gpudem.study.runner import run_study
from gpudem.study.study_folder import StudyFolder

#: Names in a study's folder.
FOLDER = "slurm"
SCRIPT = "study.sh"
_JOBS = "jobs.json"
#: Times that a job may meet its limit and be queued again.
MOST_TURNS = 100
#: SLURM takes 1001 jobs in an array, if it is not set up otherwise.
_MOST_JOBS = 1000
#: A job has ended when so many looks in a row did not find it: one in between two turns is away.
_LOOKS = 3


@dataclass(frozen=True)
class Job:
    """What each job asks for.

    Attributes:
        name: of the jobs.
        processes: cases that a job runs at the same time.
        computing: arguments of `gpudem.device.start.start` for each.
        cores: cores of a job.
        gpus: GPUs of a job.
        memory: as sbatch takes it.
        limit: time limit [s].
        warning: how long before it the job is told to save [s].
        partition: where jobs run.
        account: that they are charged to.
        jobs: number of jobs at the same time at most.
        more: other options of sbatch; those without a value have an empty text.
        setup: lines of the job script before the program.
        python: words of the shell that start Python in a job.
    """

    name: str
    processes: int = 1
    computing: dict[str, Any] = field(default_factory=dict)
    cores: int = 1
    gpus: int = 0
    memory: str | None = None
    limit: float = 4 * 3600.0
    warning: float = 120.0
    partition: str | None = None
    account: str | None = None
    jobs: int | None = None
    more: dict[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    python: str = shlex.quote(sys.executable)

    @property
    def minutes(self) -> int:
        """The time limit as SLURM counts it [min]."""
        return max(1, math.ceil(self.limit / 60.0))

    @property
    def asked(self) -> dict[str, Any]:
        """Options of sbatch that are given, but for those that each way of submitting has."""
        wanted = {
            "partition": self.partition,
            "account": self.account,
            "cpus_per_task": self.cores,
            "gpus_per_node": self.gpus or None,
            "mem": self.memory,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    @property
    def more_options(self) -> dict[str, Any]:
        """Options that sbatch shall have besides."""
        return {"requeue": True, **{key: value or True for key, value in self.more.items()}}


@dataclass(frozen=True)
class Batch:
    """The cases of one job; what submitit runs in it.

    Attributes:
        folder: the study's.
        cases: names of the cases.
        processes: how many run at the same time.
        computing: arguments of `gpudem.device.start.start` for each.
    """

    folder: str
    cases: tuple[str, ...]
    processes: int
    computing: dict[str, Any]

    def __call__(self) -> str:
        """Run the cases that are not done.

        A warning before the time limit has them saved, and the job queued again.
        """
        from submitit.core.job_environment import JobEnvironment

        warning = getattr(signal, f"SIG{JobEnvironment.USR_SIG}")
        queue_again = signal.getsignal(warning)
        # submitit would queue the job again at once, with nothing saved.
        signal.signal(warning, signal.SIG_DFL)
        with StopSignals(urgent=False) as stop:
            executor = LocalProcesses(self.processes, self.computing)
            try:
                outcome = run_study(StudyFolder(Path(self.folder)), executor, only=self.cases)
            except Interrupted as interrupted:
                print_line(str(interrupted))
                received = stop.received
            else:
                return f"{outcome.done} done, {len(outcome.failed)} failed"
        if received == warning and callable(queue_again):
            queue_again(warning, None)
        # Without a word to submitit: a job that SLURM itself queues again is as before.
        raise SystemExit(128 + (received or 0))

    def checkpoint(self) -> Any:
        """What runs when it is the job's turn again: the same; what is saved goes on."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


@dataclass
class SlurmJobs:
    """Runs cases in jobs of SLURM.

    Attributes:
        folder: the study's.
        job: what each job asks for.
        wanted: time that a job should take [s]; short cases share one.
        follow: wait until the jobs have ended.
        look_every: how often to look what became of them [s].
        say: hears what people should know.
    """

    folder: Path
    job: Job
    wanted: float = 1800.0
    follow: bool = True
    look_every: float = 5.0
    say: Callable[[str], None] = print_line

    def __post_init__(self) -> None:
        self._jobs = 1

    @property
    def at_once(self) -> int:
        """How many cases run at the same time, if the cluster has room."""
        return self.job.processes * min(self._jobs, self.job.jobs or self._jobs)

    def describe(self) -> str:
        """Where the cases run, in a few words."""
        where = f", partition {self.job.partition}" if self.job.partition else ""
        return f"jobs of SLURM{where}"

    def batches(self, cases: Sequence[Path]) -> list[list[Path]]:
        """Cases in parts, one for each job, by the time that they should take."""
        costs = CostModel()
        for one in StudyFolder(self.folder).cases:
            if one.done:
                learn(costs, one, one.about)
        seconds = {}
        for case in cases:
            about = CaseFolder(case).about
            seconds[case] = costs.seconds(about["beads"], about["bead_steps"])
        return packed(seconds, self.wanted * self.job.processes, _MOST_JOBS)

    def write_script(self, cases: Sequence[Path]) -> Path:
        """Write a job script for sbatch, and the cases of each of its jobs; submit nothing.

        Returns:
            The script.
        """
        folder = self.folder / FOLDER
        batches = self.batches(cases)
        with file_errors(folder):
            folder.mkdir(exist_ok=True)
            for old in folder.glob("cases-*.txt"):
                old.unlink()
        for number, batch in enumerate(batches):
            names = "".join(f"{case.name}\n" for case in batch)
            write_whole(folder / f"cases-{number}.txt", names)
        return write_whole(folder / SCRIPT, self._script(len(cases), len(batches)))

    def _script(self, cases: int, jobs: int) -> str:
        job, folder = self.job, self.folder / FOLDER
        limit = f"%{job.jobs}" if job.jobs else ""
        options = {
            "job_name": job.name,
            "array": f"0-{max(0, jobs - 1)}{limit}",
            "time": job.minutes,
            "signal": f"USR2@{round(job.warning)}",
            "output": folder / "%A_%a.log",
            "open_mode": "append",
            **job.asked,
            **job.more_options,
        }
        given = {**job.computing, "device_index": job.computing.get("index")}
        words = ["-u", "-m", "gpudem", "study", str(self.folder)]
        words += ["--no-report", "--processes", str(job.processes)]
        for key in ("device", "device_index", "precision", "threads"):
            if given.get(key) is not None:
                words += [f"--{key.replace('_', '-')}", str(given[key])]
        lines = [
            "#!/bin/bash",
            f"# {plural(cases, 'case')} in {plural(jobs, 'job')}; submit with: sbatch {SCRIPT}",
            *(_option(key, value) for key, value in options.items()),
            "",
            *job.setup,
            *([""] if job.setup else []),
            "# The cases of this job, a line each.",
            f'mapfile -t cases < {shlex.quote(str(folder))}/cases-"$SLURM_ARRAY_TASK_ID".txt',
            "# Through srun, so that the warning before the time limit reaches the program.",
            f"srun --unbuffered --cpus-per-task={job.cores} \\",
            f'  {job.python} {shlex.join(words)} --only "${{cases[@]}}"',
            "code=$?",
            f"# {128 + signal.SIGUSR2}: all is saved; it goes on when it is this job's turn again.",
            f"if [ $code -eq {128 + signal.SIGUSR2} ]; then",
            '  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"',
            "fi",
            "exit $code",
        ]
        return "\n".join(lines) + "\n"

    def run(
        self, cases: Sequence[Path], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """See `Executor.run`.

        Cases that jobs of an earlier call have still to run are not submitted again. A signal ends
        the waiting only: jobs go on.

        Raises:
            GpudemError: SLURM is not there, or refuses the jobs.
        """
        if not cases:
            return
        library = _library()
        there = _queue()
        if there is None:
            raise GpudemError("--executor slurm: squeue does not answer; try again later")
        queued = {job: names for job, names in self._known().items() if job in there}
        placed = {name: job for job, names in queued.items() for name in names}
        new = [case for case in cases if case.name not in placed]
        if new:
            for job, batch in self._submit(library, self.batches(new)).items():
                queued[job] = [case.name for case in batch]
                placed.update(dict.fromkeys(queued[job], job))
            write_whole(self.folder / FOLDER / _JOBS, json.dumps(queued, indent=1) + "\n")
        self._jobs = len({placed[case.name] for case in cases})
        self.say(
            f"{plural(self._jobs, 'job')} of SLURM for {plural(len(cases), 'case')}; "
            f"files of the jobs: {self.folder / FOLDER}"
        )
        waiting = {case: placed[case.name] for case in cases}
        if self.follow:
            self._watch(waiting, tell, stopped)
        for case, job in waiting.items():
            tell(News(case, "queued", message=f"job {job}"))
        if waiting and self.follow:
            ids = " ".join(sorted({job.split("_")[0] for job in waiting.values()}))
            self.say(f"the jobs go on; to end them: scancel {ids}")

    def _submit(self, library: Any, batches: Sequence[Sequence[Path]]) -> dict[str, Any]:
        job, folder = self.job, self.folder / FOLDER
        executor = library.SlurmExecutor(
            folder=folder, max_num_timeout=MOST_TURNS, python=job.python
        )
        executor.update_parameters(
            job_name=job.name,
            time=job.minutes,
            signal_delay_s=round(job.warning),
            stderr_to_stdout=True,
            # Of its own, for from 22.05 on srun does not take that of the job.
            srun_args=[f"--cpus-per-task={job.cores}"],
            additional_parameters=job.more_options,
            setup=list(job.setup) or None,
            **({"array_parallelism": job.jobs} if job.jobs else {}),
            **job.asked,
        )
        try:
            with executor.batch():
                jobs = [
                    executor.submit(
                        Batch(
                            str(self.folder),
                            tuple(case.name for case in batch),
                            job.processes,
                            job.computing,
                        )
                    )
                    for batch in batches
                ]
        except library.core.utils.FailedJobError as error:
            told = " ".join(str(error).split())
            raise GpudemError(f"--executor slurm: sbatch refused the jobs: {told}") from None
        return {one.job_id: batch for one, batch in zip(jobs, batches, strict=True)}

    def _known(self) -> dict[str, list[str]]:
        """Cases of the jobs that were submitted last."""
        try:
            return json.loads((self.folder / FOLDER / _JOBS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _watch(
        self, waiting: dict[Path, str], tell: Callable[[News], None], stopped: Callable[[], bool]
    ) -> None:
        """Tell what becomes of cases, which are removed as they end."""
        begun: set[Path] = set()
        missed: dict[str, int] = {}
        while waiting and not stopped():
            found = _queue()
            for job in set(waiting.values()):
                away = found is not None and job not in found
                missed[job] = missed.get(job, 0) + 1 if away else 0
            for case, job in list(waiting.items()):
                news = self._news(case, job, missed[job] >= _LOOKS)
                if news is not None:
                    del waiting[case]
                    tell(news)
                elif case not in begun and (case / LOG).exists():
                    begun.add(case)
                    tell(News(case, "begun"))
            until = time.monotonic() + self.look_every
            while waiting and not stopped() and time.monotonic() < until:
                time.sleep(0.2)

    def _news(self, case: Path, job: str, ended: bool) -> News | None:
        # Looking through a folder shows files that another node has written, on NFS too.
        with os.scandir(case) as files:
            for _ in files:
                pass
        folder = CaseFolder(case)
        if folder.done:
            return News(case, "done")
        if folder.failure is not None:
            return News(case, "failed", message=str(folder.failure.get("message")))
        if ended:
            log = self.folder / FOLDER / f"{job}_0_log.out"
            return News(case, "failed", message=f"job {job} ended without a result; see {log}")
        return None


def _library() -> Any:
    """The library, or a message that says how to get it."""
    try:
        import submitit
    except ImportError:
        raise GpudemError(
            '--executor slurm: needs the library submitit; pip install "gpudem[cluster]"'
        ) from None
    if not submitit.SlurmExecutor.affinity() > 0:
        raise GpudemError(
            "--executor slurm: this machine has no sbatch and srun; run it on a login node of the "
            "cluster, or write the job script with --prepare"
        )
    return submitit


def _queue() -> set[str] | None:
    """The jobs of this user that wait or run; None where SLURM does not answer."""
    command = ["squeue", "-h", "-r", "-u", str(os.getuid()), "-o", "%F_%K"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return {line.strip().removesuffix("_N/A") for line in told.stdout.splitlines()}


def _option(key: str, value: Any) -> str:
    name = f"#SBATCH --{key.replace('_', '-')}"
    return name if value is True else f"{name}={shlex.quote(str(value))}"

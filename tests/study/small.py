"""A study of seconds, for tests of what runs its cases: a few beads, a few milliseconds."""

from gpudem.study.executors.executor import run_here
from gpudem.study.study import study_of
from gpudem.study.study_folder import StudyFolder

#: A tenth of the bowl: 73 beads.
SETTINGS = ("beads.filling=0.1", "run.duration=40 ms", "run.log_from=20 ms", "run.checkpoint=2 ms")


def prepared(path, vary, settings=SETTINGS):
    """The folder of a study of the reference mill, nothing of it run.

    Args:
        path: the folder.
        vary: keys and their values.
        settings: of all cases.
    """
    study = study_of("pulverisette7", vary, settings=list(settings))
    return StudyFolder.prepare(path, study, study.cases())


class Here:
    """An executor that runs cases in this process, on the device in use."""

    at_once = 1

    def describe(self):
        return "this process"

    def run(self, cases, tell, stopped):
        for case in cases:
            run_here([case], {"device": "cpu"}, tell)


def begins(case):
    """How often a case was begun, gone on with, and done, by its log."""
    lines = (case.path / "log.txt").read_text().splitlines()
    return tuple(
        sum(words in line for line in lines)
        for words in ("simulating", "goes on from step", " done")
    )


def results(folder):
    """What the cases found, without the time that they took."""
    clock = ("timings", "wall_seconds", "bead_steps_per_second")
    return {
        case.path.name: {key: one for key, one in case.result.items() if key not in clock}
        for case in folder.cases
    }

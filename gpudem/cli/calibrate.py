"""The command `gpudem calibrate`."""

from __future__ import annotations

from pathlib import Path

from gpudem.cli.executing import Executing
from gpudem.cli.options import Computing, Flag, Whole, check_choice, teller
from gpudem.cli.study import Output, run
from gpudem.errors import GpudemError

TESTS = ("joint", "drop", "rolling", "repose", "sliding")


def calibrate(
    test: str,
    data: Path,
    /,
    *,
    output: Output = None,
    points: Whole | None = None,
    overwrite: Flag = False,
    executing: Executing | None = None,
    computing: Computing | None = None,
) -> None:
    """Find contact parameters, with their uncertainty, from bench tests.

    Simulates the tests over the allowed range of the parameters, compares with the measurements,
    and reports the parameters and what the data cannot determine.

    Parameters
    ----------
    test
        drop, rolling, repose or sliding; or joint for all tests in the file together.
    data
        Measurements: a TOML file with a table for each test, or a CSV file of one test.
    output
        Folder for simulations and results; by default named as the data, in this folder.
    points
        How many sets of parameters are simulated for each test.
    overwrite
        Replace the page of an earlier calibration in the folder.
    """
    check_choice("calibrate", test, TESTS)
    if points is not None and not 6 <= points <= 1000:
        raise GpudemError(f"--points {points}: accepted are 6 to 1000")
    try:
        import corner  # noqa: F401
        import emcee  # noqa: F401
        import lmfit  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise GpudemError(
            f'{error}; install what calibrations need: pip install "gpudem[calibrate]"'
        ) from None
    from rich.console import Console

    from gpudem.calibration.calibration import RESULT, calibrate
    from gpudem.calibration.measurements import read_measurements
    from gpudem.calibration.text import print_calibration
    from gpudem.page.calibration_page import calibration_page
    from gpudem.page.page import check_page, write_page

    options, where = computing or Computing(), executing or Executing()
    where.check()
    tell = teller(options.quiet)
    measurements = read_measurements(data, test)
    folder = output or Path(f"{data.stem}-calibration")
    page = folder / "calibration.html"
    if page.exists() and not overwrite:
        raise GpudemError(f"{page}: exists; write elsewhere with -o, or give --overwrite")
    if folder.is_dir():
        check_page(page, True)
    found = calibrate(
        measurements,
        str(data),
        folder,
        lambda study: run(study, options, where, [], report=False),
        tell,
        points=points,
    )
    print_calibration(found, Console(highlight=False))
    write_page(calibration_page(found, data.read_text(encoding="utf-8-sig")), page)
    tell(f"wrote {folder / RESULT} (for gpudem study --uncertain) and {page}")

"""The command `gpudem doctor`."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gpudem.cli.options import Computing, Flag, start_device, teller
from gpudem.files import check_output, file_errors
from gpudem.plain_text import printable


def doctor(
    *,
    self_test: Flag = False,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("gpudem-doctor.json"),
    overwrite: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Show which devices and libraries work on this machine.

    Parameters
    ----------
    self_test
        Run a short verification on the device and write one file to attach to a bug report.
    output
        That file.
    overwrite
        Replace an existing one.
    json
        Print the findings as JSON.
    """
    from gpudem.diagnostics.doctor import examine, print_findings, self_test_report

    options = computing or Computing()
    if self_test:
        check_output(output, overwrite)
    tell = teller(options.quiet or json)
    start_device(options, tell, only_look=not self_test)
    findings = examine(options.device_index)
    if self_test:
        findings["self_test"] = self_test_report(lambda line: tell(f"self-test: {line}"))
        with file_errors(output):
            output.write_text(jsonlib.dumps(findings, indent=2) + "\n")
    if json:
        print(jsonlib.dumps(findings, indent=2))
    elif not options.quiet:
        print_findings(findings)
        if self_test:
            print(printable(f"wrote {output}"))
    if self_test and not all(check["passed"] for check in findings["self_test"]["checks"]):
        raise SystemExit(1)

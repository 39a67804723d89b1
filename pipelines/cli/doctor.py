"""``tutti doctor``: what is wrong, and what to do."""

import os
from dataclasses import asdict

import typer

from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, print_json

_STYLES = {"ok": "", "warning": "yellow", "problem": "bold red"}


def doctor(as_json: AsJson = False) -> None:
    """Check prerequisites, data and every service; exit 1 if there is a problem.

    It looks at ports, disk, memory, versions, secrets, logs and clocks, too, and says what to do.
    """
    ours = settings()
    from infra.local.doctor.examine import examine
    from infra.local.doctor.patient import Patient

    found = examine(Patient(ours, os.environ))
    problems = sum(finding.level == "problem" for finding in found)
    if as_json:
        print_json({"healthy": not problems, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            cure = f" → {finding.cure}" if finding.cure else ""
            line = f"{finding.level:8} {finding.check}: {finding.found}{cure}"
            console.print(line, style=_STYLES[finding.level])
    if problems:
        raise typer.Exit(1)

"""``tutti doctor``: what is wrong, and what to do."""

import os
from dataclasses import asdict

import typer

from infra.config.settings import Settings
from infra.local.doctor.examine import examine
from infra.local.doctor.patient import Patient
from pipelines.cli.output import AsJson, console, print_json

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(as_json: AsJson = False) -> None:
    """Check prerequisites, data and every service; exit 1 if there is a problem."""
    found = examine(Patient(Settings(), os.environ))
    problems = sum(finding.level == "problem" for finding in found)
    if as_json:
        print_json({"healthy": not problems, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            cure = f" [bold]→ {finding.cure}[/]" if finding.cure else ""
            console.print(
                f"[{_STYLES[finding.level]}]{finding.level:8}[/] {finding.check}: "
                f"{finding.found}{cure}",
                highlight=False,
                soft_wrap=True,
            )
    if problems:
        raise typer.Exit(1)

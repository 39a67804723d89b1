"""``tutti schemas check``: which lines would be rejected, and how to mend them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from operators.core.wording import number_of
from pipelines.cli.error_sentences import complain
from pipelines.cli.files import LinesFile, LinesKind, read_lines
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, Output, console, print_json
from schemas.rejections import ADVICE

if TYPE_CHECKING:
    from pipelines.exchange.validate import Checked, Fault
    from schemas.events import Kind

app = typer.Typer(help="The contract of the messages.", no_args_is_help=True, rich_markup_mode=None)


def check_file(file: Path, kind: "Kind", limit: int, show: "Callable[[Fault], None]") -> "Checked":
    """Validate each line by intake's rules as if it arrived now; `show` the first `limit` faults.

    Raises:
        TerminalError: There is no such file.
    """
    ours = settings()
    from infra.config.trust import trust_rules
    from pipelines.exchange.validate import Checked, Fault, verdicts
    from schemas.rules import validators

    checked = Checked()
    validate = validators(trust_rules(ours))[kind]
    for verdict in verdicts(read_lines(file, f"checking {kind}"), validate, system_clock()):
        checked.add(verdict)
        if isinstance(verdict, Fault) and checked.rejected <= limit:
            show(verdict)
    return checked


def print_fault(fault: "Fault", to: Output = console) -> None:
    """Print what is wrong with a line, and below it how to mend it."""
    rejection = fault.rejection
    place = f" {rejection.field}" if rejection.field else ""
    expected = f"; expected: {rejection.detail}" if rejection.detail else ""
    for text in (
        f"line {fault.line}: {rejection.reason}{place}: found {fault.found}{expected}",
        f"    {ADVICE[rejection.reason].cure}",
    ):
        to.print(text)


def print_summary(checked: "Checked") -> None:
    """Print how many lines are right, and the reasons of the others."""
    console.print(
        f"{number_of(checked.lines, 'line')}: {checked.lines - checked.rejected} would be accepted,"
        f" {checked.rejected} rejected",
    )
    for reason, (count, first) in sorted(checked.reasons.items(), key=lambda row: -row[1][0]):
        console.print(
            f"{count} x {reason}, first in line {first}: {ADVICE[reason].cure}",
        )


def print_warnings(checked: "Checked", to: Output = console) -> None:
    """Print what is probably a mistake in lines that would be accepted."""
    for cure, (count, first) in sorted(checked.warnings.items(), key=lambda row: -row[1][0]):
        to.print(f"warning: {count} x {cure}; first in line {first}")


@app.command()
def check(
    file: LinesFile,
    kind: LinesKind,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=100_000, help="Faults to name; all are counted.")
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Say which lines would be rejected, and how to mend them; exit 1 if any would, 2 unread."""
    named: list[Fault] = []
    try:
        checked = check_file(file, kind, limit, named.append if as_json else print_fault)
    except TerminalError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    if as_json:
        print_json(_plain(checked, named))
    else:
        print_summary(checked)
        print_warnings(checked)
    if checked.rejected:
        raise typer.Exit(1)


def _plain(checked: "Checked", named: "list[Fault]") -> dict[str, Any]:
    return {
        "lines": checked.lines,
        "accepted": checked.lines - checked.rejected,
        "rejected": checked.rejected,
        "reasons": {
            reason: {"lines": count, "first_line": first, "cure": ADVICE[reason].cure}
            for reason, (count, first) in checked.reasons.items()
        },
        "warnings": [
            {"lines": count, "first_line": first, "cure": cure}
            for cure, (count, first) in checked.warnings.items()
        ],
        "faults": [
            {
                "line": fault.line,
                "reason": fault.rejection.reason,
                "field": fault.rejection.field,
                "found": fault.found,
                "expected": fault.rejection.detail,
                "cure": ADVICE[fault.rejection.reason].cure,
            }
            for fault in named
        ],
    }

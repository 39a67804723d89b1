"""``tutti schemas check``: which lines would be rejected, and how to mend them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from operators.core.wording import number_of
from pipelines.cli.error_sentences import complain
from pipelines.cli.files import AsSource, LinesFile, LinesKind, read_lines
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, Output, console, print_json
from schemas.rejections import ADVICE

if TYPE_CHECKING:
    from pipelines.exchange.validate import Checked, Fault
    from schemas.events import Kind

app = typer.Typer(help="The contract of the messages.", no_args_is_help=True, rich_markup_mode=None)


def check_file(
    file: Path,
    kind: "Kind",
    limit: int,
    show: "Callable[[Fault], None]",
    source: str = "",
) -> "Checked":
    """Validate each line by intake's rules as if it arrived now; `show` the first `limit` faults.

    `source`: the name of the source that would send it; empty: nobody known.

    Raises:
        TerminalError: There is no such file, or no such source.
    """
    ours = settings()
    from infra.config.sources import dated_rules, source_now
    from pipelines.exchange.validate import Checked, Fault, verdicts

    checked = Checked()
    lines = read_lines(file, f"checking {kind}")
    rules = dated_rules(ours)
    sender = source_now(rules.sources, source) if source else None
    validate = rules.validators(sender)[kind]
    for verdict in verdicts(lines, validate, system_clock(), checked.traffic):
        checked.add(verdict)
        if isinstance(verdict, Fault) and checked.rejected <= limit:
            show(verdict)
    checked.national = sender is not None and len(sender.countries) == 1
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
    for each in checked.traffic_warnings():
        to.print(f"warning: {each.messages} x {each.reason} ({each.found}): {each.cure}")


@app.command()
def check(
    file: LinesFile,
    kind: LinesKind,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=100_000, help="Faults to name; all are counted.")
    ] = 100,
    source: AsSource = "",
    as_json: AsJson = False,
) -> None:
    """Say which lines would be rejected, and how to mend them; exit 1 if any would, 2 unread."""
    named: list[Fault] = []
    try:
        checked = check_file(file, kind, limit, named.append if as_json else print_fault, source)
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
            {"lines": count, "first_line": first, "reason": checked.codes[cure], "cure": cure}
            for cure, (count, first) in checked.warnings.items()
        ]
        + [
            {"lines": each.messages, "reason": each.reason, "found": each.found, "cure": each.cure}
            for each in checked.traffic_warnings()
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

"""``tutti send``: events into the input topics, and what became of them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.errors import TerminalError, TransientError
from operators.core.wording import number_of
from pipelines.cli.files import LinesFile, LinesKind, read_lines
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, errors, print_json
from pipelines.cli.schemas import check_file, print_fault, print_warnings
from schemas.rejections import ADVICE

if TYPE_CHECKING:
    from pipelines.exchange.outcome import Outcome, Watch
    from pipelines.exchange.send import Receipt
    from schemas.events import Kind

NAMED_FAULTS: Final = 100
"""Lines that ``--check`` names; all are counted."""

NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Do not wait for what becomes of the messages."),
]
Patience = Annotated[
    float, typer.Option("--timeout", help="Longest wait while intake reads nothing, seconds.")
]


def send(
    file: LinesFile,
    kind: LinesKind,
    check: Annotated[
        bool, typer.Option("--check", help="Send nothing if a line would be rejected.")
    ] = False,
    no_wait: NoWait = False,
    timeout: Patience = 60.0,
    as_json: AsJson = False,
) -> None:
    """Send events, one per line; say what became of them, and exit 1 if some failed."""
    ours = settings()
    from pipelines.exchange.outcome import Watch
    from pipelines.exchange.send import Sender

    if check:
        _check(file, kind)
    sender = Sender(ours)
    watch = None if no_wait else Watch(ours)
    for line in read_lines(file, f"sending {kind}"):
        sender.send(kind, line)
    report(kind, sender.finish(), watch, timeout, as_json=as_json)


def _check(file: Path, kind: "Kind") -> None:
    if str(file) == "-" or (file.exists() and not file.is_file()):
        raise TerminalError("--check reads the lines twice: it needs a file.")
    checked = check_file(file, kind, NAMED_FAULTS, partial(print_fault, to=errors))
    print_warnings(checked, errors)
    if checked.rejected:
        raise TerminalError(f"nothing was sent: lines that would be rejected: {checked.rejected}.")


def report(
    name: str, receipt: "Receipt", watch: "Watch | None", patience_s: float, *, as_json: bool
) -> None:
    """Say what became of the messages that were sent.

    Args:
        name: Of the messages.
        receipt: What the broker said of them.
        watch: Waits for what becomes of them; None: do not wait.
        patience_s: The longest time in which intake may make no progress.
        as_json: Print JSON.

    Raises:
        typer.Exit: Some were not acknowledged, or were rejected.
        TransientError: What became of them is not known yet.
    """
    if not as_json:
        _print_receipt(name, receipt)
    outcome, late = settle(receipt, watch, patience_s)
    if as_json:
        print_json({name: _plain(receipt, outcome)})
    elif outcome is not None:
        print_outcome(receipt, outcome)
    if late is not None:
        raise late
    if any(receipt.failed.values()) or (outcome and outcome.rejected):
        raise typer.Exit(1)


def settle(
    receipt: "Receipt", watch: "Watch | None", patience_s: float
) -> "tuple[Outcome | None, TransientError | None]":
    """What became of the messages, or why that is not known yet; neither without a watch."""
    try:
        return (watch.outcome(receipt.offsets, patience_s) if watch else None), None
    except TransientError as error:
        return None, error


def _print_receipt(name: str, receipt: "Receipt") -> None:
    console.print(
        f"{number_of(receipt.sent, name.removesuffix('s'))} sent,"
        f" {receipt.acknowledged:,} acknowledged by the broker"
    )
    for reason, count in receipt.failed.items():
        errors.print(f"{count} failed: {reason}")


def print_outcome(receipt: "Receipt", outcome: "Outcome") -> None:
    """Say it to people, the reasons with cures and the first message of each."""
    unknown = receipt.acknowledged - outcome.accepted - outcome.rejected
    console.print(
        f"{outcome.accepted} accepted, {outcome.rejected} rejected"
        + (f", {unknown} unknown: their acknowledgements were lost" if unknown else "")
    )
    for reason, letters in sorted(outcome.reasons.items(), key=lambda row: -row[1].messages):
        for line in (
            f"{letters.messages} x {reason}: {_cure(reason)}",
            f"    the first of them: tutti dlq show {letters.first}",
        ):
            errors.print(line)


def _plain(receipt: "Receipt", outcome: "Outcome | None") -> dict[str, Any]:
    """For programs; without an outcome, what became of the messages is null."""
    summary: dict[str, Any] = {
        "sent": receipt.sent,
        "acknowledged": receipt.acknowledged,
        "failed": dict(receipt.failed),
        "accepted": None,
        "rejected": None,
        "reasons": None,
    }
    if outcome is not None:
        summary |= {
            "accepted": outcome.accepted,
            "rejected": outcome.rejected,
            "reasons": {
                reason: {
                    "messages": letters.messages,
                    "first": letters.first,
                    "cure": _cure(reason),
                }
                for reason, letters in outcome.reasons.items()
            },
        }
    return summary


def _cure(reason: str) -> str:
    """How to mend it; a newer intake may know reasons that this program does not."""
    known = {str(name): advice.cure for name, advice in ADVICE.items()}
    return known.get(reason, "See the rejection reasons of the version that runs.")

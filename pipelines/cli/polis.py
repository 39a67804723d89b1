"""``tutti import polis``: a consultation from elsewhere."""

import random
import time
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.files import progress
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, errors
from pipelines.cli.send import NoWait, Patience, report
from schemas.times import parse_instant

if TYPE_CHECKING:
    from infra.config.settings import Settings
    from pipelines.exchange.polis_check import Message
    from pipelines.exchange.polis_import import PolisImport

importers = typer.Typer(
    help="Send a consultation from elsewhere.", no_args_is_help=True, rich_markup_mode=None
)

NAMED_FAULTS: Final = 100
"""Rows that are named; all are counted."""


@importers.command("polis")
def import_polis(
    folder: Annotated[Path, typer.Argument(help="Folder of the export.")],
    consultation: Annotated[str, typer.Option("--consultation", help="Its consultation_id.")],
    countries: Annotated[
        str, typer.Option("--countries", help="Comma-separated: each voter gets one of them.")
    ] = "",
    speed: Annotated[
        str, typer.Option("--speed", help="Times real time, e.g. 60; or max.")
    ] = "max",
    conversation: Annotated[
        str | None, typer.Option("--conversation", help="zid, for raw database tables.")
    ] = None,
    sign: Annotated[
        Literal["export", "raw"] | None,
        typer.Option("--sign", help="export: 1 is agree; raw: -1 is; else as the layout has it."),
    ] = None,
    order: Annotated[
        Literal["time", "file", "shuffled"],
        typer.Option("--order", help="Order of the votes; the counts do not depend on it."),
    ] = "time",
    no_wait: NoWait = False,
    timeout: Patience = 60.0,
    as_json: AsJson = False,
) -> None:
    """Send a Polis export: its consultation, proposals and votes; nothing if a row is wrong."""
    ours = settings()
    from rich.progress import MofNCompleteColumn

    from pipelines.exchange.outcome import Watch
    from pipelines.exchange.polis_import import read_polis
    from pipelines.exchange.send import Sender

    factor = speed_of(speed)
    listed = [code.strip() for code in countries.split(",") if code.strip()]
    found = read_polis(folder, consultation, listed, conversation, sign)
    for remark in found.remarks:
        errors.print(f"warning: {remark}")
    checked = _check(found, ours)
    first, votes = checked[: len(checked) - len(found.votes)], _timed(checked, found)
    if order == "time" or factor:
        votes.sort(key=lambda vote: vote[0])
    elif order == "shuffled":
        random.Random(0).shuffle(votes)  # noqa: S311 - the same order each time
    sender = Sender(ours)
    watch = None if no_wait else Watch(ours)
    for message in first:
        sender.send(message.kind, message.payload)
    with progress(MofNCompleteColumn()) as bar:
        task = bar.add_task("sending votes", total=len(votes))
        for payload in paced(votes, factor):
            sender.send("votes", payload)
            bar.advance(task)
        receipt = sender.finish()
    report("messages", receipt, watch, timeout, as_json=as_json)


def _check(found: "PolisImport", ours: "Settings") -> "list[Message]":
    """The messages to send, all of which would be accepted.

    Raises:
        TerminalError: Some would not.
    """
    from infra.config.sources import dated_rules
    from pipelines.exchange.polis_check import check, messages
    from pipelines.exchange.validate import Checked

    validate, now_ms = dated_rules(ours).validators(), system_clock()
    checked, ready = Checked(), list(messages(found))
    for message in ready:
        verdict, sentence, cure = check(message, validate, now_ms)
        checked.add(verdict)
        if sentence and checked.rejected <= NAMED_FAULTS:
            for line in (sentence, f"    {cure}"):
                errors.print(line)
    for cure, (count, _) in checked.warnings.items():
        errors.print(f"warning: {count} x {cure}")
    if checked.rejected:
        raise TerminalError(f"nothing was sent: rows that would be rejected: {checked.rejected}.")
    return ready


def _timed(checked: "list[Message]", found: "PolisImport") -> list[tuple[int, bytes]]:
    """Each vote with its time, milliseconds since 1970."""
    votes = checked[len(checked) - len(found.votes) :]
    return [
        (parse_instant(vote["cast_at"]) or 0, message.payload)
        for vote, message in zip(found.votes, votes, strict=True)
    ]


def speed_of(text: str) -> float | None:
    """The factor of ``--speed``; None: no pace.

    Raises:
        TerminalError: It is neither a number above 0 nor max.
    """
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < inf:
        raise TerminalError("--speed is a number above 0, or max.")
    return factor


def paced(votes: Sequence[tuple[int, bytes]], factor: float | None) -> Iterator[bytes]:
    """The votes at `factor` times the pace at which they were cast, or at once."""
    start = time.monotonic()
    for cast_ms, payload in votes:
        wait = start + (cast_ms - votes[0][0]) / 1000 / factor - time.monotonic() if factor else 0
        if wait > 0:
            time.sleep(wait)
        yield payload

"""``tutti send``, ``import``, ``sync`` and ``reconcile``: data in, and whether they are counted."""

import json
import random
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import typer

from operators.core.errors import TerminalError
from pipelines.cli.files import LinesFile, LinesKind, progress, read_lines
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, errors, number_of, print_json
from pipelines.cli.schemas import check_file, print_fault

if TYPE_CHECKING:
    from pipelines.exchange.send import Receipt
    from schemas.events import Kind

importers = typer.Typer(
    help="Send a consultation from elsewhere.", no_args_is_help=True, rich_markup_mode=None
)
Timeout = Annotated[float, typer.Option("--timeout", help="Longest wait, seconds.")]
NAMED_FAULTS: Final = 100
"""Lines that ``send --check`` names; all are counted."""


def send(
    file: LinesFile,
    kind: LinesKind,
    check: Annotated[
        bool, typer.Option("--check", help="Send nothing if a line would be refused.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send events, one per line, as they are; report what the broker acknowledged."""
    ours = settings()
    from pipelines.exchange.send import Sender

    if check:
        _check(file, kind)
    sender = Sender(ours)
    for line in read_lines(file, f"sending {kind}"):
        sender.send(kind, line)
    _report({kind: sender.finish()}, as_json=as_json)


def _check(file: Path, kind: "Kind") -> None:
    if str(file) == "-" or (file.exists() and not file.is_file()):
        raise TerminalError("--check reads the lines twice: it needs a file.")
    checked = check_file(file, kind, NAMED_FAULTS, partial(print_fault, to=errors))
    if checked.refused:
        raise TerminalError(f"nothing was sent: lines that would be refused: {checked.refused}.")


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
    order: Annotated[
        Literal["time", "file", "shuffled"],
        typer.Option("--order", help="Order of the votes; the counts do not depend on it."),
    ] = "time",
    as_json: AsJson = False,
) -> None:
    """Send a Polis export: its consultation, proposals and votes."""
    ours = settings()
    from rich.progress import MofNCompleteColumn

    from pipelines.exchange.polis_import import read_polis
    from pipelines.exchange.send import Sender

    factor = _speed(speed)
    found = read_polis(folder, consultation, [c for c in countries.split(",") if c], conversation)
    sender = Sender(ours)
    sender.send("consultations", _encode(found.consultation))
    for proposal in found.proposals:
        sender.send("proposals", _encode(proposal))
    votes = found.votes
    if order == "time" or factor:
        votes = sorted(votes, key=lambda vote: cast("str", vote["cast_at"]))
    elif order == "shuffled":
        random.Random(0).shuffle(votes)  # noqa: S311 - the same order each time
    with progress(MofNCompleteColumn()) as bar:
        task = bar.add_task("sending votes", total=len(votes))
        for vote in _paced(votes, factor) if factor else votes:
            sender.send("votes", _encode(vote))
            bar.advance(task)
        receipt = sender.finish()
    _report({"messages": receipt}, as_json=as_json)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not factor > 0:
        raise TerminalError("--speed is a number above 0, or max.")
    return factor


def _paced(votes: list[dict[str, Any]], factor: float) -> Iterable[dict[str, Any]]:
    """The votes at `factor` times the pace at which they were cast."""
    times = [datetime.fromisoformat(vote["cast_at"]).timestamp() for vote in votes]
    start = time.monotonic()
    for at, vote in zip(times, votes, strict=True):
        wait = start + (at - times[0]) / factor - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        yield vote


def _encode(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def _report(receipts: "dict[str, Receipt]", *, as_json: bool) -> None:
    if as_json:
        print_json({name: _plain(receipt) for name, receipt in receipts.items()})
    for name, receipt in receipts.items():
        if not as_json:
            console.print(
                f"{number_of(receipt.sent, name.removesuffix('s'))} sent,"
                f" {receipt.acknowledged:,} acknowledged by the broker"
            )
            for reason, count in receipt.failed.items():
                errors.print(f"{count} failed: {reason}")
    if any(receipt.failed for receipt in receipts.values()):
        raise typer.Exit(1)


def _plain(receipt: "Receipt") -> dict[str, Any]:
    return {
        "sent": receipt.sent,
        "acknowledged": receipt.acknowledged,
        "failed": dict(receipt.failed),
    }


def sync(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Wait until everything sent so far is counted and in ClickHouse."""
    ours = settings()
    from pipelines.verify.sync import await_clusters
    from pipelines.verify.sync import sync as sync_all

    began = time.monotonic()
    found = sync_all(ours, timeout)
    # Votes are counted; clusters may take what is left of the time, and their lag is no error.
    behind = await_clusters(ours, max(0.0, timeout - (time.monotonic() - began)))
    if as_json:
        print_json({"as_of": found.as_of, "proposals_not_clustered": behind})
    else:
        newest = "none yet" if found.as_of is None else f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"all in ClickHouse; newest vote counted: {newest}")
        if behind:
            console.print(
                f"{number_of(behind, 'proposal')} not in a cluster yet:"
                " see semantics in tutti status"
            )


def reconcile(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Recount the log with Apache Beam and compare with ClickHouse; exit 1 on a difference."""
    ours = settings()
    from pipelines.verify.reconcile import reconcile as reconcile_all

    found = reconcile_all(ours, timeout)
    if as_json:
        print_json(asdict(found))
    else:
        print_reconciliation(found)
    if found.verdict == "different":
        raise typer.Exit(1)
    if found.verdict == "pending":
        errors.print("votes arrived meanwhile: try again when none do")
        raise typer.Exit(2)


def print_reconciliation(found: Any) -> None:
    """Print checks, differences and verdict."""
    from pipelines.cli.screen import table

    console.print(
        table(
            "recount of the log with Apache Beam against ClickHouse",
            ["check", "in the log", "in ClickHouse", "verdict"],
            ((check.name, check.expected, check.found, check.verdict) for check in found.checks),
        )
    )
    for difference in found.differences:
        errors.print(f"{difference}")
    console.print(f"verdict: {found.verdict}", style="bold")

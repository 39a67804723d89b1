"""``tutti dlq stats``, ``show`` and ``replay``: messages that were rejected."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.errors import TerminalError
from operators.core.printable import printable
from pipelines.cli.files import progress
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.moments import recent_moment
from pipelines.cli.output import AsJson, console, errors, print_json
from schemas.rejections import ADVICE, REASONS

if TYPE_CHECKING:
    from pipelines.dlq.letters import DeadLetter, Original, Replay, Wanted
    from pipelines.exchange.outcome import Outcome
    from schemas.events import Kind

app = typer.Typer(help="Messages that were rejected.", no_args_is_help=True, rich_markup_mode=None)

SHOWN_CHARACTERS: Final = 2_000
"""Of a message; a whole one may have 1 MiB."""
LISTED: Final = 20
"""Messages that a replay lists; all are counted."""
PATIENCE_S: Final = 60.0
"""The longest time in which intake may read nothing of a replay."""
WARNING: Final = "Messages may hold participants' own ids: do not pass them on."

KindOrTopic = Annotated[
    str | None, typer.Option("--kind", "--topic", help="consultations, proposals, votes; or topic.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why rejected.")]
Field = Annotated[str | None, typer.Option("--field", help="Field at fault.")]
Since = Annotated[
    str | None,
    typer.Option("--since", help="From then: 2026-05-01[T12:00:00Z], or 90m, 2h, 7d ago."),
]
Until = Annotated[str | None, typer.Option("--until", help="Before then; as --since.")]


@app.command()
def stats(
    kind: KindOrTopic = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Count what was rejected, by reason."""
    views = clickhouse()
    from pipelines.cli.screen import table
    from pipelines.dlq import letters

    wanted = _wanted(kind, reason, field, since, until)
    rows = letters.statistics(views, wanted, limit)
    if as_json:
        print_json([row._asdict() | {"cure": _cure(row.reason)} for row in rows])
        return
    columns = ["topic", "reason", "messages", "first (UTC)", "last (UTC)", "fields", "newest"]
    console.print(
        table(
            "rejected messages",
            columns,
            (
                (
                    row.topic,
                    row.reason,
                    row.messages,
                    f"{row.first:%Y-%m-%d %H:%M:%S}",
                    f"{row.last:%Y-%m-%d %H:%M:%S}",
                    ", ".join(filter(None, row.fields)),
                    row.example.removeprefix(f"{row.topic}/"),
                )
                for row in rows
            ),
        )
    )


@app.command()
def show(
    place: Annotated[
        str | None, typer.Argument(metavar="[TOPIC/PARTITION/OFFSET]", help="One message.")
    ] = None,
    kind: KindOrTopic = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Messages.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show rejected messages as they were sent, fetched from Kafka; the newest first.

    Each with its reason and cure. They may hold participants' own ids.
    """
    ours, views = settings(), clickhouse()
    from pipelines.dlq import letters

    wanted = _wanted(kind, reason, field, since, until, place)
    found = letters.dead_letters(views, wanted, limit, newest=True)
    if place and not found:
        raise TerminalError(f"{place} is not in marts.dead_letters: nothing was rejected there.")
    fetched = dict(letters.originals(ours, found))
    errors.print(WARNING if found else "No such message was rejected.", style="yellow")
    shown = [_shown(letter, fetched[letter]) for letter in found]
    if as_json:
        print_json(shown)
        return
    for entry in shown:
        for name, value in entry.items():
            text = f"{name + ':':12}{value}" if value is not None else ""
            if text:
                console.print(text)
        console.print("")


def _shown(letter: "DeadLetter", original: "Original | None") -> dict[str, Any]:
    from pipelines.exchange.validate import found

    about = {
        "message": letter.coordinates,
        "received": f"{letter.received_at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "reason": letter.reason,
        "field": letter.field or None,
        "expected": letter.detail or None,
        "cure": _cure(letter.reason),
        "bytes": letter.bytes,
    }
    if original is None:
        gone = "no longer in Kafka: retention has removed it, so it can neither be shown nor sent"
        return about | {"found": None, "key": None, "content": None, "gone": gone}
    return about | {
        "found": found(original.value, letter.rejection),
        "key": None if original.key is None else printable(original.key),
        "content": printable(original.value or b"", SHOWN_CHARACTERS),
        "gone": None,
    }


@app.command("replay")
def replay_command(
    kind: KindOrTopic = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Messages.")] = 10_000,
    yes: Annotated[
        bool, typer.Option("--yes", help="Really send; otherwise only say what.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send rejected messages again that would be accepted now; the oldest first.

    A message goes to its former partition with its former key, so that replaying twice changes no
    count. Exit status 1 if one was not acknowledged, or was rejected again.
    """
    ours, views = settings(), clickhouse()
    from rich.progress import MofNCompleteColumn

    from pipelines.cli.send import print_outcome, settle
    from pipelines.dlq import letters
    from pipelines.exchange.outcome import Watch
    from pipelines.exchange.send import Sender

    wanted = _wanted(kind, reason, field, since, until)
    watch = Watch(ours) if yes else None
    with progress(MofNCompleteColumn()) as bar:
        matching = letters.count(views, wanted)
        found = letters.dead_letters(views, wanted, limit)
        moving = bar.track(found, description="replaying")
        done = letters.replay(ours, views, moving, Sender(ours) if yes else None)
    if not as_json:
        _print_replay(done, matching, len(found))
    if done.receipt is None:
        outcome, late = None, None
    else:
        outcome, late = settle(done.receipt, watch, PATIENCE_S)
    if as_json:
        print_json(_plain(done, matching, len(found), outcome))
    elif done.receipt and outcome:
        print_outcome(done.receipt, outcome)
    if late is not None:
        raise late
    if (done.receipt and done.receipt.failed) or (outcome and outcome.rejected):
        raise typer.Exit(1)


def _plain(
    done: "Replay", matching: int, looked_at: int, outcome: "Outcome | None"
) -> dict[str, Any]:
    return {
        "matching": matching,
        "looked_at": looked_at,
        "valid_now": len(done.valid),
        "still_rejected": dict(done.rejected),
        "superseded": done.superseded,
        "gone": done.gone,
        "sent": done.receipt.sent if done.receipt else 0,
        "acknowledged": done.receipt.acknowledged if done.receipt else 0,
        "failed": dict(done.receipt.failed) if done.receipt else {},
        "accepted": outcome.accepted if outcome else None,
        "rejected_again": outcome.rejected if outcome else None,
        "messages": [letter.coordinates for letter in done.valid],
    }


def _print_replay(done: "Replay", matching: int, looked_at: int) -> None:
    counts = [
        (looked_at, "rejected messages looked at"),
        (matching - looked_at, "more match: raise --limit, or narrow the choice"),
        *(
            (times, f"skipped: would be rejected again as {reason}")
            for reason, times in done.rejected.most_common()
        ),
        (done.superseded, "skipped: a newer message of the same proposal or consultation counts"),
        (done.gone, "skipped: no longer in Kafka, retention has removed them"),
    ]
    if done.receipt is None:
        for letter in done.valid[:LISTED]:
            console.print(f"{letter.coordinates} {letter.reason} {letter.field}")
        counts += [
            (len(done.valid) - LISTED, "more of these"),
            (len(done.valid), "would be sent again: say --yes to send them"),
        ]
    else:
        counts += [
            (done.receipt.sent, "sent again"),
            (done.receipt.acknowledged, "acknowledged by the broker"),
            *((times, f"failed: {failure}") for failure, times in done.receipt.failed.items()),
        ]
    for number, what in counts:
        if number > 0:
            console.print(f"{number} {what}")


def _cure(reason: str) -> str | None:
    """The cure; None for a reason of another version."""
    return {str(name): advice.cure for name, advice in ADVICE.items()}.get(reason)


def _wanted(
    kind: str | None,
    reason: str | None,
    field: str | None,
    since: str | None,
    until: str | None,
    place: str | None = None,
) -> "Wanted":
    from pipelines.dlq.letters import Wanted

    if reason is not None and reason not in REASONS:
        raise TerminalError(f"{reason} is no reason: choose one of {', '.join(REASONS)}.")
    return Wanted(
        kind=_kind(kind) if kind else None,
        reason=reason,
        field=field,
        since=recent_moment(since) if since else None,
        until=recent_moment(until) if until else None,
        place=_place(place) if place else None,
    )


def _kind(text: str) -> "Kind":
    from pipelines.dlq.letters import KINDS

    kind = KINDS.get(text, text)
    from schemas.topics import INPUT

    if kind not in INPUT:
        raise TerminalError(f"{text} is no kind: choose one of {', '.join([*INPUT, *KINDS])}.")
    return kind


def _place(text: str) -> tuple[str, int, int]:
    from pipelines.dlq.letters import KINDS

    match = re.fullmatch(r"(.+)/([0-9]{1,5})/([0-9]{1,19})", text)
    if match is None or match[1] not in KINDS:
        raise TerminalError(
            f"{text} is no message: write TOPIC/PARTITION/OFFSET of an input topic."
        )
    return match[1], int(match[2]), int(match[3])

"""``tutti sources``: who may send, and with which key."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from operators.core.printable import printable
from pipelines.cli.dated_entries import begins_ms, instant, wait_for_start
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, errors, print_json

if TYPE_CHECKING:
    from schemas.sources import SourceEntry, Sources

app = typer.Typer(help="Who may send.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Name of the source.", show_default=False)]
From = Annotated[
    str, typer.Option("--from", help="Instant from which it holds; without: in two seconds.")
]


def _patterns(option: str, about: str) -> Any:
    return typer.Option(option, metavar="PATTERN", help=f"{about}; a name, or its beginning and *.")


Consultations = Annotated[
    list[str] | None,
    _patterns("--consultations", "Consultations it may send votes and proposals to"),
]
Announces = Annotated[
    list[str] | None, _patterns("--announces", "Consultations it may announce and change")
]
Proposals = Annotated[
    list[str] | None, _patterns("--proposals", "Proposals it may send and change")
]
Participants = Annotated[
    list[str] | None, _patterns("--participants", "Participants it may vote for")
]
Countries = Annotated[
    list[str] | None,
    typer.Option("--country", metavar="CODE", help="Countries of its votes; without: any."),
]
Trust = Annotated[
    list[str] | None,
    typer.Option("--trust", metavar="LEVEL", help="Trust levels it may set; without: any."),
]
Rate = Annotated[
    int | None, typer.Option("--rate", min=0, help="Messages per second by HTTP; 0: any.")
]
KafkaRate = Annotated[
    int | None,
    typer.Option(
        "--kafka-rate",
        min=0,
        help="Messages per second, over a minute, that it may sign on one partition; 0: any.",
    ),
]
Shared = Annotated[
    bool, typer.Option("--shared", help="Let it change what another source sends, too.")
]


@app.command()
def add(
    name: Name,
    consultations: Consultations = None,
    announces: Announces = None,
    proposals: Proposals = None,
    participants: Participants = None,
    countries: Countries = None,
    trust: Trust = None,
    rate: Rate = None,
    kafka_rate: KafkaRate = None,
    shared: Shared = False,
    since: From = "",
    as_json: AsJson = False,
) -> None:
    """Add a source, and show its key and its token, only now."""
    ours = settings()
    from infra.config.sources import append, writing

    with writing(ours) as known:
        from_ms = begins_ms(since)
        if known.in_force(name, from_ms) is not None:
            raise TerminalError(f"{name} is there already: see tutti sources change and rotate.")
        if not (consultations or announces):
            raise TerminalError("A source needs --consultations or --announces.")
        asked = {
            "consultations": consultations or [],
            "announces": announces,
            "proposals": proposals,
            "participants": participants,
            "countries": countries,
            "trust": trust,
            "rate": rate,
            "kafka_rate": kafka_rate,
        }
        made = _source({"name": name, "key": secrets.token_hex(32)}, asked, from_ms)
        _refuse_conflicts(made, known, from_ms, shared=shared)
        append(ours, [made])
    wait_for_start(from_ms, waits=not since)
    _show(made, f"{name} is added", as_json=as_json)


@app.command()
def change(
    name: Name,
    consultations: Consultations = None,
    announces: Announces = None,
    proposals: Proposals = None,
    participants: Participants = None,
    countries: Countries = None,
    trust: Trust = None,
    rate: Rate = None,
    kafka_rate: KafkaRate = None,
    shared: Shared = False,
    since: From = "",
) -> None:
    """Change what a source may send; what is not named stays, and so does its key."""
    ours = settings()
    from infra.config.sources import append, source_now, writing

    with writing(ours) as known:
        from_ms = begins_ms(since)
        found = source_now(known, name)
        asked = {
            "consultations": consultations,
            "announces": announces,
            "proposals": proposals,
            "participants": participants,
            "countries": countries,
            "trust": trust,
            "rate": rate,
            "kafka_rate": kafka_rate,
        }
        before = {
            field: getattr(found, field) for field in found.__struct_fields__ if field != "since"
        }
        made = _source(before, asked, from_ms)
        _refuse_conflicts(made, known, from_ms, shared=shared)
        append(ours, [made])
    wait_for_start(from_ms, waits=not since)
    console.print(f"{name} is changed: see tutti sources list")


@app.command()
def rotate(
    name: Name,
    overlap: Annotated[
        float, typer.Option("--overlap", min=0, max=8_760, help="Hours the old key stays good.")
    ] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Give a source another key and token; show them, only now."""
    ours = settings()
    from msgspec.structs import replace

    from infra.config.sources import append, source_now, writing

    with writing(ours) as known:
        from_ms = begins_ms("")
        found = source_now(known, name)
        until = instant(from_ms) + timedelta(hours=overlap)
        until = until.replace(microsecond=until.microsecond // 1000 * 1000)
        made = replace(
            found, since=instant(from_ms), key=secrets.token_hex(32), old_key_until=until
        )
        append(ours, [made])
    wait_for_start(from_ms, waits=True)
    what = f"{name} has a new key; the old one is good until {until:%F %T} UTC"
    _show(made, what, as_json=as_json)


@app.command()
def revoke(name: Name) -> None:
    """Let a source send nothing any more; what it has sent stays."""
    ours = settings()
    from msgspec.structs import replace

    from infra.config.sources import append, source_now, writing

    with writing(ours) as known:
        from_ms = begins_ms("")
        found = source_now(known, name)
        append(ours, [replace(found, since=instant(from_ms), key="", old_key_until=None)])
    wait_for_start(from_ms, waits=True)
    console.print(f"{name} is revoked: its key and its token are good no more")


@app.command()
def policy(
    messages: Annotated[str, typer.Argument(help="open: anybody may send; signed: sources only.")],
    since: From = "",
) -> None:
    """Say whether messages on Kafka must be signed by a source."""
    ours = settings()
    from infra.config.sources import append, writing
    from schemas.reserved import PROBE_CONSULTATION, PROBE_SOURCE
    from schemas.sources import SigningPolicy, SourceEntry

    if messages not in {"open", "signed"}:
        raise TerminalError("The policy is open or signed.")
    with writing(ours) as known:
        from_ms = begins_ms(since)
        entries: list[SourceEntry | SigningPolicy] = []
        if known.in_force(PROBE_SOURCE, from_ms) is None:
            key, only = secrets.token_hex(32), (PROBE_CONSULTATION,)
            entries.append(SourceEntry(PROBE_SOURCE, instant(from_ms), key, consultations=only))
        entries.append(SigningPolicy(instant(from_ms), messages))  # type: ignore[arg-type]
        append(ours, entries)
    wait_for_start(from_ms, waits=not since)
    console.print(f"messages are {messages} from {instant(from_ms):%F %T} UTC on")


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the sources in force with what they may send, and never their keys."""
    ours = settings()
    from infra.config.sources import read_sources
    from pipelines.cli.screen import table

    known, now_ms = read_sources(ours), system_clock()
    found = [_plain(source) for source in known.now(now_ms)]
    messages = "signed" if known.signed(now_ms) else "open"
    if as_json:
        print_json({"messages": messages, "sources": found})
        return
    console.print(f"messages: {messages}")
    columns = ("name", "consultations", "announces", "proposals", "participants", "countries")
    shown = [[_text(row[column]) for column in columns] for row in found]
    if shown:
        console.print(table("Sources", columns, shown))
    for one, other, what in _conflicts(known.now(now_ms)):
        errors.print(f"warning: {one} and {other} can {what}")


def _source(before: dict[str, Any], asked: dict[str, Any], from_ms: int) -> "SourceEntry":
    """A checked source: as before, with what is asked for.

    Raises:
        TerminalError: A field is not valid.
    """
    import msgspec

    from schemas.sources import SourceEntry

    given = {field: value for field, value in asked.items() if value is not None}
    try:
        return msgspec.convert(before | given | {"from": instant(from_ms)}, SourceEntry)
    except msgspec.ValidationError as error:
        raise TerminalError(f"{printable(str(error).replace('`', ''), 300)}.") from None


def _refuse_conflicts(made: "SourceEntry", known: "Sources", at_ms: int, *, shared: bool) -> None:
    for other in known.now(at_ms):
        if other.name == made.name or shared:
            continue
        for _, _, what in _conflicts([made, other]):
            raise TerminalError(
                f"{made.name} and {other.name} could {what}: give each its own, or allow it with"
                " --shared."
            )


def _conflicts(sources: "list[SourceEntry]") -> "Iterable[tuple[str, str, str]]":
    from itertools import combinations

    from schemas.ownership import conflicts

    for one, other in combinations(sources, 2):
        for what in conflicts(one, other):
            yield one.name, other.name, what


def _show(source: "SourceEntry", what: str, *, as_json: bool) -> None:
    from schemas.signatures import token_of

    secret = {"key": source.key, "token": token_of(source.secret)}
    if as_json:
        print_json(_plain(source) | secret)
        return
    for line in (
        what,
        "keep these, they are not shown again:",
        f"    token for HTTP: {secret['token']}",
        f"    key for Kafka:  {secret['key']}",
    ):
        console.print(line)


def _plain(source: "SourceEntry") -> dict[str, Any]:
    hidden = {"key", "since", "old_key_until"}
    fields = {n: getattr(source, n) for n in source.__struct_fields__ if n not in hidden}
    return {"from": f"{source.since:%Y-%m-%dT%H:%M:%SZ}"} | fields


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)

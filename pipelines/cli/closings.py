"""``tutti close``, ``reopen`` and ``results``: the end of a consultation, and its result."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.errors import TerminalError
from operators.core.printable import printable
from pipelines.cli.consultations import about, must_be_known
from pipelines.cli.dated_entries import begins_ms, instant, wait_for_start
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from schemas.closings import Closings

RESULTS_SQL: Final = """
SELECT result, closed_at, kept_at, country, rank, proposal_id, text, votes, agree_rate, agree_low,
    agree_high, consensus
FROM marts.results
WHERE consultation_id = {consultation:String} AND country = {country:String}
    AND ({result:String} = '' OR result = {result:String})
ORDER BY kept_at, result, rank ASC NULLS LAST, votes DESC, proposal_id
"""

Consultation = Annotated[str, typer.Argument(help="Identifier of the consultation.")]
At = Annotated[str, typer.Option("--at", metavar="INSTANT", help="When; without: in two seconds.")]
By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who decides it; without: your account's name.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, for those who ask later.")]


def close(
    consultation: Consultation,
    at: At = "",
    grace: Annotated[
        int,
        typer.Option(
            "--grace", min=0, help="Seconds that votes cast before it may still take to arrive."
        ),
    ] = 0,
    result: Annotated[
        str, typer.Option("--result", metavar="NAME", help="Name of the result that is kept of it.")
    ] = "",
    by: By = "",
    why: Why = "",
) -> None:
    """Count no votes cast from an instant on, and keep the result; tutti results shows it."""
    must_be_known(clickhouse(analyst=True), consultation)
    _decide(consultation, "closed", at, by, why, grace=grace, result=result)


def reopen(consultation: Consultation, at: At = "", by: By = "", why: Why = "") -> None:
    """Take votes again from an instant on, or take back a closing that has yet to come."""
    must_be_known(clickhouse(analyst=True), consultation)
    _decide(consultation, "open", at, by, why)


def results(
    consultation: Consultation,
    result: Annotated[str, typer.Option("--result", metavar="NAME", help="That one only.")] = "",
    country: Annotated[
        str, typer.Option("--country", metavar="CODE", help="Ballots of that country only.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the results that were kept of a consultation's closings."""
    views = clickhouse(analyst=True)
    parameters = {"consultation": consultation, "country": country, "result": result}
    from infra.clickhouse.moments import in_utc

    found = views.query(RESULTS_SQL, parameters=parameters).named_results()
    rows = [{name: in_utc(value) for name, value in row.items()} for row in found]
    if as_json:
        print_json(rows)
        return
    with about(views, consultation):
        if not rows:
            raise TerminalError(
                f"No such result is kept of {printable(consultation)}: it is not closed, or closed"
                " for less than two minutes."
            )
    for name in dict.fromkeys(row["result"] for row in rows):
        _show([row for row in rows if row["result"] == name])


def _decide(
    consultation: str,
    state: str,
    at: str,
    by: str,
    why: str,
    *,
    grace: int = 0,
    result: str = "",
) -> None:
    """Write an entry, and say what it means.

    Raises:
        TerminalError: The entry is not valid, or would change nothing.
    """
    import getpass

    import msgspec

    from infra.config.closings import closings_file
    from schemas.closings import ClosingEntry, Closings
    from schemas.reserved import PROBE_CONSULTATION

    if consultation == PROBE_CONSULTATION:
        raise TerminalError("The consultation of the freshness probe stays open.")
    file = closings_file(settings())
    with file.locked() as known:
        from_ms = begins_ms(at, "--at")
        given: dict[str, Any] = {
            "consultation": consultation,
            "from": instant(from_ms),
            "state": state,
            "grace_seconds": grace,
            "result": (result or _free_name(known, consultation)) if state == "closed" else "",
            "by": by or getpass.getuser(),
            "why": why,
        }
        if result and result in _names(known, consultation):
            raise TerminalError(f"There is a result {printable(result)} already: name another.")
        try:
            entry = msgspec.convert(given, ClosingEntry)
        except msgspec.ValidationError as error:
            raise TerminalError(f"{printable(str(error).replace('`', ''), 300)}.") from None
        if Closings([*known.entries, entry]).spans.get(consultation) == known.spans.get(
            consultation
        ):
            raise TerminalError(f"{printable(consultation)} is {state} then anyway.")
        file.append([("closing", entry)])
    wait_for_start(from_ms, waits=not at)
    since = f"{entry.since:%F %T} UTC"
    if state == "open":
        console.print(f"{printable(consultation)} takes votes from {since} on")
        return
    console.print(f"{printable(consultation)} is closed from {since} on")
    kept = instant(from_ms + grace * 1000)
    console.print(
        f"its result {entry.result} is kept a minute or two after {kept:%F %T} UTC: tutti results"
    )


def _names(known: "Closings", consultation: str) -> set[str]:
    """Names of results that closings of a consultation have, cancelled ones too."""
    return {entry.result for entry in known.entries if entry.consultation == consultation}


def _free_name(known: "Closings", consultation: str) -> str:
    """``final``, or the first of ``final-2`` and so on that is free."""
    names, number, name = _names(known, consultation), 1, "final"
    while name in names:
        number += 1
        name = f"final-{number}"
    return name


def _show(rows: list[dict[str, Any]]) -> None:
    """One result as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("rank", right=True),
        Column("proposal", 3),
        Column("text", subject=True),
        Column("ballots", 1, right=True),
        Column("agree", right=True),
        Column("95 %", 2, right=True),
    ]
    cells = [
        [
            "" if row["rank"] is None else str(row["rank"]),
            row["proposal_id"],
            row["text"],
            f"{row['votes']:,}",
            "" if row["agree_rate"] is None else f"{row['agree_rate']:.1%}",
            f"{row['agree_low']:.1%} to {row['agree_high']:.1%}",
        ]
        for row in rows
    ]
    first = rows[0]
    where = f" in {first['country']}" if first["country"] else ""
    note = f"closed {first['closed_at']:%F %T} UTC, kept {first['kept_at']:%F %T} UTC"
    console.print(Sheet(f"{first['result']}{where}", columns, cells, note))

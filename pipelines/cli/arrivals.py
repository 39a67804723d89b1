"""``tutti arrivals``: what arrived of whom, what was rejected, and what a source misses."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from operators.core.clock import system_clock
from pipelines.cli.consultations import must_be_known
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.moments import recent_moment
from pipelines.cli.output import AsJson, console, errors, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from infra.clickhouse.arrival_ledger import ArrivalLedger
    from pipelines.cli.screen import Sheet

REFRESH_S: Final = 2.0
NOBODY: Final = "(none)"
"""What stands for a source or country that messages do not name."""


def arrivals(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    source: Annotated[str, typer.Option("--source", help="Only messages of this source.")] = "",
    since: Annotated[
        str | None,
        typer.Option("--since", help="From then: 2026-05-01[T12:00:00Z], or 90m, 2h, 7d ago."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what arrived by source and country, what was rejected, and what to mend."""
    views = clickhouse()
    ledger = _read(views, consultation, source, since)
    if not ledger.cells:
        must_be_known(views, consultation)
    if as_json:
        print_json(asdict(ledger) | {"warnings": [w._asdict() for w in ledger.warnings]})
    elif watch:
        from pipelines.cli.screen import follow

        follow(_sheets(views, ledger, source, since), console.screen)
    else:
        console.print(draw_cells(ledger))
        for sheet in (draw_rejections(ledger), draw_manifests(ledger)):
            if sheet is not None:
                console.print(sheet)
        for line in warning_lines(ledger):
            errors.print(line)


def _read(views: "Client", consultation: str, source: str, since: str | None) -> "ArrivalLedger":
    from infra.clickhouse.arrival_ledger import EVER, read_ledger
    from infra.config.sources import read_sources

    now_ms = system_clock()
    return read_ledger(
        views,
        consultation,
        datetime.fromtimestamp(now_ms / 1000, UTC),
        source=source,
        since=recent_moment(since, lambda: now_ms) if since else EVER,
        national=[s.name for s in read_sources(settings()).now(now_ms) if len(s.countries) == 1],
    )


def _sheets(
    views: "Client", ledger: "ArrivalLedger", source: str, since: str | None
) -> Iterator["Sheet"]:
    while True:
        sheet = draw_cells(ledger)
        sheet.caption = "\n".join([sheet.caption, *warning_lines(ledger)])
        yield sheet
        time.sleep(REFRESH_S)
        ledger = _read(views, ledger.consultation_id, source, since)


def draw_cells(ledger: "ArrivalLedger") -> "Sheet":
    """Messages by source, country and kind."""
    from pipelines.cli.screen import Column, Sheet

    names = ("received", "accepted", "rejected", "late", "replaced", "unknown proposal")
    columns = [
        Column("source", subject=True),
        Column("country"),
        Column("kind"),
        *(Column(name, goes, right=True) for goes, name in enumerate(names)),
        Column("newest", 7, right=True),
    ]
    totals = {
        name: sum(getattr(cell, name) for cell in ledger.cells)
        for name in ("received", "accepted", "rejected")
    }
    return Sheet(
        f"arrivals  ({ledger.consultation_id})",
        columns,
        (
            [
                cell.source or NOBODY,
                cell.country or NOBODY,
                cell.kind,
                f"{cell.received:,}",
                f"{cell.accepted:,}",
                f"{cell.rejected:,}",
                f"{cell.late:,}",
                f"{cell.replaced:,}",
                f"{cell.unknown_proposal:,}",
                f"{cell.newest_minute:%m-%d %H:%M}",
            ]
            for cell in ledger.cells
        ),
        ", ".join(f"{count:,} {name}" for name, count in totals.items()),
    )


def draw_rejections(ledger: "ArrivalLedger") -> "Sheet | None":
    """Rejected messages by source and reason; None: there are none."""
    from pipelines.cli.screen import Column, Sheet

    if not ledger.rejections:
        return None
    columns = [
        Column("source"),
        Column("kind"),
        Column("reason"),
        Column("messages", right=True),
        Column("what to do", 1, subject=True),
    ]
    rows = (
        [one.source or NOBODY, one.kind, one.reason, f"{one.messages:,}", one.cure]
        for one in ledger.rejections
    )
    return Sheet("rejected; single messages: tutti dlq show", columns, rows)


def draw_manifests(ledger: "ArrivalLedger") -> "Sheet | None":
    """What sources believe they sent beside what arrived; None: no source has said it."""
    from pipelines.cli.screen import Column, Sheet

    if not ledger.manifests:
        return None
    names = ("sent", "accepted", "rejected", "difference")
    columns = [
        Column("source", subject=True),
        Column("kind"),
        Column("country"),
        *(Column(name, right=True) for name in names),
    ]
    rows = (
        [one.source, one.kind, one.country or NOBODY]
        + [f"{getattr(one, name):,}" for name in names]
        for one in ledger.manifests
    )
    caption = "difference: arrived less sent, in the hours of which the source has said it"
    return Sheet("manifests", columns, rows, caption)


def warning_lines(ledger: "ArrivalLedger") -> list[str]:
    """A line for each warning, with its cure."""
    return [
        f"warning: {warning.source or NOBODY}: {warning.messages:,} x {warning.reason}"
        f"{f' ({warning.found})' if warning.found else ''}: {warning.cure}"
        for warning in ledger.warnings
    ]

"""``tutti clusters``: what a consultation is about, and how much each topic agrees."""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from clickhouse_connect.driver.client import Client
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from operators.core.errors import TerminalError
from pipelines.cli.output import AsJson, console, print_json

COLUMNS: Final = (
    "cluster_id", "label", "terms", "size", "ballots", "proposals_counted", "agreement",
    "agreement_low", "agreement_high", "spread", "most_agreed", "most_agreed_rate",
    "most_opposed", "most_opposed_rate", "method",
)  # fmt: skip
REFRESH_S: Final = 2.0
TERMS: Final = 3


@dataclass(frozen=True, slots=True)
class Topics:
    """The largest topics of a consultation, as of one moment."""

    consultation_id: str
    clusters: int
    proposals: int
    model: str
    as_of: datetime | None
    rows: list[dict[str, Any]]


def clusters(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the topics of a consultation: proposals by what they are about."""
    try:
        clickhouse = connect(Settings())
        found = read_clusters(clickhouse, consultation, limit)
        if as_json:
            print_json(asdict(found))
        elif watch:
            with suppress(KeyboardInterrupt):  # the way to end it
                _follow(clickhouse, found, limit)
        else:
            console.print(draw_clusters(found))
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None


def read_clusters(clickhouse: Client, consultation: str, limit: int) -> Topics:
    """Read the topics, the largest first.

    Raises:
        TerminalError: None of its proposals is in a cluster.
    """
    known = {"consultation": consultation, "limit": limit}
    sizes = clickhouse.query(
        "SELECT clusters, proposals, model FROM marts.cluster_progress"
        " WHERE shown AND consultation_id = {consultation:String}",
        parameters=known,
    ).result_rows
    if not sizes:
        raise TerminalError(
            f"No proposal of a consultation {consultation} is in a cluster yet: see tutti status,"
            " or tutti query 'SELECT * FROM marts.cluster_progress'."
        )
    found = clickhouse.query(
        f"SELECT {', '.join(COLUMNS)}, as_of FROM marts.cluster_leaderboard"
        " WHERE consultation_id = {consultation:String}"
        " ORDER BY size DESC, ballots DESC, cluster_id LIMIT {limit:UInt32}",
        parameters=known,
    )
    rows = list(found.named_results())
    as_of = [row.pop("as_of") for row in rows]
    clusters, proposals, model = sizes[0]
    return Topics(consultation, clusters, proposals, model, as_of[0] if as_of else None, rows)


def draw_clusters(found: Topics, label_width: int | None = None) -> Table:
    """The topics as a table."""
    drawn = Table(
        title=f"topics of {found.consultation_id}: {found.proposals:,} proposals in"
        f" {found.clusters:,} clusters",
        caption="agreement: mean of the proposals' rates with its 95 % interval, from 3 proposals"
        " with 10 ballots; a topic is no opinion: ± says how far its proposals lie apart",
        title_justify="left",
        caption_justify="left",
        header_style="bold",
        expand=label_width is None,
    )
    drawn.add_column("topic", no_wrap=True, overflow="ellipsis", ratio=2, max_width=label_width)
    drawn.add_column("words", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("proposals", "ballots", "agreement", "95 % interval", "±"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("most agreed", no_wrap=True, overflow="ellipsis")
    drawn.add_column("most opposed", no_wrap=True, overflow="ellipsis")
    for row in found.rows:
        none = row["agreement"] is None
        drawn.add_row(
            # Written by the public: no markup, one line.
            Text(" ".join(row["label"].split())),
            Text(", ".join(row["terms"][:TERMS])),
            str(row["size"]),
            f"{row['ballots']:,}",
            "–" if none else f"{row['agreement']:.1%}",
            "" if none else f"{row['agreement_low']:.1%} – {row['agreement_high']:.1%}",
            "" if none else f"{row['spread']:.1%}",
            _extreme(row["most_agreed"], row["most_agreed_rate"]),
            _extreme(row["most_opposed"], row["most_opposed_rate"]),
        )
    return drawn


def _extreme(proposal: str, rate: float | None) -> str:
    return "" if rate is None else f"{proposal} {rate:.0%}"


def _follow(clickhouse: Client, found: Topics, limit: int) -> None:
    with Live(draw_clusters(found), console=console, screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH_S)
            found = read_clusters(clickhouse, found.consultation_id, limit)
            live.update(draw_clusters(found), refresh=True)

"""``tutti clusters``: what a consultation is about, and how much each cluster agrees."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.errors import TerminalError
from operators.core.wording import number_of
from pipelines.cli.consultations import about
from pipelines.cli.installation import clickhouse
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from pipelines.cli.screen import Cell, Sheet

COLUMNS: Final = (
    "cluster_id", "kind", "label", "terms", "languages", "size", "ballots", "proposals_counted",
    "agreement", "agreement_low", "agreement_high", "spread", "most_agreed", "most_agreed_rate",
    "most_opposed", "most_opposed_rate", "method",
)  # fmt: skip
REFRESH_S: Final = 2.0
TERMS: Final = 3


@dataclass(frozen=True, slots=True)
class ClusterList:
    """The largest clusters of a consultation, as of one moment."""

    consultation_id: str
    clusters: int
    proposals: int
    model: str
    as_of: datetime | None
    rows: list[dict[str, Any]]


class NoClustersError(TerminalError):
    """None of a consultation's proposals is in a cluster."""

    def __init__(self, consultation: str) -> None:
        super().__init__(
            f"No proposal of {consultation} is in a cluster yet: see tutti status,"
            " or tutti query 'SELECT * FROM marts.cluster_progress'."
        )


def clusters(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the clusters of a consultation: proposals by what they are about.

    The largest first: label, words, size, ballots, agreement with its interval, how far its
    proposals lie apart, the most agreed and the most opposed one.
    """
    views = clickhouse()
    try:
        with about(views, consultation):
            found = read_clusters(views, consultation, limit)
    except NoClustersError:
        if not watch or as_json:
            raise
        found = ClusterList(consultation, 0, 0, "", None, [])
    if as_json:
        print_json(asdict(found))
    elif watch:
        from pipelines.cli.screen import follow

        follow(_pictures(views, found, limit), console.screen)
    else:
        console.print(draw_clusters(found))


def read_clusters(clickhouse: "Client", consultation: str, limit: int) -> ClusterList:
    """Read the clusters, the largest first.

    Raises:
        NoClustersError: None of its proposals is in a cluster.
    """
    known = {"consultation": consultation, "limit": limit}
    sizes = clickhouse.query(
        "SELECT clusters, proposals, model FROM marts.cluster_progress"
        " WHERE active AND consultation_id = {consultation:String}",
        parameters=known,
    ).result_rows
    if not sizes:
        raise NoClustersError(consultation)
    found = clickhouse.query(
        f"SELECT {', '.join(COLUMNS)}, as_of FROM marts.cluster_leaderboard"
        " WHERE consultation_id = {consultation:String}"
        " ORDER BY size DESC, ballots DESC, cluster_id LIMIT {limit:UInt32}",
        parameters=known,
    )
    rows = list(found.named_results())
    as_of = [row.pop("as_of") for row in rows]
    clusters, proposals, model = sizes[0]
    return ClusterList(consultation, clusters, proposals, model, as_of[0] if as_of else None, rows)


def draw_clusters(found: ClusterList) -> "Sheet":
    """The clusters as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("cluster", subject=True),
        Column("proposals", 2, right=True),
        Column("ballots", 3, right=True),
        Column("agreement", right=True),
        Column("95 % interval", 1, right=True),
        Column("±", 4, right=True),
        Column("languages", 8),
        Column("words", 5),
        Column("most agreed", 6),
        Column("most opposed", 7),
    ]
    title = f"clusters of {found.consultation_id}: {number_of(found.proposals, 'proposal')}"
    return Sheet(
        f"{title} in {number_of(found.clusters, 'cluster')}",
        columns,
        map(_cells, found.rows),
        "agreement: mean of the proposals' rates with its 95 % interval, from 3 proposals with 10"
        " ballots; a cluster is no opinion: ± says how far its proposals lie apart"
        if found.clusters
        else "no proposal is in a cluster yet",
    )


def _cells(row: dict[str, Any]) -> list["Cell"]:
    none = row["agreement"] is None
    return [
        row["label"],
        f"{row['size']:,}",
        f"{row['ballots']:,}",
        "–" if none else f"{row['agreement']:.1%}",
        "" if none else f"{row['agreement_low']:.1%} – {row['agreement_high']:.1%}",
        "" if none else f"{row['spread']:.1%}",
        " ".join(row["languages"]),
        ", ".join(row["terms"][:TERMS]),
        _extreme(row["most_agreed"], row["most_agreed_rate"]),
        _extreme(row["most_opposed"], row["most_opposed_rate"]),
    ]


def _extreme(proposal: str, rate: float | None) -> str:
    return "" if rate is None else f"{proposal} {rate:.0%}"


def _pictures(views: "Client", found: ClusterList, limit: int) -> Iterator["Sheet"]:
    """As they are every few seconds; while there are none, that."""
    while True:
        yield draw_clusters(found)
        time.sleep(REFRESH_S)
        try:
            found = read_clusters(views, found.consultation_id, limit)
        except NoClustersError:
            found = ClusterList(found.consultation_id, 0, 0, "", None, [])

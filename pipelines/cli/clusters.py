"""``tutti clusters``: what a consultation is about, and how much each cluster agrees.

It begins with the themes, which are few, and opens each into its clusters.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
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
    "cluster_id", "kind", "theme_id", "theme_label", "label", "terms", "languages", "size",
    "ballots", "proposals_counted", "agreement", "agreement_low", "agreement_high", "spread",
    "most_agreed", "most_agreed_rate", "most_opposed", "most_opposed_rate", "method",
)  # fmt: skip
THEME_COLUMNS: Final = (
    "theme_id", "kind", "label", "terms", "size", "clusters", "alone", "largest_cluster",
    "languages", "method",
)  # fmt: skip
EVERY: Final = "all"
"""What `--theme` takes for the clusters of all themes; no theme has this id."""
REFRESH_S: Final = 2.0
TERMS: Final = 3


@dataclass(frozen=True, slots=True)
class ClusterList:
    """The themes and the largest clusters of a consultation, as of one moment.

    Attributes:
        consultation_id: The consultation.
        clusters: How many it has.
        proposals: How many are in one.
        model: Encoder, with its version.
        as_of: Broker time of the newest vote counted.
        rows: The largest clusters, of one theme or of all.
        themes: All themes, the largest first; none before the 25th proposal.
        theme: The one whose clusters these are; `EVERY`: those of all; empty: none was asked for.
    """

    consultation_id: str
    clusters: int = 0
    proposals: int = 0
    model: str = ""
    as_of: datetime | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    themes: list[dict[str, Any]] = field(default_factory=list)
    theme: str = ""


class NoClustersError(TerminalError):
    """None of a consultation's proposals is in a cluster."""

    def __init__(self, consultation: str) -> None:
        super().__init__(
            f"No proposal of {consultation} is in a cluster yet: see tutti status,"
            " or tutti query 'SELECT * FROM marts.cluster_progress'."
        )


class NoThemeError(TerminalError):
    """A consultation has no theme of that id."""

    def __init__(self, consultation: str, theme: str) -> None:
        super().__init__(f"{consultation} has no theme {theme}: see tutti clusters {consultation}.")


def clusters(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    theme: Annotated[
        str,
        typer.Option("--theme", metavar="ID", help=f"Its clusters; {EVERY}: those of all themes."),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the clusters of a consultation: proposals by what they are about.

    First the themes that its clusters are joined to, the largest first; with --theme the clusters
    of one: label, words, size, ballots, agreement with its interval, how far its proposals lie
    apart, the most agreed and the most opposed one. Before the 25th proposal there are no themes,
    and the clusters are shown at once.
    """
    views = clickhouse()
    try:
        with about(views, consultation):
            found = read_clusters(views, consultation, limit, theme)
    except NoClustersError:
        if not watch or as_json:
            raise
        found = ClusterList(consultation, theme=theme)
    if as_json:
        print_json(asdict(found))
    elif watch:
        from pipelines.cli.screen import follow

        follow(_pictures(views, found, limit), console.screen)
    else:
        console.print(draw(found, limit))


def read_clusters(
    clickhouse: "Client", consultation: str, limit: int, theme: str = ""
) -> ClusterList:
    """Read the themes, and the clusters of one theme or of all, the largest first.

    Raises:
        NoClustersError: None of its proposals is in a cluster.
        NoThemeError: It has no such theme.
    """
    only = "" if theme == EVERY else theme
    known = {"consultation": consultation, "limit": limit, "theme": only}
    sizes = clickhouse.query(
        "SELECT clusters, proposals, model FROM marts.cluster_progress"
        " WHERE active AND consultation_id = {consultation:String}",
        parameters=known,
    ).result_rows
    if not sizes:
        raise NoClustersError(consultation)
    themes = clickhouse.query(
        f"SELECT {', '.join(THEME_COLUMNS)} FROM marts.themes"
        " WHERE consultation_id = {consultation:String} ORDER BY size DESC, theme_id",
        parameters=known,
    )
    listed = list(themes.named_results())
    if only and all(row["theme_id"] != only for row in listed):
        raise NoThemeError(consultation, only)
    found = clickhouse.query(
        f"SELECT {', '.join(COLUMNS)}, as_of FROM marts.cluster_leaderboard"
        " WHERE consultation_id = {consultation:String}"
        " AND ({theme:String} = '' OR theme_id = {theme:String})"
        " ORDER BY size DESC, ballots DESC, cluster_id LIMIT {limit:UInt32}",
        parameters=known,
    )
    rows = list(found.named_results())
    as_of = [row.pop("as_of") for row in rows]
    clusters, proposals, model = sizes[0]
    newest = as_of[0] if as_of else None
    return ClusterList(consultation, clusters, proposals, model, newest, rows, listed, theme)


def draw(found: ClusterList, limit: int) -> "Sheet":
    """The themes, unless there are none or the clusters of one are asked for."""
    return draw_themes(found, limit) if found.themes and not found.theme else draw_clusters(found)


def draw_themes(found: ClusterList, limit: int) -> "Sheet":
    """The largest themes as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("theme"),
        Column("what its proposals say", subject=True),
        Column("proposals", 1, right=True),
        Column("clusters", 2, right=True),
        Column("alone", 4, right=True),
        Column("languages", 3),
    ]
    title = f"themes of {found.consultation_id}: {number_of(found.proposals, 'proposal')}"
    return Sheet(
        f"{title} in {number_of(len(found.themes), 'theme')}",
        columns,
        (
            [
                row["theme_id"],
                row["label"],
                f"{row['size']:,}",
                f"{row['clusters']:,}",
                f"{row['alone']:,}",
                " ".join(row["languages"]),
            ]
            for row in found.themes[:limit]
        ),
        f"tutti clusters {found.consultation_id} --theme ID opens one,"
        f" --theme {EVERY} shows the clusters of all",
    )


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
    named = next((row for row in found.themes if row["theme_id"] == found.theme), None)
    of = f"{found.consultation_id}, theme {found.theme}" if named else found.consultation_id
    proposals, number = (
        (named["size"], named["clusters"]) if named else (found.proposals, found.clusters)
    )
    return Sheet(
        f"clusters of {of}: {number_of(proposals, 'proposal')} in {number_of(number, 'cluster')}",
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
        yield draw(found, limit)
        time.sleep(REFRESH_S)
        try:
            found = read_clusters(views, found.consultation_id, limit, found.theme)
        except NoClustersError:
            found = ClusterList(found.consultation_id, theme=found.theme)
        except NoThemeError:  # its clusters are in other themes now
            found = replace(found, theme=EVERY)

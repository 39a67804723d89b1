"""``tutti groups``: a consultation's opinion groups, and what they agree on."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from operators.core.errors import TerminalError
from pipelines.cli.output import AsJson, console, print_json, table

_RUN: Final = (
    "verdict", "groups_significant", "k", "silhouette", "noise_silhouette", "grouped",
    "participants",
    "proposals", "ballots", "method", "as_of",
)  # fmt: skip
_TEXT: Final = "LEFT JOIN marts.proposals AS proposals USING (consultation_id, proposal_id)"
_OF: Final = "WHERE consultation_id = {consultation:String}"


@dataclass(frozen=True, slots=True)
class GroupsReport:
    """What is printed.

    Attributes:
        consultation_id: The consultation.
        run: Of `marts.opinion_groups`, what is the same for all groups.
        groups: Each with its size.
        representatives: The proposals that speak for each group.
        consensus: The proposals with most group-informed consensus.
    """

    consultation_id: str
    run: dict[str, Any]
    groups: list[dict[str, Any]]
    representatives: list[dict[str, Any]]
    consensus: list[dict[str, Any]]


def groups(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Rows of consensus.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show who votes alike, what each group stands for, and what all agree on."""
    try:
        shown = read_groups(connect(Settings()), consultation, limit)
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None
    if as_json:
        print_json(asdict(shown))
    else:
        _draw(shown)


def read_groups(clickhouse: Client, consultation: str, limit: int) -> GroupsReport:
    """Read the newest run.

    Raises:
        TerminalError: There is none.
    """

    def rows(sql: str) -> list[dict[str, Any]]:
        known = {"consultation": consultation, "limit": limit}
        return list(clickhouse.query(sql, parameters=known).named_results())

    found = rows(
        f"SELECT group, size, {', '.join(_RUN)} FROM marts.opinion_groups {_OF} ORDER BY group"
    )
    if not found:
        raise TerminalError(
            f"There are no groups of {consultation}: it has no votes, or they came a moment ago;"
            " see tutti status."
        )
    return GroupsReport(
        consultation,
        {name: found[0][name] for name in _RUN},
        [{name: row[name] for name in ("group", "size")} for row in found if row["k"]],
        rows(
            "SELECT group, rank, proposal_id, text, side, count, votes, repness, repness_test,"
            f" significant FROM marts.group_representatives {_TEXT} {_OF} ORDER BY group, rank"
        ),
        rows(
            "SELECT proposal_id, text, gic, gic_low, gic_high, gic_geomean, bridging, group_spread"
            f" FROM marts.group_consensus {_TEXT} {_OF} AND gic IS NOT NULL"
            " AND proposals.status != 'refused'"
            " ORDER BY gic DESC, proposal_id LIMIT {limit:UInt32}"
        ),
    )


def _draw(shown: GroupsReport) -> None:
    run = shown.run
    console.print(f"[bold]{shown.consultation_id}: {run['verdict']}[/]", highlight=False)
    console.print(_said(run), highlight=False)
    if not shown.groups:
        return
    if not run["groups_significant"]:
        console.print("What follows may be chance.", style="yellow")
    console.print(
        table("groups", ("group", "people"), [(g["group"], g["size"]) for g in shown.groups])
    )
    console.print(
        table(
            "what each group stands for",
            ("group", "", "ballots", "against others", "proposal"),
            [
                (
                    row["group"],
                    f"{row['side']}s" if row["significant"] else f"{row['side']}s, if anything",
                    f"{row['count']} of {row['votes']}",
                    f"{row['repness']:.1f} x",
                    _line(row),
                )
                for row in shown.representatives
            ],
        )
    )
    console.print(
        table(
            "what all groups agree on",
            ("consensus", "95 % interval", "bridging", "spread", "proposal"),
            [
                (
                    f"{row['gic']:.2f}",
                    f"{row['gic_low']:.2f} – {row['gic_high']:.2f}",
                    f"{row['bridging']:.2f}",
                    f"{row['group_spread']:.2f}",
                    _line(row),
                )
                for row in shown.consensus
            ],
        )
    )


def _said(run: dict[str, Any]) -> str:
    as_of: datetime = run["as_of"]
    noise = run["noise_silhouette"]
    parts = [
        f"{run['grouped']:,} of {run['participants']:,} people grouped",
        f"{run['ballots']:,} ballots on {run['proposals']:,} proposals",
        f"silhouette {run['silhouette']:.2f}"
        + ("" if noise is None else f", noise reaches {noise:.2f}"),
        f"as of {as_of:%Y-%m-%d %H:%M:%S} UTC",
    ]
    return " · ".join(parts)


def _line(row: dict[str, Any]) -> str:
    """Text of the public on one line, without its markup; the id where there is none."""
    return escape(" ".join((row["text"] or row["proposal_id"]).split()))

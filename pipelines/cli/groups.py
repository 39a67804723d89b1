"""``tutti groups``: a consultation's opinion groups, and what they agree on."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators.core.errors import TerminalError
from operators.core.wording import number_of
from pipelines.cli.consultations import about
from pipelines.cli.installation import clickhouse
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from infra.clickhouse.groups_report import GroupsReport
    from pipelines.cli.screen import Sheet


def groups(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Rows of consensus.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show who votes alike, what each group stands for, and what all agree on."""
    views = clickhouse()
    from infra.clickhouse.groups_report import read_groups

    with about(views, consultation):
        shown = read_groups(views, consultation, limit)
        if shown is None:
            raise TerminalError(
                f"There are no groups of {consultation}: it has no votes, or they came a moment"
                " ago; see tutti status."
            )
    if as_json:
        print_json(asdict(shown))
    else:
        _print(shown)


def _print(shown: "GroupsReport") -> None:
    run = shown.run
    console.print(f"{shown.consultation_id}: {run['verdict']}", style="bold")
    console.print(run["explanation"])
    for line in _verdict_lines(run):
        console.print(line)
    if not run["groups_significant"] and shown.groups:
        console.print("What follows may be chance.", style="yellow")
    sheets = draw_groups(shown) if shown.groups else []
    for sheet in [*sheets, *_draw_countries(shown.countries)]:
        console.print("")
        console.print(sheet)


def draw_groups(shown: "GroupsReport") -> list["Sheet"]:
    """What each group stands for, and what all agree on."""
    from pipelines.cli.screen import Column, Sheet

    sizes = {group["group"]: group["size"] for group in shown.groups}
    return [
        Sheet(
            f"what each of {number_of(len(sizes), 'group')} stands for",
            [
                Column("group"),
                Column("people", 3, right=True),
                Column("side", 1),
                Column("ballots", 2),
                Column("against others", 4, right=True),
                Column("id", 5),
                Column("proposal", subject=True),
            ],
            [
                [
                    str(row["group"]),
                    f"{sizes.get(row['group'], 0):,}",
                    f"{row['side']}s" if row["significant"] else f"{row['side']}s?",
                    f"{row['count']:,} of {row['votes']:,}",
                    f"{row['repness']:.1f} x",
                    row["proposal_id"],
                    row["text"] or row["proposal_id"],
                ]
                for row in shown.representatives
            ],
            ""
            if all(row["significant"] for row in shown.representatives)
            else "? not significant: the best there is",
        ),
        Sheet(
            "what all groups agree on",
            [
                Column("consensus", right=True),
                Column("95 % interval", 1),
                Column("bridging", 2, right=True),
                Column("spread", 3, right=True),
                Column("id", 4),
                Column("proposal", subject=True),
            ],
            [
                [
                    f"{row['gic']:.2f}",
                    f"{row['gic_low']:.2f} – {row['gic_high']:.2f}",
                    f"{row['bridging']:.2f}",
                    f"{row['group_spread']:.2f}",
                    row["proposal_id"],
                    row["text"] or row["proposal_id"],
                ]
                for row in shown.consensus
            ],
        ),
    ]


def _draw_countries(countries: list[dict[str, Any]]) -> list["Sheet"]:
    from pipelines.cli.screen import Column, Sheet

    if not countries:
        return []
    return [
        Sheet(
            "groups of each country, by its own ballots",
            [
                Column("country"),
                Column("people", 1, right=True),
                Column("groups", 2),
                Column("verdict", subject=True),
            ],
            [
                [
                    row["country"],
                    f"{row['grouped']:,}",
                    " + ".join(f"{size / row['grouped']:.0%}" for size in row["sizes"]),
                    row["verdict"],
                ]
                for row in countries
            ],
        )
    ]


def _verdict_lines(run: dict[str, Any]) -> tuple[str, str]:
    as_of: datetime = run["as_of"]
    people = number_of(run["participants"], "person", "people")
    ballots = number_of(run["ballots"], "ballot")
    proposals = number_of(run["proposals"], "proposal")
    drawn = (
        f" · drawn from {run['eligible']:,} who voted enough: shares are right to"
        f" {100 * run['share_error']:.1f} percentage points"
        if run["share_error"]
        else ""
    )
    noise = run["noise_share"]
    return (
        f"{run['grouped']:,} of {people} grouped · {ballots} on {proposals}{drawn}",
        f"the first line holds {run['first_share']:.1%} of all differences"
        + ("" if noise is None else f", chance reaches {noise:.1%}")
        + f" · gap {run['gap']:.1%} · as of {as_of:%Y-%m-%d %H:%M:%S} UTC",
    )

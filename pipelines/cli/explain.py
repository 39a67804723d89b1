"""``tutti explain``: why a proposal stands where it stands."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from operators.core.scores import makeorg
from operators.core.votes.tally import COUNTERS
from pipelines.cli.moments import At, past_moment
from pipelines.cli.output import AsJson, console, print_json, table
from pipelines.verify.explain import Explanation
from pipelines.verify.explain import explain as explain_proposal


def explain(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    proposal: Annotated[str, typer.Argument(help="Its proposal_id.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show counts, intervals, every part of each score, and SQL that recomputes them."""
    try:
        clickhouse = connect(Settings())
        moment = past_moment(at, clickhouse) if at else None
        found = explain_proposal(clickhouse, consultation, proposal, moment)
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: Explanation) -> None:
    number = found.numbers
    when = f"{found.shown_at:%Y-%m-%d %H:%M} UTC" if found.shown_at else "now"
    as_of = f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC" if found.as_of else "no cut yet"
    console.print(Text(" ".join(found.text.split()) or found.proposal_id, "bold"))
    console.print(
        f"{found.consultation_id}/{found.proposal_id} · {found.status or 'not known'} · {when},"
        f" votes as of {as_of}",
        highlight=False,
    )
    ranks = ", ".join(f"{name} {place or '–'}" for name, place in found.ranks.items())
    console.print(ranks or "on no board", highlight=False)
    series = found.counts
    console.print(
        table(
            "ballots",
            ["", *series],
            ([name, *(counts[name] for counts in series.values())] for name in COUNTERS),
        ),
        table(
            "countries (trusted ballots; weight, informs and rate as the consensus takes them)",
            ["country", "votes", "agree", "rate", "95 % interval", "votes_all", "agree_all",
             "weight", "informs", "consensus rate"],
            (_country(row) for row in found.countries),
        ),
        table(
            "scores",
            ["", "value", "low", "high"],
            [
                ["agree", *(_shown(number[f"agree_{end}"]) for end in ("rate", "low", "high"))],
                *(
                    [name, *(_shown(number[f"{name}{end}"]) for end in ("", "_low", "_high"))]
                    for name in (*makeorg.SCORES, "consensus")
                ),
                *(
                    [name, _shown(number[name]), "", ""]
                    for name in ("prior", "coverage", "weakest_country", "divisiveness",
                                 "country_spread", "zone", "zone_confident")
                ),
            ],
        ),
        table(
            "parts of Make.org's scores",
            ["", "score", "half-width", *makeorg.TERMS],
            (
                [
                    key,
                    _shown(number[f"{key}_score"]),
                    _shown(number[f"{key}_half"]),
                    *("+" if key in plus else "-" if key in minus else ""
                      for plus, minus in makeorg.TERMS.values()),
                ]
                for key in makeorg.KEYS
            ),
        ),
        table("methods", ["", "name and version"], found.methods.items()),
    )  # fmt: skip
    console.print("the same by SQL, for tutti query:")
    typer.echo(found.sql)


def _country(row: dict[str, Any]) -> list[Any]:
    interval = f"{row['agree_low']:.1%} – {row['agree_high']:.1%}"
    rates = [_shown(row[name]) for name in ("weight", "informs", "rate")]
    counts = [row["country"], row["votes"], row["agree"], _shown(row["agree_rate"]), interval]
    return [*counts, row["votes_all"], row["agree_all"], *rates]


def _shown(value: Any) -> Any:
    return f"{value:.4f}" if isinstance(value, float) else value

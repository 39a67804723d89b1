"""``tutti explain``: why a proposal stands where it stands."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.printable import one_line
from operators.core.wording import number_of
from pipelines.cli.consultations import about
from pipelines.cli.installation import clickhouse
from pipelines.cli.moments import At, past_moment
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from pipelines.cli.screen import Cell, Sheet
    from pipelines.verify.explain import Explanation

COUNTRIES: Final = 3
"""Countries shown unless every one is asked for."""
TEXT_LINES: Final = 2
"""Lines of the screen that the proposal's text may take."""
SINGLE: Final = ("coverage", "weakest_country", "divisiveness", "zone_confident")
MORE: Final = ("prior", "country_spread", "zone")
"""Numbers without an interval; the second ones only where everything is asked for."""


def explain(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    proposal: Annotated[str, typer.Argument(help="Its proposal_id.")],
    at: At = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also every country, part of a score, and method.")
    ] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Only the SQL that recomputes it, for tutti query.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the counts, ranks and scores of a proposal, or SQL that recomputes them."""
    views = clickhouse()
    from pipelines.verify.explain import explain as explain_proposal

    moment = past_moment(at, views) if at else None
    with about(views, consultation):
        ranked = as_json or not sql
        found = explain_proposal(views, consultation, proposal, moment, ranked=ranked)
    if as_json:
        print_json(asdict(found))
    elif sql:
        typer.echo(found.sql)
    else:
        for drawn in draw_explanation(found, everything=everything):
            console.print(drawn)


def draw_explanation(found: "Explanation", *, everything: bool) -> Iterator["RenderableType"]:
    """One screen of 80 columns and 24 lines, or everything."""
    from rich.text import Text

    yield _text(found, everything=everything)
    when = f"at {found.shown_at:%Y-%m-%d %H:%M} UTC" if found.shown_at else "now"
    as_of = f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC" if found.as_of else "no cut yet"
    name = one_line(f"{found.consultation_id}/{found.proposal_id}")
    yield Text(f"{name} · {found.status or 'not known'} · {when}, votes as of {as_of}", "dim")
    ranks = " · ".join(f"{rank} {place or '–'}" for rank, place in found.ranks.items())
    yield Text(ranks or "on no board")
    yield _ballots(found, everything=everything)
    yield Text("")
    yield _scores(found)
    single = (*SINGLE, *MORE) if everything else SINGLE
    named = [f"{name.removesuffix('_country')} {_shown(found.numbers[name])}" for name in single]
    yield Text(" · ".join(named))
    yield Text("")
    yield _countries(found, len(found.countries) if everything else COUNTRIES)
    if everything:
        yield Text("")
        yield _parts(found)
        yield Text("")
        yield Text("\n".join(f"{score}: {method}" for score, method in found.methods.items()))
    else:
        hidden = len(found.countries) - COUNTRIES
        more = f"{number_of(hidden, 'more country', 'more countries')} and " if hidden > 0 else ""
        yield Text(f"{more}every part of the scores: --all; the same by SQL: --sql", "dim")


def _text(found: "Explanation", *, everything: bool) -> "Text":
    """The proposal's text, on few lines unless everything is asked for."""
    from rich.text import Text

    from pipelines.cli.screen import screen

    text = Text(one_line(found.text) or one_line(found.proposal_id), "bold")
    if not everything:
        room = screen().width * TEXT_LINES - TEXT_LINES * max(0, TEXT_LINES - 1) * 8
        text.truncate(room, overflow="ellipsis")
    return text


def _ballots(found: "Explanation", *, everything: bool) -> "Sheet":
    from operators.core.votes.tally import COUNTED_CHOICES, QUALIFICATION_COLUMNS
    from pipelines.cli.screen import Column, Sheet

    series = found.counts
    if everything:
        columns = [Column("ballots"), *(Column(name, right=True) for name in series)]
        names = (*COUNTED_CHOICES, *QUALIFICATION_COLUMNS)
        rows = [[name, *(f"{counts[name]:,}" for counts in series.values())] for name in names]
        return Sheet("", columns, rows, ruled=False)
    columns = [Column("ballots"), *(Column(name, right=True) for name in COUNTED_CHOICES)]
    columns.append(Column("with a qualification", right=True))
    return Sheet(
        "",
        columns,
        [
            [
                name,
                *(f"{counts[choice]:,}" for choice in COUNTED_CHOICES),
                f"{sum(counts[column] for column in QUALIFICATION_COLUMNS):,}",
            ]
            for name, counts in series.items()
        ],
        ruled=False,
    )


def _scores(found: "Explanation") -> "Sheet":
    from operators.core.scores import makeorg
    from pipelines.cli.screen import Column, Sheet

    number = found.numbers
    rows = [
        ["agree", *(_shown(number[f"agree_{end}"]) for end in ("rate", "low", "high"))],
        *(
            [name, *(_shown(number[f"{name}{end}"]) for end in ("", "_low", "_high"))]
            for name in (*makeorg.SCORES, "consensus")
        ),
    ]
    ends = [Column(end, right=True) for end in ("value", "low", "high")]
    return Sheet("", [Column("score"), *ends], rows, ruled=False)


def _countries(found: "Explanation", limit: int) -> "Sheet":
    from pipelines.cli.screen import Column, Sheet

    listed = sorted(found.countries, key=lambda row: (-row["votes_all"], row["country"]))
    columns = [
        Column("country"),
        Column("votes", right=True),
        Column("agree", 1, right=True),
        Column("rate", right=True),
        Column("95 % interval", 2),
        Column("votes_all", 6, right=True),
        Column("agree_all", 7, right=True),
        Column("weight", 3, right=True),
        Column("informs", 4, right=True),
        Column("consensus rate", 5, right=True),
    ]
    return Sheet("", columns, map(_country, listed[:limit]), ruled=False)


def _country(row: dict[str, Any]) -> list["Cell"]:
    counts = [f"{row[name]:,}" for name in ("votes_all", "agree_all")]
    return [
        row["country"],
        f"{row['votes']:,}",
        f"{row['agree']:,}",
        _shown(row["agree_rate"]),
        f"{row['agree_low']:.1%} – {row['agree_high']:.1%}",
        *counts,
        *(_shown(row[name]) for name in ("weight", "informs", "rate")),
    ]


def _parts(found: "Explanation") -> "Sheet":
    """Of Make.org's scores: what each adds or subtracts."""
    from operators.core.scores import makeorg
    from pipelines.cli.screen import Column, Sheet

    ends = [Column("score", right=True), Column("half-width", right=True)]
    rows = [
        [
            key,
            _shown(found.numbers[f"{key}_score"]),
            _shown(found.numbers[f"{key}_half"]),
            *(
                "+" if key in plus else "-" if key in minus else ""
                for plus, minus in makeorg.TERMS.values()
            ),
        ]
        for key in makeorg.KEYS
    ]
    columns = [Column("part"), *ends, *(Column(name) for name in makeorg.TERMS)]
    return Sheet("", columns, rows, ruled=False)


def _shown(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "–" if value is None else str(value)

"""Shapes as numbers: what the templates put into SVG. Nothing of a stranger's text is in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from textwrap import wrap
from typing import Final

from infra.clickhouse.open_boards import Added, PublicCountry
from operators.core.scores.agreement import agreement

FEW: Final = 30
"""A country with fewer ballots is drawn as uncertain."""

TILES: Final = {
    "IS": (0, 0), "NO": (4, 0), "SE": (5, 0), "FI": (6, 0),
    "EE": (6, 1), "IE": (0, 2), "GB": (1, 2), "DK": (4, 1), "LV": (6, 2), "LT": (6, 3),
    "NL": (2, 3), "BE": (2, 4), "LU": (2, 5), "DE": (3, 3), "PL": (5, 3), "CZ": (4, 4),
    "SK": (5, 4), "UA": (6, 4), "FR": (1, 5), "CH": (3, 5), "AT": (4, 5), "HU": (5, 5),
    "RO": (6, 5), "MD": (7, 5), "PT": (0, 6), "ES": (1, 6), "IT": (3, 6), "SI": (4, 6),
    "HR": (5, 6), "RS": (6, 6), "BG": (7, 6), "BA": (5, 7), "ME": (6, 7), "MK": (7, 7),
    "AL": (6, 8), "GR": (7, 8), "MT": (3, 8), "CY": (8, 8), "TR": (8, 7),
}  # fmt: skip
"""Country → column and row of its tile: neighbours lie side by side, areas say nothing."""
SHADES: Final = 5


def per_cent(share: float) -> str:
    """A coordinate: a share as SVG writes it.

    >>> per_cent(0.83561)
    '83.56%'
    """
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"


@dataclass(frozen=True, slots=True)
class Bar:
    """How ballots divide, as coordinates from the left.

    Attributes:
        agree: Width of those that agree.
        neutral_at: Where those that are neutral begin.
        neutral: Their width.
        disagree_at: Where those that disagree begin.
        disagree: Their width.
        low: Lower bound of agreement.
        high: Upper bound of agreement.
    """

    agree: str
    neutral_at: str
    neutral: str
    disagree_at: str
    disagree: str
    low: str
    high: str


def bar(agree: int, neutral: int, disagree: int, low: float, high: float) -> Bar | None:
    """A bar; None without ballots."""
    votes = agree + neutral + disagree
    if votes <= 0:
        return None
    a, n = agree / votes, neutral / votes
    return Bar(
        per_cent(a),
        per_cent(a),
        per_cent(n),
        per_cent(a + n),
        per_cent(1 - a - n),
        per_cent(low),
        per_cent(high),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """Agreement at one moment, over all ballots published until then."""

    when: datetime
    votes: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """Agreement over time, in a square of 1000 by 100 units.

    Attributes:
        moments: What is drawn, oldest first.
        rate: Points of the line.
        band: Outline of the interval.
    """

    moments: list[Moment]
    rate: str
    band: str


def line(history: Sequence[Added], until: datetime | None = None) -> Line | None:
    """Agreement over time; None if there is less than two moments to draw.

    Args:
        history: What was added, oldest first.
        until: Leave out what was published later.
    """
    published = [added for added in history if until is None or added.until <= until]
    sums = zip(
        accumulate(added.agree for added in published),
        accumulate(added.votes for added in published),
        strict=True,
    )
    moments = []
    for added, (agree, votes) in zip(published, sums, strict=True):
        if votes > 0 and 0 <= agree <= votes:
            found = agreement(agree, votes)
            moments.append(Moment(added.until, votes, found.rate or 0.0, found.low, found.high))
    if len(moments) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first, last = moments[0].when.timestamp(), moments[-1].when.timestamp()
    xs = [1000 * (each.when.timestamp() - first) / max(1.0, last - first) for each in moments]
    lows = [_point(x, each.low) for x, each in zip(xs, moments, strict=True)]
    highs = [_point(x, each.high) for x, each in zip(xs, moments, strict=True)]
    rates = [_point(x, each.rate) for x, each in zip(xs, moments, strict=True)]
    return Line(moments, " ".join(rates), " ".join([*highs, *reversed(lows)]))


def _point(x: float, share: float) -> str:
    return f"{x:.1f},{100 * (1 - share):.2f}"


@dataclass(frozen=True, slots=True)
class Tile:
    """A country on the map of tiles."""

    country: str
    x: int
    y: int
    shade: int
    uncertain: bool
    rate: float


def tiles(countries: Sequence[PublicCountry]) -> list[Tile]:
    """The countries that have a place on the map and published ballots."""
    return [
        Tile(
            row.country,
            *TILES[row.country],
            shade=min(SHADES - 1, int(row.agree_rate * SHADES)),
            uncertain=row.votes < FEW,
            rate=row.agree_rate,
        )
        for row in countries
        if row.country in TILES and row.agree_rate is not None
    ]


def wrapped(text: str, width: int = 44, most: int = 5) -> list[str]:
    """A text in lines of a picture; what does not fit ends in an ellipsis."""
    return wrap(text, width, max_lines=most, placeholder=" …") or [""]

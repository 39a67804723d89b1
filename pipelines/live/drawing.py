"""Shapes as numbers: what the templates put into SVG. Nothing of a stranger's text is in here."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import accumulate
from textwrap import wrap
from typing import Any, Final, cast

from infra.clickhouse.open_boards import Added, PublicCountry
from operators.core.scores.agreement import agreement

FEW: Final = 30
"""A country with fewer ballots is drawn as uncertain."""

SHADES: Final = 5
SMALL: Final = 200
"""Square units of the map: a smaller country has a mark."""


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
class Shape:
    """A country on the map.

    Attributes:
        country: Its code.
        path: Its outline, as SVG writes it.
        x: Where its label stands.
        y: The same.
        small: A mark is needed to see it.
        shade: 0 to 4, the fifth of agreement; None: no published ballots, or only a neighbour.
        uncertain: It has fewer than `FEW` ballots.
        rate: Its agreement.
    """

    country: str
    path: str
    x: int
    y: int
    small: bool
    shade: int | None
    uncertain: bool
    rate: float | None


@cache
def europe() -> dict[str, Any]:
    """The outlines: `docs/generate/map_of_europe.py` says where they are from."""
    content = files("pipelines.live").joinpath("europe.json").read_bytes()
    return cast("dict[str, Any]", json.loads(content))


def shapes(countries: Sequence[PublicCountry]) -> list[Shape]:
    """The map of Europe, with the agreement of those countries that have published ballots.

    Empty if none of them lies on it.
    """
    rows = {row.country: row for row in countries if row.agree_rate is not None}
    found = []
    for code, drawn in europe()["countries"].items():
        row = rows.get(code) if "x" in drawn else None
        rate = row.agree_rate if row else None
        found.append(
            Shape(
                code,
                drawn["path"],
                drawn.get("x", 0),
                drawn.get("y", 0),
                small=drawn["area"] < SMALL,
                shade=None if rate is None else min(SHADES - 1, int(rate * SHADES)),
                uncertain=row is not None and row.votes < FEW,
                rate=rate,
            )
        )
    return found if any(shape.shade is not None for shape in found) else []


def written(text: str) -> str:
    r"""A text as XML allows it: without characters that no document may hold.

    >>> written("a\x0b\ufffeb")
    'a  b'
    """
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Cn"} else c for c in text)


def right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is one of a script written from the right.

    >>> right_to_left("1. \u05e9\u05dc\u05d5\u05dd"), right_to_left("1. peace")
    (True, False)
    """
    strong = (unicodedata.bidirectional(c) for c in text)
    return next((kind != "L" for kind in strong if kind in {"L", "R", "AL"}), False)


def wrapped(text: str, width: int = 44, most: int = 5) -> list[str]:
    """A text in lines of a picture; what does not fit ends in an ellipsis."""
    return wrap(written(text), width, max_lines=most, placeholder=" …") or [""]

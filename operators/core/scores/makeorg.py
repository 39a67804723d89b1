"""Make.org's scores of a proposal, from its votes and qualifications.

Source: the proposal scorer of Make.org's open-source consultation platform, as of 2022. Each count
becomes a rate that starts at a small value, once over all trusted ballots and once over those
cast in a sequence (a deck in random order, which nobody chose to vote on); a score adds and
subtracts the means of the two. The uncertainty is Make.org's half-width and not a 95 % interval,
because its variance takes the rates as independent: where most votes are qualified, that of
`top_score` covered 81 to 89 % in simulations; where few are, up to 96 %.

`scores` and the SQL below are one formula twice; a test holds them equal to 1e-9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

METHOD: Final = "makeorg-scores/2022/1"
"""Name and version, published beside the numbers."""

CHOICES: Final = ("agree", "disagree", "neutral")
KEYS: Final = (
    *CHOICES, "like_it", "doable", "no_way", "impossible", "platitude_agree", "platitude_disagree",
)  # fmt: skip
"""The counts that the scores read; those of neutral's qualifications do not enter."""

TERMS: Final = {
    "top_score": (
        ("agree", "like_it", "doable"),
        ("no_way", "impossible", "platitude_agree", "platitude_disagree"),
    ),
    "rejection": (
        ("disagree", "no_way", "impossible"),
        ("like_it", "doable", "platitude_agree", "platitude_disagree"),
    ),
    "engagement": (
        ("like_it", "doable"),
        ("no_way", "impossible", "platitude_agree", "platitude_disagree"),
    ),
}
"""What each score adds, and what it subtracts."""

SCORES: Final = ("top_score", "controversy", "rejection", "engagement")

_START: Final = {key: 0.33 if key in CHOICES else 0.01 for key in KEYS}
_TRUSTED_SHARE: Final = 0.5
_HALF_WIDTH_BALLOTS: Final = 4
"""Ballots that are added, half of them in favour, as Agresti and Coull do."""


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its half-width, one element per proposal."""

    value: Floats
    half: Floats

    def __add__(self, other: Self) -> "Score":
        """Add values; half-widths add as if they were independent."""
        return Score(self.value + other.value, np.hypot(self.half, other.half))

    def __sub__(self, other: Self) -> "Score":
        """Subtract values; half-widths add here too."""
        return Score(self.value - other.value, np.hypot(self.half, other.half))


def scores(trusted: Mapping[str, ArrayLike], sequence: Mapping[str, ArrayLike]) -> dict[str, Score]:
    """The rate of each of `KEYS`, and each of `SCORES`.

    Args:
        trusted: Counts of ballots whose trust is not troll, by key; absent ones are 0. All
            values have one shape, and so have the results.
        sequence: The same of the ballots whose trust is sequence or segment. Where it holds no
            ballot at all, the trusted ones stand in for it.

    >>> found = scores({"agree": 85, "disagree": 6, "neutral": 24}, {"agree": 83, "neutral": 24})
    >>> round(float(found["agree"].value), 3), round(float(found["agree"].half), 3)
    (0.754, 0.081)
    """
    ballots = [np.asarray(trusted.get(key, 0), dtype=np.float64) for key in KEYS]
    cast = [np.asarray(sequence.get(key, 0), dtype=np.float64) for key in KEYS]
    any_cast = _votes(cast) > 0
    cast = [np.where(any_cast, c, v) for c, v in zip(cast, ballots, strict=True)]
    n_v, n_c = _votes(ballots), _votes(cast)
    found = {
        key: _score(v, c, n_v, n_c, _START[key])
        for key, v, c in zip(KEYS, ballots, cast, strict=True)
    }
    for name, (plus, minus) in TERMS.items():
        found[name] = reduce(add, (found[key] for key in plus))
        for key in minus:
            found[name] -= found[key]
    found["controversy"] = _least(found["agree"], found["disagree"]) + _least(
        found["like_it"], found["no_way"]
    )
    return found


def _votes(counts: list[Floats]) -> Floats:
    agree, disagree, neutral = counts[: len(CHOICES)]
    return agree + disagree + neutral


def _score(v: Floats, c: Floats, n_v: Floats, n_c: Floats, start: float) -> Score:
    rate = np.minimum((c + start) / (1 + n_c), 1)
    value = _TRUSTED_SHARE * np.minimum((v + start) / (1 + n_v), 1) + (1 - _TRUSTED_SHARE) * rate
    n = n_c + _HALF_WIDTH_BALLOTS
    p = (n_c * rate + _HALF_WIDTH_BALLOTS / 2) / n
    return Score(value, 2 * np.sqrt(p * (1 - p) / n))


def _least(a: Score, b: Score) -> Score:
    return Score(np.minimum(a.value, b.value), np.maximum(a.half, b.half))


_RATE = "least(({count} + {start}) / (1 + {total}), 1)"
_CAST = "if(counts.sequence_votes = 0, counts.{key}, counts.sequence_{key})"


def _parts() -> dict[str, str]:
    n = _CAST.format(key="votes")
    found = {}
    for key in KEYS:
        trusted = _RATE.format(count=f"counts.{key}", start=_START[key], total="counts.votes")
        cast = _RATE.format(count=_CAST.format(key=key), start=_START[key], total=n)
        p = f"({n} * {cast} + {_HALF_WIDTH_BALLOTS / 2}) / ({n} + {_HALF_WIDTH_BALLOTS})"
        found[f"{key}_score"] = f"{_TRUSTED_SHARE} * {trusted} + {1 - _TRUSTED_SHARE} * {cast}"
        found[f"{key}_half"] = f"2 * sqrt({p} * (1 - {p}) / ({n} + {_HALF_WIDTH_BALLOTS}))"
    return found


def _half(*halves: str) -> str:
    return f"sqrt({' + '.join(f'pow({half}, 2)' for half in halves)})"


def _sums() -> dict[str, str]:
    found = {
        "controversy": "least(agree_score, disagree_score) + least(like_it_score, no_way_score)",
        "controversy_half": _half(
            "greatest(agree_half, disagree_half)", "greatest(like_it_half, no_way_half)"
        ),
    }
    for name, (plus, minus) in TERMS.items():
        found[name] = " + ".join(f"{key}_score" for key in plus) + "".join(
            f" - {key}_score" for key in minus
        )
        found[f"{name}_half"] = _half(*(f"{key}_half" for key in plus + minus))
    return found


PARTS_SQL: Final = ", ".join(f"{text} AS {name}" for name, text in _parts().items())
"""ClickHouse columns ``…_score`` and ``…_half`` of each key, from the table ``counts`` with the
columns ``votes``, ``sequence_votes``, and each key as ``key`` and ``sequence_key``."""

SQL: Final = _sums()
"""ClickHouse expressions of the scores and their halves, over those columns."""

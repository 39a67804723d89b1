"""What the demo's participants think: the chance of each choice by country and current of opinion.

The log odds of agreement, among those who take a side, are a sum of four terms: the idea's own,
the country's (drawn once per question, so that opposite ideas divide the same countries the other
way round), the current's, and a little for the wording of the proposal.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.corpus import Idea

CURRENTS = 2
_CURRENT_EFFECT_LOG_ODDS = 1.1
_WORDING_SPREAD_LOG_ODDS = 0.25
# A troll is against nearly everything, whatever the others think.
_TROLL_AGREES = 0.08
_TROLL_IS_NEUTRAL = 0.02

Cuts = list[list[tuple[float, float]]]
"""Per profile and proposal: below the first number agree, below the second disagree."""


def profile(country: int, current: int) -> int:
    """Return the row of `choice_cuts` for a country's index and a current of opinion."""
    return country * CURRENTS + current


def choice_cuts(ideas: Sequence[Idea], countries: int, rng: np.random.Generator) -> Cuts:
    """Return where a uniform draw is cut into agree, disagree and neutral.

    Args:
        ideas: The idea of each proposal.
        countries: How many countries there are; one more row pair is for an unknown country.
        rng: The source of the countries' and the wordings' differences.

    Returns:
        One row per `profile`, then a last one for trolls.
    """
    axes = list(dict.fromkeys(idea.axis for idea in ideas))
    by_axis = rng.standard_normal((len(axes), countries))
    by_axis = np.column_stack([by_axis, np.zeros(len(axes))])
    taste = by_axis[[axes.index(idea.axis) for idea in ideas]].T

    agree = _column(ideas, "agree")
    neutral = _column(ideas, "neutral")
    own = np.log(agree / (1 - agree)) + _WORDING_SPREAD_LOG_ODDS * rng.standard_normal(len(ideas))
    national = taste * _column(ideas, "divides") * _column(ideas, "side")
    current = np.array([[1.0], [-1.0]]) * _CURRENT_EFFECT_LOG_ODDS * _column(ideas, "lean")
    log_odds = (own + national)[:, None, :] + current[None, :, :]

    agrees = (1 - neutral) / (1 + np.exp(-log_odds))
    takes_side = np.broadcast_to(1 - neutral, agrees.shape)
    cuts = np.stack([agrees, takes_side], axis=-1).reshape(-1, len(ideas), 2)
    rows = [[(float(a), float(b)) for a, b in row] for row in cuts]
    return [*rows, [(_TROLL_AGREES, 1 - _TROLL_IS_NEUTRAL)] * len(ideas)]


def _column(ideas: Sequence[Idea], name: str) -> NDArray[np.float64]:
    return np.array([getattr(idea, name) for idea in ideas], dtype=np.float64)

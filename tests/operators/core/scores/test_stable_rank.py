"""What is held: replaced only when it has moved, and therefore calm."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.core.scores.agreement import agreement
from operators.core.scores.stable_rank import MOVED, with_hysteresis

LOWS = st.lists(st.floats(0, 1), max_size=50)


@given(LOWS)
def test_what_is_held_is_never_off_by_what_counts_as_moved(lows):
    kept = None
    for low in lows:
        kept = with_hysteresis(kept, low)
        assert abs(kept - low) < MOVED


@given(LOWS)
def test_looking_twice_at_one_mark_changes_nothing(lows):
    kept = None
    for low in lows:
        kept = with_hysteresis(kept, low)
        assert with_hysteresis(kept, low) == kept


def test_the_first_twenty_change_in_far_fewer_minutes():
    """Six hours of 300 proposals with 2,000 votes each and 5 more in a minute."""
    dice = np.random.default_rng(20_260_620)
    proposals, minutes, first = 300, 360, 20
    truth = dice.beta(6, 3, proposals)
    votes = dice.poisson(2_000, proposals)
    agree = dice.binomial(votes, truth)
    kept: list[float | None] = [None] * proposals
    boards: dict[str, list[list[int]]] = {"rank": [], "stable_rank": []}
    for _ in range(minutes):
        more = dice.poisson(5, proposals)
        votes += more
        agree += dice.binomial(more, truth)
        lows = [agreement(int(a), int(n)).low for a, n in zip(agree, votes, strict=True)]
        kept = [with_hysteresis(before, low) for before, low in zip(kept, lows, strict=True)]
        for name, values in (("rank", lows), ("stable_rank", kept)):
            order = sorted(range(proposals), key=lambda p: (-values[p], p))
            boards[name].append(order[:first])
    changed = {name: np.mean([a != b for a, b in pairwise(seen)]) for name, seen in boards.items()}
    assert changed["rank"] > 0.5
    assert changed["stable_rank"] < changed["rank"] / 3

"""Make.org's scores, against figures of its scorer and a second reading of the formula."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.scores.makeorg import CHOICES, KEYS, SCORES, scores

SEQUENCE = {
    "agree": 83, "disagree": 6, "neutral": 24, "like_it": 17, "doable": 28, "platitude_agree": 1,
    "impossible": 1, "platitude_disagree": 3,
}  # fmt: skip
TRUSTED = SEQUENCE | {"agree": 85, "doable": 29}

counts = st.fixed_dictionaries({key: st.integers(0, 10**9) for key in KEYS})


@pytest.mark.parametrize(
    ("name", "value", "half"),
    [
        ("top_score", 1.08527298850575, 0.147083961694131),
        ("rejection", -0.366859497882638, 0.130517119469599),
        ("controversy", 0.0551346037507562, 0.107091650406154),
        ("neutral", 0.211581215970962, 0.0769930776359298),
    ],
)
def test_the_figures_of_make_org_s_scorer(name, value, half):
    found = scores(TRUSTED, SEQUENCE)[name]
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.half == pytest.approx(half, abs=1e-9)


def by_hand(v, c):
    """The formula once more, one number at a time, as its source writes it."""
    if not any(c[key] for key in CHOICES):
        c = v
    n_v, n_c = (sum(count[key] for key in CHOICES) for count in (v, c))

    def ind(k, n, key):
        return min((k + (0.33 if key in CHOICES else 0.01)) / (1 + n), 1)

    s = {key: 0.5 * ind(v[key], n_v, key) + 0.5 * ind(c[key], n_c, key) for key in KEYS}
    h2 = {}
    for key in KEYS:
        p = (n_c * ind(c[key], n_c, key) + 2) / (n_c + 4)
        h2[key] = 4 * p * (1 - p) / (n_c + 4)
    platitude = s["platitude_agree"] + s["platitude_disagree"]
    quality = [key for key in KEYS if key not in CHOICES]
    return {
        "top_score": (
            s["agree"] + s["like_it"] + s["doable"] - s["no_way"] - s["impossible"] - platitude,
            sqrt(h2["agree"] + sum(h2[key] for key in quality)),
        ),
        "controversy": (
            min(s["agree"], s["disagree"]) + min(s["like_it"], s["no_way"]),
            sqrt(max(h2["agree"], h2["disagree"]) + max(h2["like_it"], h2["no_way"])),
        ),
        "rejection": (
            s["disagree"] + s["no_way"] + s["impossible"] - s["like_it"] - s["doable"] - platitude,
            sqrt(h2["disagree"] + sum(h2[key] for key in quality)),
        ),
        "engagement": (
            s["like_it"] - s["no_way"] + s["doable"] - s["impossible"] - platitude,
            sqrt(sum(h2[key] for key in quality)),
        ),
    }


@given(counts, st.one_of(counts, st.just(dict.fromkeys(KEYS, 0))))
def test_every_score_is_the_sum_that_its_source_writes(trusted, sequence):
    found = scores(trusted, sequence)
    for name, (value, half) in by_hand(trusted, sequence).items():
        assert found[name].value == pytest.approx(value, abs=1e-9)
        assert found[name].half == pytest.approx(half, abs=1e-9)


@given(counts)
def test_swapping_for_and_against_swaps_support_and_rejection_but_for_platitudes(trusted):
    mirrored = dict(trusted)
    for one, other in (("agree", "disagree"), ("like_it", "no_way"), ("doable", "impossible")):
        mirrored[one], mirrored[other] = trusted[other], trusted[one]
    found, swapped = scores(trusted, {}), scores(mirrored, {})
    assert found["top_score"].value == pytest.approx(swapped["rejection"].value, abs=1e-12)
    assert found["controversy"].value == pytest.approx(swapped["controversy"].value, abs=1e-12)


def test_many_proposals_at_once_are_as_one_by_one():
    rng = np.random.default_rng(3)
    trusted = {key: rng.integers(0, 50, 40) for key in KEYS}
    sequence = {key: rng.integers(0, 1 + trusted[key]) * (np.arange(40) % 4 > 0) for key in KEYS}
    together = scores(trusted, sequence)
    for n in range(40):
        alone = scores(
            {key: trusted[key][n] for key in KEYS}, {key: sequence[key][n] for key in KEYS}
        )
        for name in SCORES:
            assert together[name].value[n] == alone[name].value
            assert together[name].half[n] == alone[name].half


def test_without_ballots_the_scores_are_what_the_formula_starts_with():
    found = scores({}, {})
    assert found["agree"].value == pytest.approx(0.33)
    assert found["top_score"].value == pytest.approx(0.33 + 0.02 - 0.04)


QUALIFIED = {
    "agree": {"like_it": 0.5, "doable": 0.45, "platitude_agree": 0.05},
    "disagree": {"no_way": 0.4, "impossible": 0.4, "platitude_disagree": 0.1},
    "neutral": {},
}


@pytest.mark.parametrize(("agree", "neutral"), [(0.6, 0.2), (0.75, 0.15), (0.4, 0.25)])
@pytest.mark.parametrize("ballots", [100, 400])
def test_the_half_width_of_the_top_score_covers_81_to_89_percent(agree, neutral, ballots):
    """Why it is called a half-width and not a 95 % interval."""
    rng = np.random.default_rng([int(100 * agree), ballots])
    runs, p = 20_000, {"agree": agree, "neutral": neutral, "disagree": 1 - agree - neutral}
    drawn = dict(zip(p, rng.multinomial(ballots, list(p.values()), runs).T, strict=True))
    truth = p["agree"]
    for choice, qualities in QUALIFIED.items():
        for key, share in qualities.items():
            drawn[key] = rng.binomial(drawn[choice], share)
            truth += p[choice] * share * (1 if key in {"like_it", "doable"} else -1)
    found = scores(drawn, {})["top_score"]
    covered = np.mean(np.abs(found.value - truth) <= found.half)
    assert 0.805 <= covered <= 0.895

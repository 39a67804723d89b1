"""Zones on Make.org's scores, and when they are sure."""

import numpy as np
import pytest

from operators.core.scores.makeorg import scores
from operators.core.scores.zones import UNDECIDED, zone, zone_confident


@pytest.mark.parametrize(
    ("agree", "disagree", "neutral", "expected"),
    [
        (0.60, 0.30, 0.10, "consensus"),
        (0.59, 0.30, 0.10, "controversy"),
        (0.47, 0.14, 0.39, "consensus"),
        (0.46, 0.14, 0.40, "limbo"),
        (0.30, 0.60, 0.10, "rejection"),
        (0.14, 0.47, 0.39, "rejection"),
        (0.14, 0.14, 0.39, "consensus"),
        (0.60, 0.60, 0.00, "consensus"),
        (0.45, 0.15, 0.39, "controversy"),
    ],
)
def test_thresholds_belong_to_the_zone_and_consensus_is_asked_first(
    agree, disagree, neutral, expected
):
    assert zone(agree, disagree, neutral).item() == expected


def zones_of(**counts):
    found = scores(counts, {})
    rates = [found[choice] for choice in ("agree", "disagree", "neutral")]
    values = tuple(rate.value for rate in rates)
    sure = zone_confident(values, tuple(rate.half for rate in rates), enough=True)
    return zone(*values).item(), sure.item()


def test_one_vote_is_already_a_consensus_and_that_is_why_there_is_another_zone():
    assert zones_of(agree=1) == ("consensus", UNDECIDED)


def test_many_ballots_decide():
    assert zones_of(agree=900, disagree=60, neutral=40) == ("consensus", "consensus")
    assert zones_of(agree=60, disagree=900, neutral=40) == ("rejection", "rejection")
    assert zones_of(agree=100, disagree=100, neutral=800) == ("limbo", "limbo")
    assert zones_of(agree=480, disagree=480, neutral=40) == ("controversy", "controversy")
    assert zones_of(agree=610, disagree=290, neutral=100) == ("consensus", UNDECIDED)


def test_too_few_ballots_never_decide():
    assert zone_confident((0.9, 0.0, 0.0), (0.0, 0.0, 0.0), enough=False).item() == UNDECIDED


def test_the_eight_corners_stand_for_everything_between_them():
    """Each condition is monotone in each score, so no point inside has another zone."""
    rng = np.random.default_rng(5)
    centres, halves = rng.random((3, 500)), rng.random((3, 500)) * 0.2
    sure = zone_confident(tuple(centres), tuple(halves), enough=True)
    assert 50 < np.sum(sure != UNDECIDED) < 450
    for _ in range(300):
        inside = np.clip(centres + halves * rng.uniform(-1, 1, centres.shape), 0, 1)
        assert ((zone(*inside) == sure) | (sure == UNDECIDED)).all()

"""Simulated consultations are what they are said to be, and the same every time."""

import numpy as np
import pytest

from loadtests.evaluation.group_cases import LEANINGS, MIN_VOTED, SIZES, simulate


@pytest.mark.parametrize("kind", list(LEANINGS))
def test_a_consultation_follows_from_its_seed(kind):
    first, again = simulate(kind, 7).opinions, simulate(kind, 7).opinions
    assert np.array_equal(first.votes, again.votes)
    assert np.array_equal(first.columns, again.columns)
    assert not np.array_equal(first.votes, simulate(kind, 14).opinions.votes)
    assert (len(first.participants), len(first.proposals)) == SIZES[0]


def test_seeds_differ_in_size_and_sparsity():
    found = [simulate("noise", seed).opinions for seed in range(7)]
    assert [len(opinions.participants) for opinions in found] == [people for people, _ in SIZES]
    shares = [opinions.ballots.mean() / len(opinions.proposals) for opinions in found]
    assert max(shares) > 1.5 * min(shares)
    assert all(opinions.ballots.mean() > MIN_VOTED - 1 for opinions in found)


def test_one_person_in_a_contrarian_consultation_is_unlike_all_others():
    opinions = simulate("contrarian", 7).opinions
    likeness = np.bincount(
        opinions.rows, weights=opinions.votes * np.sign(_mean(opinions))[opinions.columns]
    )
    assert np.sum(likeness / opinions.ballots < -0.5) == 1


def test_yea_sayers_differ_in_how_readily_they_agree_and_noise_does_not():
    spread = {
        kind: np.std(np.bincount(o.rows, weights=o.votes) / o.ballots)
        for kind in ("yea-sayers", "noise")
        for o in [simulate(kind, 6).opinions]
    }
    assert spread["yea-sayers"] > 1.5 * spread["noise"]


def _mean(opinions):
    return np.bincount(opinions.columns, weights=opinions.votes)

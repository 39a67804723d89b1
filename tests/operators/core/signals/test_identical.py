"""Near-identical ballots: found among honest ones, and only what chance does not give."""

import csv
from collections import defaultdict
from itertools import combinations
from math import comb

import numpy as np
import pytest

from operators.core.signals.identical import Ballots, expected_groups, identical_groups


def ballots(people: list[dict[int, int]], proposals: int) -> Ballots:
    """From each person's choices by proposal."""
    at = np.concatenate([np.array(sorted(person), np.int32) for person in people])
    choices = np.concatenate([[person[p] for p in sorted(person)] for person in people])
    counts = np.zeros((proposals, 3), np.int64)
    np.add.at(counts, (at, choices), 1)
    return Ballots(
        starts=np.concatenate(([0], np.cumsum([len(person) for person in people]))),
        proposals=at,
        choices=choices.astype(np.int8),
        keys=np.random.default_rng(9).integers(0, 2**63, proposals).astype(np.uint64),
        counts=counts,
    )


def crowd(rng: np.random.Generator, size: int, proposals: int = 200) -> list[dict[int, int]]:
    shares = rng.dirichlet([3, 2, 1], proposals)
    return [
        {int(p): int(rng.choice(3, p=shares[p])) for p in rng.permutation(proposals)[:40]}
        for _ in range(size)
    ]


def ring(
    rng: np.random.Generator, size: int, common: int, extra: int = 0, slips: int = 0
) -> list[dict[int, int]]:
    order = rng.permutation(200)
    same = {int(p): int(rng.integers(3)) for p in order[:common]}
    members = []
    for _ in range(size):
        own = {int(p): int(rng.integers(3)) for p in rng.permutation(order[common:])[:extra]}
        slip = {int(p): (same[int(p)] + 1) % 3 for p in rng.permutation(order[:common])[:slips]}
        members.append(same | slip | own)
    return members


@pytest.mark.parametrize(("size", "common", "extra"), [(5, 25, 0), (5, 25, 3), (40, 20, 5)])
def test_a_ring_is_found_whole_among_honest_people(size, common, extra):
    rng = np.random.default_rng(size)
    found = identical_groups(ballots(crowd(rng, 400) + ring(rng, size, common, extra), 200))
    assert [group.people for group in found] == [tuple(range(400, 400 + size))]
    assert len(found[0].proposals) >= common
    assert found[0].expected < 1e-3


def test_honest_people_are_no_group():
    assert identical_groups(ballots(crowd(np.random.default_rng(3), 600), 200)) == []


@pytest.mark.parametrize(("size", "common"), [(4, 60), (30, 19)])
def test_four_people_or_nineteen_proposals_are_not_enough(size, common):
    rng = np.random.default_rng(4)
    people = crowd(rng, 200) + ring(rng, size, common, extra=0)
    assert identical_groups(ballots(people, 200)) == []


def test_some_slips_do_not_hide_a_ring():
    rng = np.random.default_rng(5)
    [group] = identical_groups(ballots(crowd(rng, 300) + ring(rng, 5, 60, slips=1), 200))
    assert group.people == (300, 301, 302, 303, 304)
    assert len(group.proposals) >= 0.9 * group.common


def test_two_rings_are_two_groups():
    rng = np.random.default_rng(6)
    people = crowd(rng, 300) + ring(rng, 8, 30) + ring(rng, 6, 30)
    found = identical_groups(ballots(people, 200))
    assert [group.people for group in found] == [tuple(range(300, 308)), tuple(range(308, 314))]


def test_people_who_agree_with_what_nearly_everybody_agrees_with_are_no_group():
    rng = np.random.default_rng(7)
    people = [{p: int(rng.choice(3, p=[0.97, 0.02, 0.01])) for p in range(25)} for _ in range(500)]
    assert identical_groups(ballots(people, 25)) == []


def test_a_ring_is_found_though_most_ballots_are_its_own():
    rng = np.random.default_rng(11)
    [group] = identical_groups(ballots(crowd(rng, 60) + ring(rng, 300, 25, extra=2), 200))
    assert group.people == tuple(range(60, 360))


def test_the_order_of_people_does_not_matter():
    rng = np.random.default_rng(8)
    people = crowd(rng, 200) + ring(rng, 9, 25, extra=2)
    order = rng.permutation(len(people))
    [group] = identical_groups(ballots([people[n] for n in order], 200))
    assert sorted(order[list(group.people)]) == list(range(200, 209))


def test_the_expectation_is_that_of_a_simulation():
    """Four proposals, groups of two: small enough to count all groups of many worlds."""
    rng = np.random.default_rng(10)
    shares = np.array([[0.6, 0.3, 0.1], [0.5, 0.25, 0.25], [0.8, 0.1, 0.1], [0.4, 0.4, 0.2]])
    people, worlds = 12, 4_000
    pairs = list(combinations(range(people), 2))
    equal = 0
    for _ in range(worlds):
        votes = np.stack([rng.choice(3, people, p=share) for share in shares], axis=1)
        equal += sum(bool((votes[a] == votes[b]).all()) for a, b in pairs)
    exact = comb(people, 2) * float((shares**2).sum(axis=1).prod())
    assert equal / worlds == pytest.approx(exact, rel=0.05)
    found = expected_groups(2, (shares * 100).round().astype(np.int64), 4)
    assert found == pytest.approx(exact * comb(100, 2) / comb(people, 2), rel=1e-9)


@pytest.mark.parametrize(
    ("conversation", "groups"),
    [("scoop-hivemind.taxes", []), ("scoop-hivemind.biodiversity", [9, 7])],
)
def test_real_conversations_have_hardly_any_group(shared_data, conversation, groups):
    latest = {}
    with (shared_data / "polis" / conversation / "votes.csv").open() as file:
        for row in csv.DictReader(file):
            latest[row["voter-id"], row["comment-id"]] = -int(row["vote"]) % 3
    numbers = {proposal: n for n, proposal in enumerate(sorted({p for _, p in latest}))}
    people = defaultdict(dict)
    for (person, proposal), choice in latest.items():
        people[person][numbers[proposal]] = choice
    enough = [votes for votes in people.values() if len(votes) >= 20]
    found = identical_groups(ballots(enough, len(numbers)))
    assert [len(group.people) for group in found] == groups

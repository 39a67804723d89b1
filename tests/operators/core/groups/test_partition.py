import numpy as np
import pytest
from conversations import pseudonym, read_conversation, simulated
from places import FIXTURES
from sklearn.metrics import adjusted_rand_score

from loadtests.evaluation.group_cases import simulate
from operators.core.groups.partition import grouped, min_size, partition
from operators.core.groups.separation import gap, places
from operators.core.groups.significance import separate

FIXTURE = read_conversation(FIXTURES / "polis")


def groups_of(opinions):
    """Pseudonym → group."""
    found = partition(opinions)
    return dict(zip(opinions.participants[found.members].tolist(), found.groups, strict=True))


def agreement_with_polis(conversation):
    found = groups_of(conversation.opinions())
    published = {pseudonym(voter): group for voter, group in conversation.published.items()}
    both = sorted(found.keys() & published.keys())
    assert len(both) >= 0.95 * len(published)
    return adjusted_rand_score([found[p] for p in both], [published[p] for p in both])


@pytest.mark.parametrize(
    ("name", "least"), [("scoop-hivemind.taxes", 0.9), ("scoop-hivemind.biodiversity", 0.9)]
)
def test_the_groups_are_those_that_polis_published(shared_data, name, least):
    assert agreement_with_polis(read_conversation(shared_data / "polis" / name)) >= least


def test_the_groups_are_nearly_those_of_the_invented_export():
    """Its 84 people gave 14 ballots on average: some stand between its two groups."""
    assert agreement_with_polis(FIXTURE) >= 0.8


@pytest.mark.parametrize("camps", [2, 3])
def test_camps_are_found_with_their_number(camps):
    conversation = simulated(camps, people=300, proposals=40, camps=camps)
    assert partition(conversation.opinions()).k == camps
    assert agreement_with_polis(conversation) > 0.9


def test_the_order_of_arrival_of_people_and_of_proposals_changes_nothing():
    for conversation in (FIXTURE, simulated(5, people=150, proposals=30, camps=1)):
        expected = partition(conversation.opinions())
        for seed in range(5):
            found = partition(conversation.opinions(np.random.default_rng(seed)))
            assert np.array_equal(found.members, expected.members)
            assert np.array_equal(found.groups, expected.groups)
            assert found.silhouette == expected.silhouette


def test_groups_are_numbered_by_size():
    sizes = np.bincount(partition(FIXTURE.opinions()).groups)
    assert sizes.tolist() == sorted(sizes, reverse=True)


def test_seven_ballots_are_enough():
    opinions = FIXTURE.opinions()
    assert set(grouped(opinions)) == set(np.flatnonzero(opinions.ballots >= 7))


def test_where_few_have_voted_much_those_with_most_ballots_come_first():
    ballots = {(str(n), f"p-{p}"): 1 for n in range(30) for p in range(1 + n % 6)}
    ballots |= {("99", f"p-{p}"): 1 for p in range(9)}
    conversation = type(FIXTURE)(ballots, set(), {})
    opinions = conversation.opinions()
    chosen = grouped(opinions)
    assert len(chosen) == 15
    assert min(opinions.ballots[chosen]) >= max(np.delete(opinions.ballots, chosen))


def test_with_fewer_than_seven_proposals_all_of_them_are_enough():
    ballots = {(str(n), f"p-{p}"): 1 for n in range(40) for p in range(3)}
    assert len(grouped(type(FIXTURE)(ballots, set(), {}).opinions())) == 40


@pytest.mark.parametrize("people", [1, 2, 40])
def test_people_who_all_vote_the_same_are_no_groups(people):
    ballots = {(str(n), f"p-{p}"): 1 for n in range(people) for p in range(9)}
    found = partition(type(FIXTURE)(ballots, set(), {}).opinions())
    assert (found.k, found.silhouette) == (0, 0.0)


def test_two_opposite_patterns_are_two_groups():
    """There are two places on the map: people who agree with every word."""
    ballots = {
        (str(n), f"p-{p}"): 1 if (n < 300) ^ (p % 2) else -1 for n in range(600) for p in range(10)
    }
    opinions = type(FIXTURE)(ballots, set(), {}).opinions()
    found = partition(opinions)
    assert (found.k, np.bincount(found.groups).tolist()) == (2, [300, 300])
    assert separate(gap(places(opinions, found.members)), len(found.members))


def test_a_lone_contrarian_is_no_group():
    ballots = {
        (str(n), f"p-{p}"): -1 if (n == 3) ^ (p % 2) else 1 for n in range(58) for p in range(12)
    }
    conversation = type(FIXTURE)(ballots, set(), {})
    assert partition(conversation.opinions()).k == 0
    assert partition(conversation.opinions(), least=1).k == 2


def test_outliers_join_a_group_and_camps_stay_apart():
    random = np.random.default_rng(3)
    ballots = {
        (str(n), f"p-{p}"): (1 if (n % 2) ^ (p % 2) else -1) * int(random.choice([1, 1, 1, -1]))
        for n in range(80)
        for p in range(20)
    } | {("9999", f"p-{p}"): -1 for p in range(20)}
    opinions = type(FIXTURE)(ballots, set(), {}).opinions()
    found = partition(opinions)
    assert len(found.groups) == 81
    assert np.bincount(found.groups).min() >= min_size(81)


def test_no_group_is_smaller_than_the_least_size():
    for seed in range(1, 8):
        found = partition(simulate("contrarian", seed).opinions)
        assert np.bincount(found.groups).min() >= min_size(len(found.members))

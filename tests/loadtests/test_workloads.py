"""Workloads are what their files say, and nothing else is accepted."""

import numpy as np
import pytest
from pydantic import ValidationError

from loadtests import workload
from loadtests.votes import Segment, Votes
from loadtests.workload import Workload
from operators.core.errors import TerminalError
from schemas.events import CHOICES

DRAWN = 200_000


def columns(made: Workload, first: int = 0, count: int = DRAWN):
    segment = Segment(first, count, 1_790_000_000_000, made.rate, 0)
    return Votes(made).columns(segment, None, np.arange(first, first + count))


def test_the_five_workloads_are_there() -> None:
    assert {"steady", "peak", "weeuropeans", "hot", "hostile"} <= set(workload.names())


@pytest.mark.parametrize("name", workload.names())
def test_a_file_is_valid_and_named_as_its_workload(name: str) -> None:
    assert workload.load(name).name == name


def test_weeuropeans_has_the_size_of_the_real_one() -> None:
    made = workload.load("weeuropeans")
    assert (made.votes, made.people, made.proposals) == (11_300_000, 1_700_000, 30_000)
    assert (len(made.countries), made.cast_days) == (27, 39)


def test_a_name_that_is_none_is_answered_with_those_that_are() -> None:
    with pytest.raises(TerminalError, match="steady"):
        workload.load("nonsense")


@pytest.mark.parametrize(
    "change",
    [
        {"bad_share": 1.5},
        {"choices": {"withdrawn": 1}},
        {"choices": {}},
        {"trust": {"verified": 1}},
        {"countries": {"France": 1}},
        {"countries": {"FR": 0}},
        {"people": 10, "votes": 9},
        {"misspelt": 1},
        {"profile": [{"at_s": 0, "factor": 1}]},
        {"profile": [{"at_s": 5, "factor": 1}, {"at_s": 9, "factor": 1}]},
    ],
)
def test_what_makes_no_sense_is_refused(change) -> None:
    with pytest.raises(ValidationError):
        Workload.model_validate(workload.load("steady").model_dump() | change)


@pytest.mark.parametrize("name", workload.names())
def test_the_shares_are_those_of_the_file(name: str) -> None:
    made = workload.load(name)
    drawn, votes = columns(made), Votes(made)
    assert drawn.bad.mean() == pytest.approx(made.bad_share, abs=0.005)
    variants = [votes.variants[n] for n in drawn.variant.tolist()]
    first = [v for v in variants if v.choice != "withdrawn"]
    for choice, share in made.choices.items():
        assert sum(v.choice == choice for v in first) / len(first) == pytest.approx(share, abs=0.01)
    for trust, share in made.trust.items():
        assert sum(v.trust == trust for v in variants) / DRAWN == pytest.approx(share, abs=0.01)
    qualified = sum(bool(v.qualifications) for v in first) / len(first)
    assert qualified == pytest.approx(made.qualified_share, abs=0.01)
    withdrawn = made.revote_share * made.withdrawn_share
    assert (len(variants) - len(first)) / DRAWN == pytest.approx(withdrawn, rel=0.2)


def test_every_country_has_about_its_share_of_the_people() -> None:
    made = workload.load("weeuropeans")
    drawn = columns(made, count=300_000)
    home = dict(zip(drawn.person.tolist(), drawn.country.tolist(), strict=True))
    found = np.bincount(list(home.values()), minlength=27) / len(home)
    wanted = np.array(list(made.countries.values())) / sum(made.countries.values())
    assert np.abs(found - wanted).max() < 0.005


def test_a_person_stays_in_one_country() -> None:
    drawn = columns(workload.load("steady"))
    pairs = set(zip(drawn.person.tolist(), drawn.country.tolist(), strict=True))
    assert len(pairs) == len(set(drawn.person.tolist()))


def test_people_arrive_in_step_with_the_votes_and_each_of_them_votes() -> None:
    made = workload.load("steady").model_copy(update={"votes": 50_000, "people": 8_000})
    drawn = columns(made, count=made.votes)
    # A newcomer's slot may be taken by a re-vote: those few are seen when they vote again.
    assert 0.93 * made.people < len(set(drawn.person.tolist())) <= made.people
    half = set(drawn.person[: made.votes // 2].tolist())
    assert max(half) < made.people // 2 + 1


def test_votes_per_person_have_a_heavy_tail() -> None:
    drawn = columns(workload.load("weeuropeans"), count=1_000_000)
    each = np.sort(np.bincount(drawn.person))[::-1]
    tenth = len(each) // 10
    assert each[:tenth].sum() > 0.25 * each.sum()
    assert np.median(each[each > 0]) < each.mean() * 1.2


def test_hot_proposals_follow_zipf() -> None:
    made = workload.load("steady").model_copy(update={"hot_proposals": 1.0, "proposals": 100})
    found = np.bincount(columns(made).proposal, minlength=100) / DRAWN
    ranks = np.arange(1, 101)
    wanted = np.log((ranks + 1) / ranks) / np.log(101)
    assert np.abs(found - wanted).max() < 0.005


def test_re_votes_repeat_a_pair_of_person_and_proposal() -> None:
    made = workload.load("steady").model_copy(
        update={"revote_share": 0.3, "hot_proposals": 0.0, "people": 900_000, "proposals": 50_000}
    )
    drawn = columns(made)
    pairs = drawn.proposal.astype(np.int64) << 32 | drawn.person
    repeated = 1 - len(np.unique(pairs)) / DRAWN
    # A few repeat a vote that was itself to be a repeat, so that the pair is new.
    assert 0.3 * 0.65 < repeated < 0.32


def test_late_votes_are_cast_before_the_others() -> None:
    made = workload.load("steady").model_copy(update={"late_share": 0.2, "late_s": 1000.0})
    drawn = columns(made)
    on_time = 1_790_000_000_000 - (DRAWN - np.arange(DRAWN)) * 1000 / made.rate
    late = on_time - drawn.cast_ms > made.spread_s * 1000 + 1
    assert late.mean() == pytest.approx(0.2, abs=0.01)
    assert (on_time - drawn.cast_ms).max() <= 1_000_001


def test_a_workload_of_39_days_is_cast_over_39_days() -> None:
    made = workload.load("weeuropeans")
    begin, end = columns(made, 0, 10), columns(made, made.votes - 10, 10)
    days = (end.cast_ms.max() - begin.cast_ms.max()) / 86_400_000
    assert days == pytest.approx(39, abs=0.1)


def test_all_choices_can_be_encoded() -> None:
    variants = Votes(workload.load("steady")).variants
    assert {v.choice for v in variants} == set(CHOICES)
    assert len(variants) < 256

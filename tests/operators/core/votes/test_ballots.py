"""Which ballot counts does not depend on how the votes arrive."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.ballots import Ballot, Origin, ballot_of
from schemas.events import QUALIFICATION_BITS, QUALIFICATIONS, Vote
from schemas.times import format_instant

BASE_MS = 1_714_564_800_000

# Few instants, partitions and offsets: ties at each of the three are the interesting case.
ballots = st.builds(
    Ballot,
    cast_ms=st.sampled_from([BASE_MS - 1, BASE_MS, BASE_MS + 1]),
    origin_partition=st.sampled_from([0, 1, 2, 10]),
    origin_offset=st.sampled_from([0, 1, 9, 10, 99, 100, 1_000]),
    choice=st.just("agree"),
    country=st.just("FR"),
    trust=st.just("trusted"),
    qualifications=st.just(0),
)


def as_one_number(ballot: Ballot) -> int:
    """The rank as ClickHouse states it."""
    return ballot.cast_ms << 64 | ballot.origin_partition << 48 | ballot.origin_offset


@given(st.lists(ballots, min_size=1), st.randoms(use_true_random=False))
def test_the_current_ballot_does_not_depend_on_order_or_repetition(arrived, random) -> None:
    again = arrived + [random.choice(arrived) for _ in range(5)]
    random.shuffle(again)
    assert max(again) == max(arrived)


@given(st.lists(ballots, min_size=1))
def test_the_current_ballot_is_the_one_that_clickhouse_keeps(arrived) -> None:
    assert max(arrived) == max(arrived, key=as_one_number)


@given(st.lists(ballots))
def test_a_ballot_at_a_time_gives_what_all_at_once_give(arrived) -> None:
    current: Ballot | None = None
    for ballot in arrived:
        current = ballot if current is None else max(current, ballot)
    assert current == max(arrived, default=None)


def vote(cast_at: str, **more) -> Vote:
    return Vote("c", "p", "alice", more.pop("choice", "agree"), cast_at, **more)


def test_instants_compare_as_numbers_and_not_as_the_texts_they_were() -> None:
    # As texts ".5Z" < ".75Z" < ".9Z" holds by luck; "Z" > ".5Z" does not.
    whole = ballot_of(vote("2024-05-01T12:00:00Z"), Origin(3, 900, BASE_MS))
    later = ballot_of(vote("2024-05-01T12:00:00.5Z"), Origin(0, 1, BASE_MS))
    assert max(whole, later) is later


def test_partitions_and_offsets_compare_as_numbers() -> None:
    places = [
        Origin(0, 99, 0),
        Origin(0, 100, 0),
        Origin(2, 9, 0),
        Origin(2, 10, 0),
        Origin(10, 0, 0),
    ]
    ranked = [ballot_of(vote("2024-05-01T12:00:00Z"), place) for place in places]
    for less, more in pairwise(ranked):
        assert less < more


def test_at_the_same_instant_the_greater_partition_counts_then_the_greater_offset() -> None:
    at = "2024-05-01T12:00:00Z"
    first = ballot_of(vote(at, choice="withdrawn"), Origin(1, 0, 0))
    assert max(first, ballot_of(vote(at), Origin(0, 1_000, 0))) is first
    assert max(first, ballot_of(vote(at, choice="agree"), Origin(1, 1, 0))).choice == "agree"


def test_when_the_broker_received_a_vote_does_not_rank_it() -> None:
    at = "2024-05-01T12:00:00Z"
    assert ballot_of(vote(at), Origin(1, 7, 5)) == ballot_of(vote(at), Origin(1, 7, 9_999_999))


@given(st.integers(946_684_800_000, 4_102_444_800_000), st.integers(0, 3), st.integers(0, 2**47))
def test_a_ballot_keeps_instant_and_origin(ms: int, partition: int, offset: int) -> None:
    ballot = ballot_of(vote(format_instant(ms)), Origin(partition, offset, ms))
    assert ballot[:3] == (ms, partition, offset)
    assert ballot.minute == ms // 60_000


def test_a_withdrawal_ranks_but_counts_nowhere() -> None:
    earlier = ballot_of(vote("2024-05-01T12:00:00Z"), Origin(0, 1, 0))
    later = ballot_of(vote("2024-05-01T12:00:01Z", choice="withdrawn"), Origin(0, 2, 0))
    assert max(earlier, later) is later
    assert earlier.counts
    assert not later.counts


def test_qualifications_are_bits_that_never_change_their_place() -> None:
    expected = [
        *("likeIt", "doable", "platitudeAgree"),
        *("noWay", "impossible", "platitudeDisagree"),
        *("doNotUnderstand", "noOpinion", "doNotCare"),
    ]
    assert {name: 2**place for place, name in enumerate(expected)} == QUALIFICATION_BITS
    assert [name for fit in QUALIFICATIONS.values() for name in fit] == expected


@given(st.lists(st.sampled_from(sorted(QUALIFICATION_BITS))))
def test_a_qualification_listed_twice_counts_once(names: list[str]) -> None:
    ballot = ballot_of(vote("2024-05-01T12:00:00Z", qualifications=tuple(names)), Origin(0, 0, 0))
    assert ballot.qualifications == sum(QUALIFICATION_BITS[name] for name in set(names))


def test_a_vote_that_was_not_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="validate it first"):
        ballot_of(vote("yesterday"), Origin(0, 0, 0))

"""Tallies add up, in whatever order and however they are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.tally import COUNTERS, Tally
from schemas.events import QUALIFICATION_BITS, QUALIFICATIONS

COLUMN = {
    "likeIt": "like_it",
    "doable": "doable",
    "platitudeAgree": "platitude_agree",
    "noWay": "no_way",
    "impossible": "impossible",
    "platitudeDisagree": "platitude_disagree",
    "doNotUnderstand": "do_not_understand",
    "noOpinion": "no_opinion",
    "doNotCare": "do_not_care",
}

Counted = tuple[str, tuple[str, ...]]

counted = st.sampled_from(["agree", "disagree", "neutral"]).flatmap(
    lambda choice: st.tuples(
        st.just(choice), st.lists(st.sampled_from(QUALIFICATIONS[choice]), unique=True).map(tuple)
    )
)
lists_of_ballots = st.lists(counted, max_size=20)


def tally(ballots: list[Counted]) -> Tally:
    total = Tally()
    for choice, names in ballots:
        total.add(choice, sum(QUALIFICATION_BITS[name] for name in names))
    return total


def naive_count(ballots: list[Counted]) -> dict[str, int]:
    columns = ["agree", "disagree", "neutral", *COLUMN.values()]
    seen = [choice for choice, _ in ballots]
    seen += [COLUMN[name] for _, names in ballots for name in names]
    return {column: seen.count(column) for column in columns}


@given(lists_of_ballots)
def test_the_result_is_the_naive_count(ballots) -> None:
    assert tally(ballots).result() == naive_count(ballots)


@given(lists_of_ballots, lists_of_ballots)
def test_merge_is_commutative_and_counts_both(one, other) -> None:
    merged = tally(one).merge(tally(other)).result()
    assert merged == tally(other).merge(tally(one)).result() == naive_count(one + other)


@given(lists_of_ballots, lists_of_ballots, lists_of_ballots)
def test_merge_is_associative(a, b, c) -> None:
    left = tally(a).merge(tally(b)).merge(tally(c))
    right = tally(a).merge(tally(b).merge(tally(c)))
    assert left.result() == right.result()


@given(lists_of_ballots)
def test_an_empty_tally_changes_nothing(ballots) -> None:
    assert Tally().merge(tally(ballots)).result() == tally(ballots).merge(Tally()).result()


@given(lists_of_ballots, st.randoms(use_true_random=False))
def test_order_is_irrelevant(ballots, random) -> None:
    shuffled = random.sample(ballots, len(ballots))
    assert tally(shuffled).result() == tally(ballots).result()


def test_merging_leaves_the_other_tally_as_it_was() -> None:
    other = Tally().add("agree", 1)
    Tally().merge(other).add("agree", 1)
    assert other.result()["agree"] == 1


def test_a_withdrawn_ballot_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Tally().add("withdrawn", 0)


def test_the_columns_are_the_choices_and_then_the_qualifications_by_their_bits() -> None:
    assert list(COUNTERS) == ["agree", "disagree", "neutral", *COLUMN.values()]
    assert list(COLUMN) == list(QUALIFICATION_BITS)

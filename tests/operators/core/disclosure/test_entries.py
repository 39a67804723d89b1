from hypothesis import given
from hypothesis import strategies as st

from operators.core.disclosure.cohorts import MERGED, TROLL, BallotGroup
from operators.core.disclosure.entries import entering

GROUPS = st.lists(
    st.builds(
        lambda cell, minute, a, d, u: BallotGroup(cell, minute, a + d + u + 1, (a + 1, d, u)),
        st.sampled_from(["FR", "DE", "LU", "MT", TROLL]), st.integers(0, 3000),
        st.integers(0, 4), st.integers(0, 4), st.integers(0, 4),
    ),
    max_size=30, unique_by=lambda group: (group.cell, group.minute),
)  # fmt: skip


@given(GROUPS, st.integers(0, 500))
def test_every_cohort_has_five_people_in_its_window_and_nobody_is_in_two(groups, published):
    cohorts = entering(groups, published)
    placed = [group for cohort in cohorts for group in cohort.groups]
    assert len(placed) == len(set(placed))
    assert set(placed) <= set(groups)
    for cohort in cohorts:
        assert cohort.people >= 5
        for group in cohort.groups:
            assert (group.cell == TROLL) == (cohort.cell == TROLL)
            assert cohort.cell in {group.cell, MERGED}
            offset = group.minute * 60 - cohort.window_start
            assert not cohort.window_seconds or 0 <= offset < cohort.window_seconds


@given(GROUPS, st.integers(0, 500), st.randoms())
def test_the_order_of_groups_is_irrelevant(groups, published, random):
    shuffled = random.sample(groups, len(groups))

    def places(cohorts):
        return {(c.cell, c.window_start, c.window_seconds, frozenset(c.groups)) for c in cohorts}

    assert places(entering(shuffled, published)) == places(entering(groups, published))


@given(GROUPS, st.integers(0, 500))
def test_few_wait(groups, published):
    cohorts = entering(groups, published)
    trusted = sum(group.people for group in groups if group.cell != TROLL)
    placed = sum(cohort.people for cohort in cohorts if cohort.cell != TROLL)
    assert trusted - placed < max(5, (published + placed) / 10)


def test_who_waited_in_vain_for_a_country_enters_under_xx_the_smallest_first():
    groups = [
        BallotGroup("FR", 0, 4, (4, 0, 0)), BallotGroup("LU", 0, 1, (1, 0, 0)),
        BallotGroup("MT", 0, 2, (2, 0, 0)),
        BallotGroup("EE", 0, 3, (3, 0, 0)),
    ]  # fmt: skip
    [merged] = entering(groups, 0)
    assert (merged.cell, [group.cell for group in merged.groups]) == ("XX", ["EE", "LU", "MT"])
    assert entering(groups, 1000) == []

from hypothesis import given
from hypothesis import strategies as st

from operators.core.disclosure.changes import changing
from operators.core.disclosure.cohorts import TROLL, UNPLACED, BallotGroup

CELLS = ("FR", "DE", "XX", TROLL)
PEOPLE = st.integers(0, 12)


@st.composite
def changes(draw):
    """Per cell: how many stand there, and how many of them leave or change their minds."""
    standing = {cell: draw(st.sampled_from([0, 5, 6, 9, 40, 2000])) for cell in CELLS}
    groups = []
    for cell, ballots in standing.items():
        leave = draw(st.integers(0, min(ballots, 12)))
        turn = draw(st.integers(0, min(ballots - leave, 12)))
        if leave + turn:
            groups.append(BallotGroup(cell, 0, leave + turn, (-leave - turn, turn, 0)))
    return groups, standing


@given(changes())
def test_five_people_change_together_and_no_cell_keeps_one_to_four(drawn):
    groups, standing = drawn
    after = dict(standing) | {UNPLACED: 0}
    for cohort in changing(groups, standing):
        assert cohort.people >= 5
        after[cohort.cell] += sum(cohort.counts)
    total = sum(ballots for cell, ballots in after.items() if cell != TROLL)
    for ballots in (*(after[cell] for cell in CELLS), total):
        assert ballots == 0 or ballots >= 5


@given(changes(), st.randoms())
def test_the_order_of_cells_is_irrelevant(drawn, random):
    groups, standing = drawn
    shuffled = random.sample(groups, len(groups))
    assert changing(shuffled, standing) == changing(groups, standing)


def test_changes_of_several_small_cells_count_without_a_country():
    groups = [BallotGroup("FR", 0, 3, (-3, 3, 0)), BallotGroup("DE", 0, 2, (-2, 0, 0))]
    [unplaced] = changing(groups, {"FR": 20, "DE": 20})
    assert (unplaced.cell, unplaced.counts) == (UNPLACED, (-5, 3, 0))
    assert changing(groups, {"FR": 2000, "DE": 20}) == []


def test_changes_of_trolls_are_not_merged_with_others():
    groups = [BallotGroup("FR", 0, 3, (-3, 3, 0)), BallotGroup(TROLL, 0, 4, (-4, 4, 0))]
    assert changing(groups, {"FR": 20, TROLL: 20}) == []

"""A cut is complete when, and only when, everything that it promises is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sink.cuts import OUTPUTS, Cut, Cuts
from schemas.topics import ACCEPTED_VOTES, PROGRESS, TALLIES, WINDOWS

VOTES = ACCEPTED_VOTES.name


def everywhere(offset: int, votes: int = 5) -> dict[tuple[str, int], int]:
    """Ends or positions: `offset` in every output, `votes` in partition 0 of accepted votes."""
    return dict.fromkeys(OUTPUTS, offset) | {(VOTES, 0): votes, (PROGRESS.name, 0): offset}


def counted_four() -> Cuts:
    cuts = Cuts()
    cuts.progress(epoch=1, partition=0, offset=4, origin_ms=10)
    return cuts


def test_outputs_are_tallies_and_windows_and_nothing_else() -> None:
    assert {(t.name, p) for t in (TALLIES, WINDOWS) for p in range(t.partitions)} == OUTPUTS


def test_without_progress_there_is_no_cut() -> None:
    assert Cuts().step(everywhere(3), everywhere(3)) == []


def test_a_cut_is_complete_once_the_outputs_of_its_time_are_written() -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(2), everywhere(3)) == []
    [cut] = cuts.step(everywhere(3), everywhere(3))
    assert (cut.epoch, cut.counted, cut.as_of_ms) == (1, {0: 5}, 10)
    assert cut.positions == everywhere(3)


@pytest.mark.parametrize("place", sorted(OUTPUTS))
def test_a_cut_waits_for_every_single_output(place: tuple[str, int]) -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(3) | {place: 2}, everywhere(3)) == []
    assert (
        cuts.step({p: end for p, end in everywhere(3).items() if p != place}, everywhere(3)) == []
    )
    assert len(cuts.step(everywhere(3), everywhere(3))) == 1


def test_a_cut_does_not_wait_for_outputs_that_came_after_it() -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(2), everywhere(3)) == []
    [cut] = cuts.step(everywhere(3), everywhere(900))
    assert cut.counted == {0: 5}
    assert not cut.quiescent


def test_progress_that_comes_while_a_cut_is_pending_is_not_promised_by_it() -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(2), everywhere(3)) == []
    cuts.progress(epoch=1, partition=0, offset=99, origin_ms=500)
    [cut] = cuts.step(everywhere(3), everywhere(700, votes=100))
    assert (cut.counted, cut.as_of_ms) == ({0: 5}, 10)
    # The next cut promises it, and waits for the ends that were seen after it.
    assert cuts.step(everywhere(699), everywhere(700, votes=100)) == []
    [cut] = cuts.step(everywhere(700, votes=100), everywhere(700, votes=100))
    assert (cut.counted, cut.as_of_ms, cut.quiescent) == ({0: 100}, 500, True)


def test_a_cut_is_at_rest_when_every_end_is_reached() -> None:
    [cut] = counted_four().step(everywhere(3), everywhere(3))
    assert cut.quiescent


@pytest.mark.parametrize("place", sorted({(VOTES, 0), (PROGRESS.name, 0), *OUTPUTS}))
def test_a_cut_is_not_at_rest_while_anything_is_on_its_way(place: tuple[str, int]) -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(2), everywhere(3)) == []  # what it waits for is fixed now
    ends = everywhere(3)
    [cut] = cuts.step(everywhere(3), ends | {place: ends[place] + 1})
    assert not cut.quiescent


def test_a_cut_is_not_at_rest_while_the_job_has_votes_to_count() -> None:
    # The sink has archived all six votes; the job has counted five.
    [cut] = counted_four().step(everywhere(3, votes=6), everywhere(3, votes=6))
    assert not cut.quiescent


def test_a_cut_is_not_at_rest_while_a_whole_partition_is_uncounted() -> None:
    places = everywhere(3) | {(VOTES, 1): 1}
    [cut] = counted_four().step(places, places)
    assert not cut.quiescent


def test_a_partition_without_votes_does_not_keep_a_cut_from_rest() -> None:
    places = everywhere(3) | {(VOTES, 1): 0}
    [cut] = counted_four().step(places, places)
    assert cut.quiescent


def test_older_progress_that_arrives_again_changes_nothing() -> None:
    cuts = counted_four()
    cuts.progress(epoch=1, partition=0, offset=2, origin_ms=7)
    [cut] = cuts.step(everywhere(3), everywhere(3))
    assert (cut.counted, cut.as_of_ms) == ({0: 5}, 10)


def test_the_newest_vote_of_any_partition_dates_the_cut() -> None:
    cuts = counted_four()
    cuts.progress(epoch=1, partition=1, offset=0, origin_ms=99)
    [cut] = cuts.step(everywhere(3), everywhere(3))
    assert (cut.counted, cut.as_of_ms) == ({0: 5, 1: 1}, 99)


def test_each_epoch_has_its_own_cut() -> None:
    cuts = counted_four()
    assert cuts.step(everywhere(2), everywhere(3)) == []
    cuts.progress(epoch=2, partition=0, offset=0, origin_ms=3)
    # The second epoch waits for later ends than the first.
    [first] = cuts.step(everywhere(3), everywhere(8))
    assert (first.epoch, first.counted) == (1, {0: 5})
    both = cuts.step(everywhere(8), everywhere(8))
    assert [(cut.epoch, cut.counted, cut.quiescent) for cut in both] == [
        (1, {0: 5}, True),
        (2, {0: 1}, False),
    ]


def test_positions_of_a_cut_do_not_move_with_the_sink() -> None:
    positions = everywhere(3)
    [cut] = counted_four().step(positions, everywhere(3))
    positions[(TALLIES.name, 0)] = 1_000
    assert cut.positions == everywhere(3)


def cut_of(**counted: int) -> Cut:
    return Cut(1, {int(name[1:]): offset for name, offset in counted.items()}, {}, False, 0)  # noqa: FBT003


def test_a_cut_reaches_another_that_counts_no_more_in_any_partition() -> None:
    assert cut_of(p0=5, p1=7).reaches(cut_of(p0=5, p1=7))
    assert cut_of(p0=6, p1=7).reaches(cut_of(p0=5))
    assert not cut_of(p0=6, p1=6).reaches(cut_of(p0=5, p1=7))
    assert not cut_of(p0=900).reaches(cut_of(p0=5, p1=1))
    assert cut_of(p0=1).reaches(cut_of())


offsets = st.integers(0, 4)


@given(
    st.lists(st.tuples(offsets, st.fixed_dictionaries(dict.fromkeys(sorted(OUTPUTS), offsets)))),
    st.lists(st.fixed_dictionaries(dict.fromkeys(sorted(OUTPUTS), offsets))),
)
def test_no_cut_promises_what_was_not_written(growth, written) -> None:
    # The job's outputs for progress P stand before the ends seen after P: a model of the log that
    # remembers these ends for every P must find them written whenever a cut counts P.
    cuts, counted = Cuts(), 0
    ends = dict.fromkeys(sorted(OUTPUTS), 0)
    positions = dict(ends)
    ends_of: dict[int, dict] = {}
    for (votes, grown), sink in zip(growth, [*written, *[{}] * len(growth)], strict=False):
        ends = {place: end + grown[place] for place, end in ends.items()}
        if votes:
            counted += votes
            ends_of[counted] = ends
            cuts.progress(1, 0, counted - 1, counted)
        for place, more in sink.items():
            positions[place] = min(positions[place] + more, ends[place])
        for cut in cuts.step(positions, ends | {(VOTES, 0): counted}):
            promised = ends_of[cut.counted[0]]
            assert all(cut.positions[place] >= end for place, end in promised.items())

"""A new count is shown when it has everything that people have seen, and not before."""

from pipelines.sink.batch import Batch
from pipelines.sink.cutover import FORGET_MS, FREEZE_MS, Cutover
from pipelines.sink.cuts import Cut
from schemas.topics import ACCEPTED_VOTES, PROGRESS, TALLIES

VOTES = ACCEPTED_VOTES.name


def cut(epoch: int, *counted: int) -> Cut:
    return Cut(epoch, dict(enumerate(counted)), {}, quiescent=False, as_of_ms=0)


def ends(*votes: int) -> dict[tuple[str, int], int]:
    return {(VOTES, p): end for p, end in enumerate(votes)} | {(TALLIES.name, 0): 99}


def showing_one() -> Cutover:
    cutover = Cutover(1)
    cutover.cut(cut(1, 10, 10))
    return cutover


def test_the_first_count_is_shown_as_it_is() -> None:
    cutover = Cutover(0)
    assert not cutover.step(ends(), 0)
    cutover.cut(cut(1, 3))
    assert cutover.step(ends(3), 0)
    assert cutover.active == 1


def test_an_emptied_clickhouse_does_not_show_a_rebuild_that_is_half_way() -> None:
    cutover = Cutover(0)
    cutover.cut(cut(2, 1, 1))
    cutover.cut(cut(1, 10, 10))
    assert cutover.step(ends(10, 10), 0)
    assert cutover.active == 1
    assert not cutover.step(ends(10, 10), 0)


def test_a_new_count_waits_until_it_has_every_partition() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 11, 9))
    assert not cutover.step(ends(11, 10), 0)
    assert not cutover.frozen


def test_before_the_switch_the_old_count_stands_still_and_the_new_one_gets_all_it_may_hold() -> (
    None
):
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    assert not cutover.step(ends(14, 15), 0)  # rows of the old one may hold votes up to there
    assert cutover.frozen
    assert cutover.min_epoch == 2
    cutover.cut(cut(2, 14, 14))
    assert not cutover.step(ends(20, 20), 1)
    cutover.cut(cut(2, 14, 15))
    assert cutover.step(ends(25, 25), 2)
    assert (cutover.active, cutover.frozen) == (2, False)


def test_a_new_count_that_dies_gives_the_old_one_free_again() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    cutover.step(ends(14, 15), 0)
    assert not cutover.step(ends(14, 15), FREEZE_MS - 1)
    assert cutover.frozen
    assert not cutover.step(ends(14, 15), FREEZE_MS)
    assert not cutover.frozen


def test_a_hold_in_vain_is_not_begun_again_before_the_new_one_has_what_it_was_for() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    for now_ms in (0, FREEZE_MS, FREEZE_MS + 500):
        assert not cutover.step(ends(14, 15), now_ms)
    assert not cutover.frozen
    cutover.cut(cut(1, 16, 16))  # the old one goes on
    cutover.cut(cut(2, 16, 16))
    assert not cutover.step(ends(20, 20), FREEZE_MS + 1_000)
    assert cutover.frozen
    cutover.cut(cut(2, 20, 20))
    assert cutover.step(ends(20, 20), FREEZE_MS + 1_500)


def test_a_count_that_was_taken_back_is_not_shown() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    cutover.step(ends(10, 10), 0)
    cutover.forget(2)
    assert not cutover.step(ends(10, 10), 1)
    assert (cutover.active, cutover.frozen) == (1, False)


def test_cuts_of_a_count_that_stands_still_are_not_its_cuts() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    cutover.step(ends(14, 15), 0)
    assert not cutover.cut(cut(1, 14, 15))


def test_former_rows_go_once_when_no_query_can_read_them_any_more() -> None:
    cutover = showing_one()
    cutover.cut(cut(2, 10, 10))
    cutover.step(ends(10, 10), 1)
    assert cutover.step(ends(10, 10), 5)
    assert not cutover.forget_former(4 + FORGET_MS)
    assert cutover.forget_former(5 + FORGET_MS)
    assert not cutover.forget_former(6 + FORGET_MS)


def test_records_of_former_counts_are_left_out() -> None:
    batch = Batch(2)
    for epoch in (1, 2, 10):
        key = b'{"epoch":%d,"partition":0}' % epoch
        batch.add(PROGRESS.name, epoch, key, key)
    batch.add(PROGRESS.name, 4, b'{"epoch":1,"partition":1}', None)
    _, [insert] = batch.inserts()
    assert insert.rows == 2
    assert batch.progress() == [b'{"epoch":2,"partition":0}', b'{"epoch":10,"partition":0}']
    assert batch.retired_epochs() == {1}

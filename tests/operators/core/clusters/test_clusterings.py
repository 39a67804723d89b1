"""A change of the encoder begins another clustering, and no epoch is used twice."""

from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.clusterings import Clustering, Clusterings

FIRST = Clusterings(Clustering("many", 3))


def test_the_same_encoder_changes_nothing():
    assert FIRST.with_encoder("many") == FIRST
    making = FIRST.with_encoder("english")
    assert making.with_encoder("english") == making


def test_what_is_shown_stays_until_the_new_one_is_finished():
    making = FIRST.with_encoder("english")
    assert making.shown == FIRST.shown
    assert making.finished() == Clusterings(Clustering("english", 4))


@given(st.lists(st.sampled_from(["many", "english", "other", "FINISHED"])))
def test_epochs_count_up_and_the_newest_has_the_last_encoder(changes):
    which, epochs, last = FIRST, [3], "many"
    for change in changes:
        if change == "FINISHED":
            which = which.finished()
            continue
        before = which
        which, last = which.with_encoder(change), change
        newest = which.making or which.shown
        if which != before:
            epochs.append(newest.epoch)
    assert epochs == sorted(set(epochs))
    assert which.finished().shown.encoder == last

"""A stack at rest writes little: what has not changed is noted again only now and then."""

from pipelines.sink.last_noted import REPEAT_MS, LastNoted


def test_the_same_is_noted_again_only_when_the_note_is_old():
    now = [0]
    last = LastNoted(lambda: now[0])
    noted = []
    for now[0] in range(0, 3 * REPEAT_MS, 500):
        if last.differs_from({("votes", 0): 7}):
            noted.append(now[0])
    assert noted == [0, REPEAT_MS, 2 * REPEAT_MS]


def test_what_changed_is_noted_at_once_also_back_again():
    last = LastNoted(lambda: 0)
    assert [last.differs_from(place) for place in (7, 8, 8, 7)] == [True, True, False, True]

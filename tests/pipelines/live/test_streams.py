import asyncio

import pytest
from live_rows import NAME, PROPOSALS, TICKS, consultation, proposal

from pipelines.live import streams as subject
from pipelines.live.boards import PublicBoard
from pipelines.live.streams import Streams, TooManyStreamsError, event_of


def board(votes: int = 100, name: str = NAME) -> PublicBoard:
    return PublicBoard(consultation(name), [proposal("p1", votes=votes)], [], {}, None)


def test_who_comes_gets_the_newest_event_at_once_and_then_what_changes():
    streams = Streams(10)

    async def follow():
        seat = streams.take(NAME, "a")
        streams.publish(board(1))
        events = streams.events(seat, "")
        assert await anext(events) == event_of(board(1))
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        streams.publish(board(1))
        await asyncio.sleep(0)
        assert not waiting.done(), "nothing has changed"
        streams.publish(board(2))
        assert await waiting == event_of(board(2))

    asyncio.run(follow())


def test_who_comes_again_with_the_newest_id_is_sent_nothing_twice():
    streams = Streams(10)

    async def follow():
        seat = streams.take(NAME, "a")
        streams.publish(board(1))
        events = streams.events(seat, board(1).version)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        assert not waiting.done()
        streams.publish(board(2))
        assert await waiting == event_of(board(2))

    asyncio.run(follow())


def test_a_slow_follower_is_sent_the_newest_and_not_all_between():
    streams = Streams(10)

    async def follow():
        seat = streams.take(NAME, "a")
        events = streams.events(seat, "")
        for votes in range(1, 50):
            streams.publish(board(votes))
        assert await anext(events) == event_of(board(49))

    asyncio.run(follow())


def test_places_are_bounded_in_all_and_by_address_and_come_back(monkeypatch):
    monkeypatch.setattr(subject, "PER_ADDRESS", 2)
    streams = Streams(3)
    first, _, _ = streams.take(NAME, "a"), streams.take(NAME, "a"), streams.take("other", "b")
    for address in ("a", "c"):
        with pytest.raises(TooManyStreamsError):
            streams.take(NAME, address)
    streams.leave(first)
    streams.leave(first)
    assert streams.count == 2
    streams.take(NAME, "a")
    assert set(streams.followed) == {NAME, "other"}


def test_a_consultation_that_nobody_follows_any_more_is_forgotten():
    streams = Streams(3)
    streams.leave(streams.take(NAME, "a"))
    assert streams.followed == []
    streams.publish(board())  # for nobody


def test_an_event_says_what_stands_above_the_board_and_nothing_of_its_rows():
    found = event_of(PublicBoard(consultation(), PROPOSALS, [], {}, None)).decode()
    assert found.startswith("id: ")
    assert found.endswith("\n\n")
    assert TICKS[-1].strftime("%Y-%m-%dT%H:%M") in found
    assert "Text of" not in found

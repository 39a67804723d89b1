import asyncio
from datetime import timedelta

import pytest
from live_rows import NAME, PROPOSALS, TICKS, OpenRows, consultation, proposal

from pipelines.live import boards as subject
from pipelines.live.boards import Boards, NothingReadError, NotPublishedError, TooBusyError


def test_a_thousand_viewers_are_one_reading_and_an_edition_is_another():
    rows = OpenRows()
    boards = Boards(lambda: rows)

    async def watch():
        await asyncio.gather(*(boards.board(NAME) for _ in range(1000)))
        assert rows.asked["open.leaderboard"] == 1
        boards.renew()
        await asyncio.gather(*(boards.board(NAME) for _ in range(1000)))
        assert rows.asked["open.leaderboard"] == 2
        assert rows.asked["open.consultations"] == 2

    asyncio.run(watch())


def test_while_clickhouse_is_away_the_last_board_is_shown_as_stale_and_the_next_is_fresh():
    rows = OpenRows()
    boards = Boards(lambda: rows)

    async def watch():
        fresh = await boards.board(NAME)
        rows.away = True
        boards.renew()
        stale = await boards.board(NAME)
        assert not boards.answers
        assert (fresh.stale, stale.stale) == (False, True)
        assert stale.proposals == fresh.proposals
        assert stale.version != fresh.version, "followers are to learn of it"
        rows.away = False
        boards.renew()
        again = await boards.board(NAME)
        assert boards.answers
        assert again.version == fresh.version

    asyncio.run(watch())


def test_without_anything_from_before_it_says_so():
    rows = OpenRows(away=True)
    with pytest.raises(NothingReadError):
        asyncio.run(Boards(lambda: rows).board(NAME))


def test_a_version_changes_with_what_is_shown_and_not_otherwise():
    rows = OpenRows()
    boards = Boards(lambda: rows)

    async def watch():
        first = await boards.board(NAME)
        boards.renew()
        assert (await boards.board(NAME)).version == first.version
        rows.rows["open.leaderboard"] = [proposal("p1", text="corrected"), *PROPOSALS[1:]]
        boards.renew()
        assert (await boards.board(NAME)).version != first.version

    asyncio.run(watch())


def test_what_is_not_announced_or_was_not_published_yet_is_not_there():
    boards = Boards(OpenRows)

    async def watch():
        for name, at in (("unknown", None), (NAME, TICKS[0] - timedelta(seconds=1))):
            with pytest.raises(NotPublishedError):
                await boards.board(name, at)
        with pytest.raises(NotPublishedError):
            await boards.details(await boards.board(NAME), "unknown")

    asyncio.run(watch())


def test_a_past_moment_is_the_last_publication_not_after_it():
    boards = Boards(OpenRows)

    async def watch():
        for at, tick in ((TICKS[1], TICKS[1]), (TICKS[1] + timedelta(seconds=59), TICKS[1])):
            found = await boards.board(NAME, at)
            assert found.shown_at == tick
            assert found.proposals == PROPOSALS[:1]

    asyncio.run(watch())


def test_more_than_may_wait_is_refused_and_what_waits_is_answered(monkeypatch):
    monkeypatch.setattr(subject, "MAX_WAITING", 3)
    rows = OpenRows()
    names = [f"c{n}" for n in range(10)]
    rows.rows["open.consultations"] = [consultation(name) for name in names]
    boards = Boards(lambda: rows)

    async def watch():
        await boards.consultations()
        found = await asyncio.gather(
            *(boards.board(name) for name in names), return_exceptions=True
        )
        assert sum(isinstance(each, TooBusyError) for each in found) == 7
        assert sum(isinstance(each, subject.PublicBoard) for each in found) == 3

    asyncio.run(watch())


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(subject, "MAX_KEPT", 5)
    rows = OpenRows()
    boards = Boards(lambda: rows)

    async def watch():
        board = await boards.board(NAME)
        for _ in range(20):
            boards.renew()
            await boards.details(board, "p1")
            await boards.details(board, "p2")
        assert len(boards._kept) <= 5
        assert len(boards._last) <= 5

    asyncio.run(watch())

import asyncio
import threading
from collections import Counter

import pytest

from operators.core.errors import TransientError
from pipelines.live.operator.readings import WATCHED_MS, PacedReading, Readings

PATIENCE_S = 300


class Desk:
    """Two readings, with a clock that a test moves, and what was read how often."""

    def __init__(self) -> None:
        self.now, self.read, self.fails, self.takes_ms = 1_000_000, Counter[str](), False, 0
        self.gate = threading.Event()
        self.gate.set()
        self.readings = Readings(
            [
                PacedReading("quick", lambda: self.reading("quick"), 1, 4, "votes"),
                PacedReading("slow", lambda: self.reading("slow", self.gate), 10, 20, "tables"),
            ],
            clock=lambda: self.now,
        )

    def reading(self, name: str, gate: threading.Event | None = None) -> int:
        if gate:
            gate.wait(PATIENCE_S)
        self.read[name] += 1
        if name == "quick":
            self.now += self.takes_ms
        if self.fails:
            raise TransientError("away")
        return self.read[name]

    async def done(self) -> None:
        """Every reading that runs has ended."""
        tasks = [read.task for read in self.readings.found.values() if read.task]
        await asyncio.gather(*tasks)

    async def tick(self, later_ms: int = 0) -> None:
        self.now += later_ms
        self.readings.tick()
        await self.done()


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.gate.set()
    made.readings.close()


def test_while_nobody_looks_nothing_is_read(desk):
    async def nobody():
        for _ in range(5):
            await desk.tick(20_000)

    asyncio.run(nobody())
    assert not desk.read


def test_each_thing_is_read_at_its_pace_while_somebody_looks(desk):
    async def watched():
        desk.readings.viewers = 1
        for _ in range(21):
            await desk.tick(500)

    asyncio.run(watched())
    assert desk.read == {"quick": 11, "slow": 2}


def test_what_is_read_does_not_grow_with_viewers(desk):
    async def read_for(viewers: int) -> Counter[str]:
        before = desk.read.copy()
        desk.readings.viewers = viewers
        for _ in range(20):
            await asyncio.gather(*(desk.readings.look(PATIENCE_S) for _ in range(viewers)))
            await desk.tick(1_000)
        return desk.read - before

    async def both():
        return await read_for(1), await read_for(200)

    one, many = asyncio.run(both())
    assert many.total() <= one.total() + 2


def test_a_reading_rests_for_a_multiple_of_the_time_it_took(desk):
    async def watched():
        desk.readings.viewers = 1
        desk.takes_ms = 3_000
        await desk.tick()
        assert desk.read["quick"] == 1
        desk.takes_ms = 0
        await desk.tick(11_000)
        assert desk.read["quick"] == 1
        await desk.tick(10_000)
        assert desk.read["quick"] == 2

    asyncio.run(watched())


def test_a_slow_reading_holds_up_no_other_lane(desk):
    async def watched():
        desk.readings.viewers = 1
        desk.gate.clear()
        desk.readings.tick()
        await desk.readings.found["quick"].task
        assert (desk.read["quick"], desk.read["slow"]) == (1, 0)
        # Who asks for the page is not kept waiting by it.
        await asyncio.wait_for(desk.readings.look(0.01), PATIENCE_S)
        desk.gate.set()
        await desk.done()
        assert desk.readings.value("slow") == 1

    asyncio.run(watched())


def test_a_page_is_kept_waiting_for_votes_that_are_old_and_for_nothing_else(desk):
    async def watched():
        await desk.readings.look(PATIENCE_S)
        await desk.done()
        desk.now += 1_000
        await desk.readings.look(PATIENCE_S)
        assert desk.readings.found["quick"].task, "votes of a second ago are fresh"
        await desk.done()
        desk.now += 60_000
        desk.gate.clear()
        await desk.readings.look(PATIENCE_S)
        assert (desk.read["quick"], desk.read["slow"]) == (3, 1)
        assert desk.readings.found["slow"].task

    asyncio.run(watched())


def test_what_cannot_be_read_leaves_what_was_read_before(desk):
    async def watched():
        desk.readings.viewers = 1
        await desk.tick()
        at = desk.readings.found["quick"].at
        desk.fails = True
        await desk.tick(60_000)
        found = desk.readings.found["quick"]
        assert (found.value, found.at, found.failed) == (1, at, True)
        desk.fails = False
        await desk.tick(60_000)
        assert (found.value, found.failed) == (3, False)

    asyncio.run(watched())


def test_who_loaded_the_page_looks_at_it_for_a_while(desk):
    async def loaded():
        await desk.readings.look(PATIENCE_S)
        await desk.done()
        assert desk.readings.watched
        desk.now += WATCHED_MS
        assert not desk.readings.watched

    asyncio.run(loaded())


def test_viewers_wake_up_when_something_was_read(desk):
    async def watched():
        desk.readings.viewers = 1
        changed, version = desk.readings.changed, desk.readings.version
        await desk.tick()
        await asyncio.wait_for(changed.wait(), PATIENCE_S)
        assert desk.readings.version > version

    asyncio.run(watched())

"""Work at ticks: once each, in order, whatever one step does."""

import pytest

from infra.service.periodic_metrics import (
    PERIODIC_FAILED,
    PERIODIC_MISSED,
    PERIODIC_SKIPPED,
    PERIODIC_TICK,
)
from pipelines.periodic.scheduler import MINUTE_MS, SETTLE_MS, Scheduler, Task

NOON = 1_780_000_000_000 // MINUTE_MS * MINUTE_MS


class Stage:
    """A clock that tests set, and tasks that note what they were asked for."""

    def __init__(self, *names: str) -> None:
        self.now_ms = NOON + SETTLE_MS
        self.ran: list[tuple[str, int]] = []
        self.connections = 0
        self.fault: Exception | None = None
        self.takes_ms = 0
        self.lags = False

        def clock() -> int:
            return self.now_ms

        tasks = tuple(Task(name, self.step(name), waits=name == "waits") for name in names)
        self.ticks = Scheduler(tasks, self.connect, clock, clock, lambda _: self.lags)

    def connect(self):
        self.connections += 1
        return self.connections

    def step(self, name: str):
        def run(clickhouse, tick_ms: int) -> None:
            assert clickhouse == self.connections
            self.ran.append((name, tick_ms))
            if name == "slow":
                self.now_ms += self.takes_ms
            if name == "bad" and self.fault:
                raise self.fault

        return run


def test_each_mark_is_worked_on_once_in_the_order_of_the_steps():
    stage = Stage("one", "two")
    assert stage.ticks.step()
    assert not stage.ticks.step()
    stage.now_ms += MINUTE_MS - 1
    assert not stage.ticks.step()
    stage.now_ms += 1
    assert stage.ticks.step()
    assert stage.ran == [
        ("one", NOON), ("two", NOON), ("one", NOON + MINUTE_MS), ("two", NOON + MINUTE_MS),
    ]  # fmt: skip
    assert PERIODIC_TICK._value.get() == (NOON + MINUTE_MS) / 1000


def test_a_mark_is_not_due_before_its_inserts_are_over():
    stage = Stage("one")
    stage.now_ms = NOON + SETTLE_MS - 1
    stage.ticks.step()
    assert stage.ran == [("one", NOON - MINUTE_MS)]


@pytest.mark.parametrize("fault", [ValueError("no"), ConnectionError("away")])
def test_a_step_that_fails_is_counted_and_stops_no_other(fault):
    stage = Stage("bad", "good")
    stage.fault = fault
    failed = PERIODIC_FAILED.labels("bad")._value.get()
    stage.ticks.step()
    assert [name for name, _ in stage.ran] == ["bad", "good"]
    assert PERIODIC_FAILED.labels("bad")._value.get() == failed + 1
    assert stage.connections == (2 if isinstance(fault, ConnectionError) else 1)


def test_marks_that_passed_meanwhile_are_counted_and_the_newest_is_next():
    stage = Stage("one")
    stage.ticks.step()
    missed = PERIODIC_MISSED._value.get()
    stage.now_ms += 3 * MINUTE_MS
    stage.ticks.step()
    assert stage.ran == [("one", NOON), ("one", NOON + 3 * MINUTE_MS)]
    assert PERIODIC_MISSED._value.get() == missed + 2


def test_a_clock_that_steps_back_repeats_no_mark():
    stage = Stage("one")
    stage.ticks.step()
    stage.now_ms -= 5 * MINUTE_MS
    assert not stage.ticks.step()


def test_a_slow_step_rests_so_that_a_twentieth_of_the_time_is_its():
    stage = Stage("slow", "quick")
    rested = PERIODIC_SKIPPED.labels("slow")._value.get()
    stage.takes_ms = 15_000
    for _ in range(12):
        stage.ticks.step()
        stage.now_ms = (stage.now_ms // MINUTE_MS + 1) * MINUTE_MS + SETTLE_MS
    assert [tick for name, tick in stage.ran if name == "slow"] == [
        NOON, NOON + 5 * MINUTE_MS, NOON + 10 * MINUTE_MS,
    ]  # fmt: skip
    assert [tick for name, tick in stage.ran if name == "quick"] == [
        NOON + minute * MINUTE_MS for minute in range(12)
    ]
    assert PERIODIC_SKIPPED.labels("slow")._value.get() == rested + 9


def test_a_step_waits_while_counting_is_behind_ten_minutes_at_most():
    stage = Stage("waits", "other")
    rested = PERIODIC_SKIPPED.labels("waits")._value.get()
    stage.lags = True
    for _ in range(13):
        stage.ticks.step()
        stage.now_ms += MINUTE_MS
    assert [tick for name, tick in stage.ran if name == "waits"] == [NOON + 10 * MINUTE_MS]
    assert len([name for name, _ in stage.ran if name == "other"]) == 13
    assert PERIODIC_SKIPPED.labels("waits")._value.get() == rested + 12
    stage.lags = False
    stage.ticks.step()
    assert stage.ran[-2:] == [("waits", NOON + 13 * MINUTE_MS), ("other", NOON + 13 * MINUTE_MS)]

"""The runner: work again and again, a heartbeat meanwhile, an end when asked."""

import json
from threading import Event, Thread

import pytest

from infra.config.settings import Settings
from infra.service.heartbeat import Heartbeat, last_beat
from infra.service.runner import repeat, repeat_beside
from operators.core.errors import TerminalError


class CountingWork:
    """Counts its steps and asks for the end after some of them."""

    def __init__(self, stop: Event, steps: int) -> None:
        self.stop, self.left = stop, steps
        self.fault: Exception | None = None

    def step(self) -> float:
        if self.fault is not None:
            raise self.fault
        self.left -= 1
        if self.left == 0:
            self.stop.set()
        return 0.0

    def beat(self):
        return {"ready": True, "left": self.left}

    def close(self) -> None:
        raise AssertionError("whoever repeats does not close")


@pytest.fixture
def heartbeat(tmp_path):
    return Heartbeat(Settings(home=tmp_path), "worker")


def facts(tmp_path):
    return json.loads((tmp_path / "run" / "worker.heartbeat.json").read_text())


def test_it_repeats_the_step_until_the_process_is_asked_to_stop(heartbeat, tmp_path):
    work = CountingWork(stop := Event(), steps=5)
    repeat(work, stop, heartbeat)
    assert work.left == 0
    assert facts(tmp_path)["left"] == 4, "the first heartbeat follows the first step"


def test_an_error_of_short_work_ends_the_process(heartbeat):
    work = CountingWork(stop := Event(), steps=5)
    work.fault = OSError("gone")
    with pytest.raises(OSError, match="gone"):
        repeat(work, stop, heartbeat)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_of_long_work_ends_the_process_too(heartbeat):
    work = CountingWork(stop := Event(), steps=5)
    work.fault = OSError("gone")
    with pytest.raises(TerminalError, match="ended with an error"):
        repeat_beside(work, stop, heartbeat, longest_ms=1_000, poll_s=0.01)


def test_the_heartbeat_does_not_wait_for_a_long_step_and_says_when_it_hangs(tmp_path):
    now_ms = [0]
    stop, entered, leave = Event(), Event(), Event()

    class LongWork(CountingWork):
        def step(self) -> float:
            entered.set()
            leave.wait()
            return 0.0

    settings = Settings(home=tmp_path)
    wall_ms = [1_000]
    heartbeat = Heartbeat(settings, "worker", clock=lambda: wall_ms[0])

    def ready() -> bool | None:
        beat = last_beat(settings, "worker", clock=lambda: wall_ms[0])
        return None if beat is None else beat.ready

    def until(wanted: bool) -> None:
        while ready() is not wanted:
            wall_ms[0] += 1_000  # each look is due
            stop.wait(0.01)

    runner = Thread(
        target=repeat_beside,
        args=(LongWork(stop, 1), stop, heartbeat, 600_000, lambda: now_ms[0], 0.01),
    )
    runner.start()
    try:
        assert entered.wait(60)
        until(wanted=True)
        now_ms[0] = 600_001
        until(wanted=False)
    finally:
        stop.set()
        leave.set()
        runner.join()

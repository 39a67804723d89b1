"""Waiting ends with the first true answer, or when the time is over."""

import pytest

from infra.service import waiting
from infra.service.waiting import wait_until


class FakeTime:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    found = FakeTime()
    monkeypatch.setattr(waiting, "time", found)
    return found


def test_the_first_true_answer_is_returned_without_another_pause(time: FakeTime) -> None:
    answers = iter([None, 0, "ready", "later"])
    assert wait_until(lambda: next(answers), timeout_s=10, every_s=0.5) == "ready"
    assert time.slept == [0.5, 0.5]


def test_a_condition_that_holds_is_not_waited_for(time: FakeTime) -> None:
    assert wait_until(lambda: True, timeout_s=0, every_s=1)
    assert time.slept == []


def test_when_the_time_is_over_the_last_answer_is_not_true(time: FakeTime) -> None:
    asked: list[float] = []

    def never() -> bool:
        asked.append(time.now_s)
        return False

    assert wait_until(never, timeout_s=1, every_s=0.4) is False
    assert asked == pytest.approx([100.0, 100.4, 100.8, 101.2])  # asked once more at the end


def test_what_the_condition_raises_ends_the_wait(time: FakeTime) -> None:
    def broken() -> bool:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        wait_until(broken, timeout_s=10, every_s=1)

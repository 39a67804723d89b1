"""Waiting for something that another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float, every_s: float) -> T:
    """Ask again and again until the answer is true, or the time is over.

    Args:
        condition: Asked at least once; what it raises is raised.
        timeout_s: Longest wait, s.
        every_s: Pause after each answer that is not true, s.

    Returns:
        The last answer; it is not true if the time was over.

    Example:
        >>> answers = iter([0, 0, 7])
        >>> wait_until(lambda: next(answers), timeout_s=60, every_s=0)
        7
        >>> wait_until(lambda: "", timeout_s=0, every_s=0)
        ''
    """
    end_s = time.monotonic() + timeout_s
    while not (answer := condition()) and time.monotonic() < end_s:
        time.sleep(every_s)
    return answer

"""Stopping kindly: the supervisor asks with SIGTERM, a person with Ctrl-C."""

import signal
from threading import Event
from types import FrameType


def stop_requested() -> Event:
    """An event that is set when this process is asked to stop."""
    event = Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        event.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return event

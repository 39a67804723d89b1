"""What set-up says in the terminal."""
# ruff: noqa: T201 - it runs before the logging library is installed

import sys
import time

HEARTBEAT_S = 30.0


def say(sentence: str) -> None:
    """Say how it goes."""
    print(sentence, flush=True)


def complain(sentence: str) -> None:
    """Say what is wrong."""
    print(sentence, file=sys.stderr)


class Progress:
    """One step's line: counted up on a terminal, repeated now and then in a log."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._terminal = sys.stdout.isatty()
        self._started = self._spoken = time.monotonic()
        if not self._terminal:
            self._say(" …")

    def tick(self) -> None:
        """Say how long it takes; to be called about once a second."""
        now = time.monotonic()
        seconds = f" … {now - self._started:.0f} s"
        if self._terminal:
            self._say(seconds, end="")
        elif now - self._spoken >= HEARTBEAT_S:
            self._spoken = now
            self._say(seconds)

    def done(self) -> None:
        """Say that it is done, and how long it took."""
        self._say(f": done in {time.monotonic() - self._started:.1f} s")

    def _say(self, text: str, end: str = "\n") -> None:
        back = "\r" if self._terminal else ""  # over what the line said before
        print(f"{back}setup: {self._title}{text}", end=end, flush=True)

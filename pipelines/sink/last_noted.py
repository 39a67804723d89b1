"""Whether what is to be noted is worth a write."""

from typing import Final

from operators.core.clock import Clock

REPEAT_MS: Final = 10_000
"""What has not changed is noted again so often: readers see when it was last so."""


class LastNoted:
    """Remembers what was noted last.

    >>> now = [0]
    >>> last = LastNoted(lambda: now[0])
    >>> last.differs_from({"log": 5}), last.differs_from({"log": 5}), last.differs_from({"log": 6})
    (True, False, True)
    >>> now[0] = 10_000
    >>> last.differs_from({"log": 6}), last.differs_from({"log": 6})
    (True, False)
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing noted.

        Args:
            clock: Monotonic, ms.
        """
        self._clock = clock
        self._noted: object = None
        self._noted_ms = 0

    def differs_from(self, noted: object) -> bool:
        """Whether this differs from what was noted last, or that was `REPEAT_MS` ago."""
        now_ms = self._clock()
        if noted == self._noted and now_ms - self._noted_ms < REPEAT_MS:
            return False
        self._noted, self._noted_ms = noted, now_ms
        return True

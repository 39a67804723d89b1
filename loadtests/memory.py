"""Peak memory: a thread samples resident memory by service and keeps the greatest values."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

SAMPLE_EVERY_S: Final = 1.0


class PeakMemory(threading.Thread):
    """Samples memory until it is ended.

    Args:
        sample: Returns the resident memory of each service now, MiB.
        every_s: Time between two samples, s.

    Attributes:
        peak_mb: The greatest memory seen so far, MiB, by service.
    """

    def __init__(
        self, sample: Callable[[], Mapping[str, int]], every_s: float = SAMPLE_EVERY_S
    ) -> None:
        super().__init__(daemon=True, name="peak-memory")
        self._sample, self._every_s = sample, every_s
        self._ended = threading.Event()
        self.peak_mb: dict[str, int] = {}

    def run(self) -> None:
        """Sample at once, then again and again until ended."""
        self._take()
        while not self._ended.wait(self._every_s):
            self._take()

    def end(self) -> None:
        """Sample for the last time and stop."""
        self._ended.set()
        self.join()
        self._take()

    def _take(self) -> None:
        for service, size_mb in self._sample().items():
            self.peak_mb[service] = max(size_mb, self.peak_mb.get(service, 0))


@contextmanager
def watching_memory(
    sample: Callable[[], Mapping[str, int]], every_s: float = SAMPLE_EVERY_S
) -> Iterator[dict[str, int]]:
    """Watch memory within the block; yields the peaks by service, which grow meanwhile."""
    watcher = PeakMemory(sample, every_s)
    watcher.start()
    try:
        yield watcher.peak_mb
    finally:
        watcher.end()

"""What the server measures: the interface that a caller implements with its own metrics."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class MetricsSink(Protocol):
    """Receives the measurements; event loops in two threads call it, so it must not block."""

    def request(self, pool: str) -> AbstractContextManager[None]:
        """Entered when a request was read, left when it is answered: its duration and number."""

    def failed(self, pool: str, code: int) -> None:
        """A request was refused or failed with this error code of ClickHouse."""

    def memory(self, *, tracked: int, resident: int) -> None:
        """Bytes that the engine tracks, and that the process occupies."""

    def exposition(self) -> bytes:
        """All of it as text, the body of `GET /metrics`."""


class NoMetrics:
    """Measures nothing; `GET /metrics` answers with an empty body."""

    def request(self, pool: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the interface
        """Measure nothing."""
        return nullcontext()

    def failed(self, pool: str, code: int) -> None:
        """Count nothing."""

    def memory(self, *, tracked: int, resident: int) -> None:
        """Keep nothing."""

    def exposition(self) -> bytes:
        """Nothing."""
        return b""

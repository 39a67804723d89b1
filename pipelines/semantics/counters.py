"""What the semantics job's function counts, handed to the process that reports it.

The function runs within Flink's Java process and only while proposals come; the heartbeat with the
metrics is written by the Python process beside it, always. Between them lies one small file of
numbers that both map into memory: a number costs a function nothing, and a restart of the job
within its process loses none.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.config.settings import Settings
from infra.service import metrics
from models.cache import CachedEncoder
from operators.core.clusters.state_size import StateSize
from operators.core.clusters.thresholds import Thresholds
from pipelines.semantics.encoder import load_encoder

TOTALS: Final = {
    "proposals": metrics.SEMANTICS_PROPOSALS,
    "encoding_s": metrics.SEMANTICS_ENCODING,
    "hits": metrics.SEMANTICS_HITS,
    "misses": metrics.SEMANTICS_MISSES,
}
STATES: Final = {
    "paused": metrics.SEMANTICS_CACHE_PAUSED,
    "kept": metrics.SEMANTICS_KEPT,
    "micro_clusters": metrics.SEMANTICS_MICRO_CLUSTERS,
    "bytes": metrics.SEMANTICS_STATE,
}
_PLACE: Final = {name: place for place, name in enumerate((*TOTALS, *STATES))}


def page_of(settings: Settings) -> Path:
    """Where the numbers are."""
    return settings.run / "semantics.numbers"


class Reporter:
    """The side of the process: its page begins with zeros, as counters do when a service starts."""

    def __init__(self, page: Path) -> None:
        page.parent.mkdir(parents=True, exist_ok=True)
        self._page = np.memmap(page, np.float64, "w+", shape=(len(_PLACE),))
        self._reported = np.zeros(len(_PLACE))

    def report(self) -> None:
        """Bring the metrics up to what the function has counted."""
        now = np.array(self._page)
        for name, counter in TOTALS.items():
            counter.inc(now[_PLACE[name]] - self._reported[_PLACE[name]])
        for name, gauge in STATES.items():
            gauge.set(now[_PLACE[name]])
        self._reported = now


class MeasuredEncoder:
    """The side of the function: an encoder that is timed, and the sizes of what is kept."""

    def __init__(
        self,
        page: Path,
        encoder: CachedEncoder,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._page = np.memmap(page, np.float64, "r+", shape=(len(_PLACE),))
        self._encoder, self._monotonic = encoder, monotonic
        self._sizes: dict[str, StateSize] = {}
        for name in STATES:  # a function that starts anew knows no consultation yet
            self._set(name, 0)

    @property
    def model(self) -> str:
        """Name and version."""
        return self._encoder.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `models.encoder.Encoder`."""
        begun, hits, misses = self._monotonic(), self._encoder.hits, self._encoder.misses
        vectors = self._encoder.encode(texts)
        self._add("encoding_s", self._monotonic() - begun)
        self._add("hits", self._encoder.hits - hits)
        self._add("misses", self._encoder.misses - misses)
        self._set("paused", self._encoder.paused)
        return vectors

    def clustered(self, consultation: str, size: StateSize) -> None:
        """Count a proposal; `size` is what is kept of its consultation now."""
        before = self._sizes.get(consultation, StateSize(0, 0, 0, 0))
        self._sizes[consultation] = size
        self._add("proposals", 1)
        self._add("kept", size.proposals - before.proposals)
        self._add("micro_clusters", size.micro_clusters - before.micro_clusters)
        self._add("bytes", size.bytes - before.bytes)

    def _add(self, name: str, more: float) -> None:
        self._page[_PLACE[name]] += more

    def _set(self, name: str, value: float) -> None:
        self._page[_PLACE[name]] = value


def load_watched() -> tuple[MeasuredEncoder, Thresholds]:
    """The encoder for the semantics job, with the cosines that clusters begin with.

    Flink calls this where its function runs, so it reads the settings itself.

    Raises:
        TerminalError: Its files are missing or not those of the manifest.
    """
    encoder, thresholds = load_encoder()
    return MeasuredEncoder(page_of(Settings()), encoder), thresholds

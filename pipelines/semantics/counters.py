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
from pipelines.semantics.encoder import InstalledEncoders

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


class NumbersPage:
    """The side of the function: where it writes its numbers."""

    def __init__(self, page: Path) -> None:
        self._page = np.memmap(page, np.float64, "r+", shape=(len(_PLACE),))
        for name in STATES:  # a function that starts anew knows no consultation yet
            self.set(name, 0)

    def add(self, name: str, more: float) -> None:
        """Count."""
        self._page[_PLACE[name]] += more

    def set(self, name: str, value: float) -> None:
        """Say how something is now."""
        self._page[_PLACE[name]] = value


class MeasuredEncoder:
    """An encoder that is timed. See `models.encoder.Encoder`."""

    def __init__(
        self, numbers: NumbersPage, encoder: CachedEncoder, monotonic: Callable[[], float]
    ) -> None:
        self._numbers, self._encoder, self._monotonic = numbers, encoder, monotonic

    @property
    def model(self) -> str:
        """Name and version."""
        return self._encoder.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def reads(self, text: str) -> bool:
        """Whether the encoder knows most of a text's letters."""
        return self._encoder.reads(text)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, as an array (texts, dimension)."""
        begun, hits, misses = self._monotonic(), self._encoder.hits, self._encoder.misses
        vectors = self._encoder.encode(texts)
        self._numbers.add("encoding_s", self._monotonic() - begun)
        self._numbers.add("hits", self._encoder.hits - hits)
        self._numbers.add("misses", self._encoder.misses - misses)
        self._numbers.set("paused", self._encoder.paused)
        return vectors


class MeasuredEncoders:
    """The installation's encoders, each loaded when first asked for, and the sizes of what is kept.

    One that has been loaded stays in memory until the process ends.
    """

    def __init__(
        self,
        page: Path,
        installed: InstalledEncoders,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._numbers, self._installed, self._monotonic = NumbersPage(page), installed, monotonic
        self._loaded: dict[str, MeasuredEncoder] = {}
        self._sizes: dict[str, StateSize] = {}

    def choose(self, languages: Sequence[str], wanted: str) -> str:
        """The name of a consultation's encoder: see `models.choice`."""
        return self._installed.choose(languages, wanted)

    def get(self, name: str) -> tuple[MeasuredEncoder, Thresholds]:
        """An encoder, with the cosines that clusters begin with.

        Raises:
            TerminalError: Its files are missing or not those of the manifest.
        """
        if name not in self._loaded:
            loaded = self._installed.load(name)
            self._loaded[name] = MeasuredEncoder(self._numbers, loaded, self._monotonic)
        return self._loaded[name], self._installed.thresholds(name)

    def clustered(self, consultation: str, size: StateSize) -> None:
        """Count a proposal; `size` is what is kept of its consultation now."""
        before = self._sizes.get(consultation, StateSize(0, 0, 0, 0))
        self._sizes[consultation] = size
        self._numbers.add("proposals", 1)
        self._numbers.add("kept", size.proposals - before.proposals)
        self._numbers.add("micro_clusters", size.micro_clusters - before.micro_clusters)
        self._numbers.add("bytes", size.bytes - before.bytes)


def load_watched() -> MeasuredEncoders:
    """The encoders for the semantics job.

    Flink calls this where its function runs, so it reads the settings itself.

    Raises:
        TerminalError: The default encoder is not there.
    """
    settings = Settings()
    return MeasuredEncoders(page_of(settings), InstalledEncoders(settings))

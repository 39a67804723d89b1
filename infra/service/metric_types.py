"""What a metric is before it is measured, and the registry of one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Kind = Literal["counter", "gauge", "histogram"]
Unit = Literal[
    "",
    "seconds",
    "bytes",
    "messages",
    "rows",
    "records",
    "votes",
    "requests",
    "ticks",
    "ratio",
    "proposals",
    "texts",
]

# A counter's time of birth would be a second series for each.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

SERVICE: Final = "service"
"""The label that says whose metric it is, where one address serves several services."""

SHORT_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
LONG_S: Final = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30, 60, 120)
SIZES: Final = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric before it is measured.

    Attributes:
        name: As Prometheus stores it; of a histogram, without ``_bucket`` and the like.
        kind: Its type.
        unit: What a 1 means; empty for a state.
        labels: Without `SERVICE`.
        about: Its meaning.
        source: Who measures it.
    """

    name: str
    kind: Kind
    unit: Unit
    labels: tuple[str, ...]
    about: str
    source: str

    @property
    def samples(self) -> set[str]:
        """The names of its samples."""
        if self.kind == "histogram":
            return {f"{self.name}_{end}" for end in ("bucket", "sum", "count")}
        return {self.name}


class Source:
    """The metrics of one process.

    Attributes:
        name: Of the process.
        registry: Holds their values.
        metrics: All of them.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.registry = CollectorRegistry(auto_describe=True)
        self.metrics: list[Metric] = []

    def counter(self, name: str, unit: Unit, about: str, labels: Sequence[str] = ()) -> Counter:
        """Something that only grows."""
        self.declare(name, "counter", unit, about, labels)
        return Counter(name, about, labels, registry=self.registry)

    def gauge(self, name: str, unit: Unit, about: str, labels: Sequence[str] = ()) -> Gauge:
        """Something that goes up and down."""
        self.declare(name, "gauge", unit, about, labels)
        return Gauge(name, about, labels, registry=self.registry)

    def histogram(
        self,
        name: str,
        unit: Unit,
        about: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float],
    ) -> Histogram:
        """How often something was how large."""
        self.declare(name, "histogram", unit, about, labels)
        return Histogram(name, about, labels, registry=self.registry, buckets=buckets)

    def declare(
        self, name: str, kind: Kind, unit: Unit, about: str, labels: Sequence[str] = ()
    ) -> Metric:
        """List a metric; that is all for one that somebody else measures."""
        metric = Metric(name, kind, unit, tuple(labels), about, self.name)
        self.metrics.append(metric)
        return metric

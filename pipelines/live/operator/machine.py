"""What the page shows of services, metrics and disk: as `tutti status` and `/metrics` have it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from infra.config.settings import Settings
from infra.local.status import ServiceStatus, status
from infra.local.supervisor import unexpected_ends
from infra.service.local_http import fetch
from operators.core.clock import Clock, system_clock

METRICS_S: Final = 2.0
MAX_SAMPLES: Final = 20_000
RESTARTS: Final = timedelta(hours=1)
"""Unexpected ends of services are counted for so long."""

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Samples by name; empty where nobody answers."""

    samples: Mapping[str, list[tuple[dict[str, str], float]]] = field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """The one sample of that name, or the sum of several; None if there is none."""
        found = self.samples.get(name)
        return sum(value for _, value in found) if found else None

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The samples of a name that are not 0, by some of their labels."""
        summed: dict[tuple[str, ...], float] = {}
        for given, value in self.samples.get(name, ()):
            key = tuple(given.get(label, "") for label in labels)
            if value:
                summed[key] = summed.get(key, 0.0) + value
        return summed


@dataclass(frozen=True, slots=True)
class Machine:
    """One look at what runs.

    Attributes:
        services: As in ``tutti status``.
        metrics: Those of all services.
        disk_free: Bytes that are free where the data lie.
        disk_size: Bytes there are.
        ends: Service → how often it ended unexpectedly in the last hour.
    """

    services: list[ServiceStatus]
    metrics: Metrics
    disk_free: int
    disk_size: int
    ends: dict[str, int]

    @property
    def disk_share(self) -> float:
        """Share of the disk that is free."""
        return self.disk_free / max(1, self.disk_size)

    def fact(self, service: str, name: str) -> float | None:
        """A number that a service says of itself."""
        for found in self.services:
            if found.service == service and isinstance(found.facts.get(name), int | float):
                return float(found.facts[name])
        return None


def parsed(text: str) -> Metrics:
    """Metrics in Prometheus's format, as far as they are numbers of ours."""
    samples: dict[str, list[tuple[dict[str, str], float]]] = {}
    for count, family in enumerate(text_string_to_metric_families(text)):
        if count > MAX_SAMPLES:
            break
        for sample in family.samples:
            if not sample.name.endswith(("_bucket", "_created")):
                samples.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return Metrics(samples)


def read_machine(settings: Settings, clock: Clock = system_clock) -> Machine:
    """Look at everything once."""
    text = fetch(f"http://127.0.0.1:{settings.metrics_port}/metrics", METRICS_S)
    disk = shutil.disk_usage(settings.home)
    now = datetime.fromtimestamp(clock() / 1000, UTC)
    return Machine(
        status(settings),
        parsed(text.decode(errors="replace")) if text else Metrics(),
        disk.free,
        disk.total,
        unexpected_ends(settings, now - RESTARTS),
    )

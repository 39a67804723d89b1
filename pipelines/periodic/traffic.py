"""Task `traffic`: ballots by consultation, country and source as metrics, in bounded number.

Ids, countries and sources are what campaigns send, so anybody could make as many as they like, and
Prometheus keeps each as a series of its own. So the most frequent of a day have a series, and the
others are `OTHER` together: `MAX_SERIES` at most.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from clickhouse_connect.driver.client import Client
from prometheus_client import Gauge

from infra.clickhouse.traffic import (
    ConsultationTraffic,
    Label,
    consultation_traffic,
    named_traffic,
    new_signals,
)
from infra.service.periodic_metrics import (
    CONSULTATION_EARLIER,
    CONSULTATION_OPEN,
    CONSULTATION_RECENT,
    CONSULTATION_SIGNALS,
    COUNTRY_EARLIER,
    COUNTRY_RECENT,
    SOURCE_EARLIER,
    SOURCE_RECENT,
)

TASK: Final = "traffic"
MAX_CONSULTATIONS: Final = 20
MAX_COUNTRIES: Final = 30
"""Of a consultation."""
MAX_SOURCES: Final = 10
"""Of a consultation."""
OTHER: Final = "other"
NONE: Final = "none"
"""An empty label would be the same to Prometheus as no label."""
MAX_SERIES: Final = 2 * (MAX_CONSULTATIONS + 1) + MAX_CONSULTATIONS * (
    2 + 2 * (MAX_COUNTRIES + 1) + 2 * (MAX_SOURCES + 1)
)
_BY: Final[tuple[tuple[Label, int, Gauge, Gauge], ...]] = (
    ("country", MAX_COUNTRIES, COUNTRY_RECENT, COUNTRY_EARLIER),
    ("source", MAX_SOURCES, SOURCE_RECENT, SOURCE_EARLIER),
)

Labels = tuple[str, ...]
Values = dict[Labels, float]


class TrafficGauges:
    """Sets the gauges at each tick, and takes away what is not among the most frequent any more."""

    def __init__(self) -> None:
        self._shown: dict[Gauge, set[Labels]] = {}

    def measure(self, clickhouse: Client, tick_ms: int) -> None:
        """Count what the archive holds at this tick."""
        found = consultation_traffic(clickhouse, tick_ms, MAX_CONSULTATIONS)
        names = [row.consultation_id for row in found]
        self._show(CONSULTATION_OPEN, {(row.consultation_id,): row.open for row in found})
        signals = new_signals(clickhouse, tick_ms, names)
        self._show(CONSULTATION_SIGNALS, {(name,): signals.get(name, 0) for name in names})
        self._show(CONSULTATION_RECENT, _consultations(found, "recent"))
        self._show(CONSULTATION_EARLIER, _consultations(found, "earlier"))
        for label, most, recent, earlier in _BY:
            rows = named_traffic(clickhouse, tick_ms, label, names, most)
            for gauge, which in ((recent, "recent"), (earlier, "earlier")):
                totals = {row.consultation_id: getattr(row, which) for row in found}
                counts = [(row.consultation_id, row.name, getattr(row, which)) for row in rows]
                self._show(gauge, _named(counts, totals))

    def _show(self, gauge: Gauge, values: Mapping[Labels, float]) -> None:
        """First what is new, then what goes: the heartbeat may write between any two of them."""
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        for labels in self._shown.get(gauge, set()) - values.keys():
            gauge.remove(*labels)
        self._shown[gauge] = set(values)


def _consultations(found: list[ConsultationTraffic], which: str) -> Values:
    counts = [((row.consultation_id,), getattr(row, which)) for row in found]
    total = getattr(found[0], f"all_{which}") if found else 0
    return _added([*counts, ((OTHER,), total - sum(count for _, count in counts))])


def _named(rows: Iterable[tuple[str, str, int]], totals: dict[str, int]) -> Values:
    counts = [((consultation, name or NONE), count) for consultation, name, count in rows]
    rest = dict(totals)
    for (consultation, _), count in counts:
        rest[consultation] -= count
    # The archive may have got ballots between two answers.
    others = [((consultation, OTHER), max(0, count)) for consultation, count in rest.items()]
    return _added([*counts, *others])


def _added(counts: Iterable[tuple[Labels, float]]) -> Values:
    """With the counts of equal labels added: somebody may be called `OTHER`."""
    values: Values = {}
    for labels, count in counts:
        values[labels] = values.get(labels, 0) + count
    return values

"""The metrics, from ``infra/service/metrics.py``."""

from docs.generate.markdown import code, codes, table
from infra.service.metric_types import SERVICE, Metric, Source
from infra.service.metrics import CLICKHOUSE, SOURCES


def metrics() -> str:
    """Every metric, by the service that measures it."""
    return "\n".join(_section(source) for source in SOURCES)


def _section(source: Source) -> str:
    rows = (
        [code(metric.name), metric.about, metric.kind, metric.unit, codes(labels(metric), " ")]
        for metric in source.metrics
    )
    return f"## {source.name}\n\n" + table(["metric", "meaning", "type", "unit", "labels"], rows)


def labels(metric: Metric) -> tuple[str, ...]:
    """With the one that says whose metric it is, where one address serves several services."""
    return metric.labels if metric.source == CLICKHOUSE.name else (SERVICE, *metric.labels)

"""Prometheus scrapes what runs without Kafka and Flink: the metrics port, and ClickHouse."""

import os
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from clickhouse_server import insert_votes
from prometheus_process import (
    PATIENCE_S,
    Prometheus,
    expressions,
    named_metrics,
    rules,
    running_prometheus,
)
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from infra.service.flink_metrics import FLINK
from infra.service.heartbeat import Heartbeat
from infra.service.metrics import CLICKHOUSE, METRICS, SOURCES
from infra.service.metrics_server import PUSH_PATH, PUSH_TOKEN, Gathered, serve
from operators.core.clock import system_clock
from pipelines.periodic.scheduler import MINUTE_MS
from pipelines.periodic.traffic import TrafficGauges

STRANGE = "cities'\"\\{}\u2028ß"


def with_every_label() -> None:
    """A metric with labels has no series before something was measured."""
    for source in SOURCES:
        for collector in list(source.registry._collector_to_names):
            labels = getattr(collector, "_labelnames", ())
            if labels and not collector._metrics:
                collector.labels(*("x" for _ in labels))


def push_flinks(settings: Settings) -> None:
    """What Flink's reporter sends, as text."""
    lines = []
    for metric in FLINK.metrics:
        labels = ",".join(f'{label}="x"' for label in metric.labels)
        lines.append(f"{metric.name}{{{labels}}} 1.0\n")
    path = PUSH_PATH + (settings.home / "secrets" / PUSH_TOKEN).read_text()
    connection = HTTPConnection("127.0.0.1", settings.metrics_port, timeout=60)
    connection.request("PUT", path, "".join(lines))
    assert connection.getresponse().status == 202
    connection.close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    home = folder / "home of tutti"
    home.mkdir()
    with ready_clickhouse(home) as settings:
        clickhouse = connect(settings)
        now_ms = system_clock()
        vote = {"consultation_id": STRANGE, "proposal_id": "p", "source": STRANGE}
        insert_votes(
            clickhouse,
            [vote | {"participant": n, "origin_ms": now_ms - MINUTE_MS} for n in range(5)],
        )
        TrafficGauges().measure(clickhouse, now_ms)
        with_every_label()
        server = serve(settings, Gathered(settings, lambda: now_ms))
        for source in SOURCES:
            if source not in {FLINK, CLICKHOUSE}:
                Heartbeat(settings, source.name, lambda: now_ms, metrics=source).beat(ready=True)
                # However long this takes: nothing here is to grow stale.
                file = settings.run / "metrics" / f"{source.name}.prom"
                os.utime(file, ns=(now_ms * 1_000_000, now_ms * 1_000_000))
        push_flinks(settings)
        try:
            with running_prometheus(settings, folder) as running:
                running.until_scraped()
                yield running
        finally:
            server.shutdown()
            server.server_close()


def test_both_jobs_of_the_example_are_scraped_with_the_password_file(prometheus):
    assert {one["metric"]["job"] for one in prometheus.ask("max_over_time(up[1h]) == 1")} == {
        "tutti", "tutti-clickhouse"
    }  # fmt: skip
    deadline = time.monotonic() + PATIENCE_S
    while True:  # on a busy machine one scrape or another comes too late
        targets = prometheus.get("/api/v1/targets")["activeTargets"]
        errors = [target["lastError"] for target in targets]
        if errors == ["", ""]:
            break
        assert time.monotonic() < deadline, errors
        time.sleep(0.2)


def test_both_alerts_and_panels_are_looked_at():
    boards = {place.split(":")[0] for place in expressions()} - {rule["alert"] for rule in rules()}
    assert boards == {"Campaign arrivals", "Data quality", "Pipeline health"}
    assert {"tutti_disk_free_bytes", "tutti_country_recent_votes"} <= named_metrics()


@pytest.mark.parametrize("name", sorted(named_metrics()))
def test_what_alerts_and_panels_name_has_a_series(prometheus, name):
    # On a busy machine a single scrape may come too late.
    found = prometheus.ask(f"last_over_time({name}[1h])")
    assert found
    metric = METRICS[next(key for key in METRICS if name in METRICS[key].samples)]
    for series in found:
        assert set(metric.labels) <= set(series["metric"])


@pytest.mark.parametrize("place", sorted(expressions()))
def test_prometheus_understands_every_expression(prometheus, place):
    prometheus.ask(expressions()[place])


def test_every_alert_is_evaluated_and_its_text_is_written(prometheus):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = [rule for group in prometheus.get("/api/v1/rules")["groups"]
                 for rule in group["rules"]]  # fmt: skip
        if {rule["health"] for rule in found} != {"unknown"}:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert {rule["name"] for rule in found} == {rule["alert"] for rule in rules()}
    assert {
        rule["name"]: rule.get("lastError", "") for rule in found if rule["health"] != "ok"
    } == {}


def test_ids_of_strangers_come_through_as_they_are(prometheus):
    found = prometheus.ask("last_over_time(tutti_source_recent_votes[1h]) > 0")
    assert {(one["metric"]["consultation"], one["metric"]["source"]) for one in found} == {
        (STRANGE, STRANGE)
    }
    assert found[0]["value"][1] == "5"

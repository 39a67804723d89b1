"""Debian's Prometheus scrapes the running stack, and no alert fires on a healthy one."""

from collections.abc import Iterator

import pytest
from prometheus_process import (
    Prometheus,
    expressions,
    named_metrics,
    rules,
    running_prometheus,
)
from stack.watching import send_traffic, until

MAY_FIRE = {
    "TuttiServiceRestarts": "tests before this one killed services",
    "TuttiJobRestarts": "they killed the votes job, too",
    "TuttiCheckpointsFail": "a checkpoint of a job that was killed fails",
    "TuttiClickHouseAway": "they killed ClickHouse: the sink repeated its requests",
    "TuttiMinutelyLate": "tasks failed while ClickHouse was away",
    "TuttiSignals": "some tests send what looks arranged",
    "TuttiTopicsFallBehind": "clusters of imported consultations take a while",
    "TuttiDiskFillsUp": "the machine's disk is not ours",
}
"""Alerts that other tests of the same stack may have caused → how."""


@pytest.fixture(scope="module")
def prometheus(stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(stack.settings, folder) as running:
        send_traffic(stack)
        running.until_scraped()
        yield running


def expected(stack) -> set[str]:
    """What alerts and panels name; without an encoder there is no semantics job."""
    return {
        name
        for name in named_metrics()
        if stack.settings.model.is_file() or not name.startswith("tutti_semantics_")
    }


def test_every_metric_that_alerts_and_panels_name_has_a_series(stack, prometheus):
    # Of batches by HTTP there is a series when the first one comes, as rejections have shown.
    optional = {"tutti_http_intake_accepted_total", "tutti_http_intake_rejected_total"}

    def missing() -> set[str]:
        return {name for name in expected(stack) - optional if not prometheus.ask(name)}

    assert until(lambda: not missing(), 600), missing()


def test_every_expression_is_evaluated(prometheus):
    for expression in expressions().values():
        prometheus.ask(expression)

    def found() -> dict[str, str]:
        groups = prometheus.get("/api/v1/rules")["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}

    assert until(lambda: set(found().values()) == {"ok"})
    assert found().keys() == {rule["alert"] for rule in rules()}


def test_no_alert_fires_on_a_healthy_stack(stack, prometheus):
    """Once whatever tests before this one have done is over."""

    def firing() -> set[str]:
        alerts = prometheus.get("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    assert MAY_FIRE.keys() <= {rule["alert"] for rule in rules()}
    until(lambda: prometheus.ask("min(tutti_service_up) == 1"), 600)
    assert until(lambda: not firing() - MAY_FIRE.keys(), 600), firing()

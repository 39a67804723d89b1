"""What operators watch: every metric, and that neither metrics nor logs tell about people."""

import json
from urllib.error import HTTPError

import pytest
from stack.watching import (
    ALWAYS,
    MARKER,
    families,
    read,
    sample_names,
    send_traffic,
    until,
)

from infra.flink.rest import FlinkRest
from infra.service.metric_types import SERVICE
from infra.service.metrics import CLICKHOUSE, METRICS, SEMANTICS, SOURCES
from schemas.topics import VOTES


@pytest.fixture(scope="module")
def traffic(stack) -> int:
    return send_traffic(stack)


def test_the_running_stack_has_every_metric_of_the_list_and_no_other(stack, traffic):
    gathered = {
        name
        for source in SOURCES
        if source is not CLICKHOUSE and (source is not SEMANTICS or stack.settings.model.is_file())
        for metric in source.metrics
        for name in metric.samples
    }

    def whole() -> str:
        """The page, once all is on it: Flink sends every 5 s, the services write every second."""
        text = read(stack, stack.settings.metrics_port)
        return text if sample_names(text) >= gathered else ""

    # Traffic is counted at minute marks, once counting has caught up.
    text = until(whole, 600)
    assert sample_names(text) == gathered
    of_clickhouse = read(stack, stack.settings.clickhouse_port)
    own = {name for metric in CLICKHOUSE.metrics for name in metric.samples}
    assert sample_names(of_clickhouse) == own
    known = {name: metric for metric in METRICS.values() for name in metric.samples}
    for common, found in (({SERVICE}, families(text)), (set(), families(of_clickhouse))):
        for family in found.values():
            for sample in family.samples:
                metric = known[sample.name]
                assert family.type == metric.kind, sample.name
                assert set(sample.labels) - {"le"} == {*metric.labels, *common}, sample.name


def test_the_metrics_count_what_was_sent(stack, traffic):
    def all_rejected_and_all_up():
        found = families(read(stack, stack.settings.metrics_port))
        rejected = found.get("tutti_intake_rejected")
        counted = sum(
            sample.value
            for sample in (rejected.samples if rejected else ())
            if sample.labels["topic"] == VOTES.name
        )
        up = {sample.labels[SERVICE]: sample.value for sample in found["tutti_service_up"].samples}
        listed = {service.name for service in ALWAYS if not service.lacks(stack.settings)}
        all_up = up == dict.fromkeys(listed - {"kafka", "clickhouse", "redis"}, 1)
        return found if counted >= traffic and all_up else None

    found = until(all_rejected_and_all_up)
    [messages] = found["tutti_intake_messages"].samples
    [accepted] = found["tutti_intake_accepted"].samples
    all_rejected = sum(sample.value for sample in found["tutti_intake_rejected"].samples)
    assert messages.value == accepted.value + all_rejected
    failed = families(read(stack, stack.settings.clickhouse_port))
    pools = {sample.labels["pool"] for sample in failed["tutti_clickhouse_failed_requests"].samples}
    assert pools >= {"queries", "analysts"}


def test_analysts_have_no_metrics(stack):
    with pytest.raises(HTTPError) as refused:
        read(stack, stack.settings.analyst_port)
    assert b"tutti_" not in refused.value.read()


def test_nothing_that_is_watched_or_logged_tells_about_people(stack, traffic):
    flink = FlinkRest(stack.settings, stack.settings.flink_port)
    [job] = [found["jid"] for found in flink.get("/jobs/overview")["jobs"]]
    pages = {
        f"flink {path}": json.dumps(flink.get(path)).encode()
        for path in (
            "/jobs/overview",
            f"/jobs/{job}",
            f"/jobs/{job}/plan",
            f"/jobs/{job}/config",
            f"/jobs/{job}/exceptions",
            f"/jobs/{job}/accumulators",
            f"/jobs/{job}/checkpoints",
            "/jobmanager/config",
            "/jobmanager/metrics",
            "/taskmanagers",
        )
    }
    pages["metrics"] = read(stack, stack.settings.metrics_port).encode()
    pages["clickhouse metrics"] = read(stack, stack.settings.clickhouse_port).encode()
    pages["status"] = stack.run("status", "--json").encode()
    for folder in (stack.settings.logs, stack.settings.run):
        pages |= {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for service in ALWAYS:
        assert pages[str(stack.settings.logs / f"{service.name}.log")], service.name
    assert not [name for name, text in pages.items() if MARKER in text]

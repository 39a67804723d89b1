"""One list of metrics: the documentation, the alerts and what is served agree with it."""

import contextlib
import re
import shutil
import socket
from http.client import HTTPConnection

import pytest
import yaml
from places import CHECKOUT
from prometheus_client.parser import text_string_to_metric_families
from raw_heads import ORIGINS, PAGES, speak

from infra.chdb_http.browser_guard import ANSWER_HEADERS
from infra.config.settings import Settings
from infra.local.free_ports import free_port_base
from infra.service import metrics_server
from infra.service.flink_metrics import FLINK
from infra.service.heartbeat import STALE_MS, Heartbeat
from infra.service.metrics import METRICS, SINK, SINK_RETRIES, SOURCES
from infra.service.metrics_server import FORGOTTEN_MS, PUSH_PATH, PUSH_TOKEN, Gathered, serve
from operators.core.clock import system_clock

OURS = [metric for metric in METRICS.values() if metric.source != FLINK.name]
UP, STARTED = "tutti_service_up", "tutti_service_started_timestamp_seconds"
PROMETHEUS = CHECKOUT / "infra" / "prometheus"


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_names_follow_prometheus_conventions(metric):
    assert re.fullmatch(r"tutti_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    if metric.unit in {"seconds", "bytes"}:
        assert re.search(rf"_{metric.unit}(_total)?$", metric.name)
    assert metric.about.endswith(".")
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)


def test_no_metric_is_declared_twice():
    assert len(METRICS) == sum(len(source.metrics) for source in SOURCES)


def test_every_metric_of_an_alert_exists():
    document = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
    rules = [rule for group in document["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 5
    known = {name for metric in METRICS.values() for name in metric.samples}
    for rule in rules:
        named = set(re.findall(r"\b(?:tutti|flink)_\w+", rule["expr"]))
        assert named or re.match(r"up\{", rule["expr"])
        assert named <= known, rule["alert"]
        assert rule["annotations"]["summary"]


def test_the_example_scrapes_our_two_addresses():
    document = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    targets = {
        target
        for job in document["scrape_configs"]
        for config in job["static_configs"]
        for target in config["targets"]
    }
    settings = Settings(port_base=18_100)
    assert targets == {
        f"127.0.0.1:{port}" for port in (settings.metrics_port, settings.clickhouse_port)
    }
    assert all((PROMETHEUS / name).exists() for name in document["rule_files"])


def samples(gathered):
    return {
        (sample.name, sample.labels["service"]): sample.value
        for family in gathered.collect()
        for sample in family.samples
    }


def ups(gathered):
    return {service: up for (name, service), up in samples(gathered).items() if name == UP}


def test_two_processes_of_one_kind_stay_apart(tmp_path):
    SINK_RETRIES.inc()
    for number in (0, 1):
        settings = Settings(home=tmp_path, instance=number)
        Heartbeat(settings, "sink", metrics=SINK).beat(ready=True)
    found = samples(Gathered(Settings(home=tmp_path)))
    assert found["tutti_sink_retries_total", "sink"] >= 1
    assert found["tutti_sink_retries_total", "sink-1"] >= 1
    assert found["tutti_service_up", "sink"] == 1


def test_a_silent_part_is_down_and_its_old_values_are_not_shown(tmp_path):
    settings = Settings(home=tmp_path)
    Heartbeat(settings, "sink", metrics=SINK).beat(ready=True)
    later = Gathered(settings, lambda: system_clock() + STALE_MS + 1_000)
    found = samples(later)
    assert found["tutti_service_up", "sink"] == 0
    assert ("tutti_sink_retries_total", "sink") not in found


def test_a_part_that_never_started_is_down(tmp_path):
    encoder = tmp_path / "encoder.toml"
    services = {"intake", "http_intake", "sink", "probe", "periodic", "groups", "live", "votes"}
    assert ups(Gathered(Settings(home=tmp_path, model=encoder))) == dict.fromkeys(services, 0)
    encoder.touch()  # then there are topics to be woken for
    services.add("semantics")
    assert ups(Gathered(Settings(home=tmp_path, model=encoder))) == dict.fromkeys(services, 0)


def test_the_room_on_the_disk_of_the_data_is_shown_also_before_there_are_any(tmp_path):
    found = samples(Gathered(Settings(home=tmp_path / "not" / "yet")))
    room = shutil.disk_usage(tmp_path)
    assert found["tutti_disk_size_bytes", "probe"] == room.total
    assert 0 < found["tutti_disk_free_bytes", "probe"] < room.total


def test_a_restart_is_seen_by_the_moment_of_the_start(tmp_path):
    def started(instance, at_ms):
        settings = Settings(home=tmp_path, instance=instance)
        Heartbeat(settings, "sink", lambda: at_ms, metrics=SINK).beat(ready=True)
        return samples(Gathered(settings))[STARTED, f"sink-{instance}" if instance else "sink"]

    assert started(0, 1_790_000_000_000) == started(1, 1_790_000_000_000) == 1_790_000_000
    assert started(0, 1_790_000_005_000) == 1_790_000_005
    later = Gathered(Settings(home=tmp_path), lambda: system_clock() + STALE_MS + 1_000)
    assert not any(name == STARTED for name, _ in samples(later))


def test_a_second_process_that_was_ended_is_forgotten(tmp_path):
    Heartbeat(Settings(home=tmp_path, instance=1), "sink", metrics=SINK).beat(ready=True)
    settings = Settings(home=tmp_path)
    soon = samples(Gathered(settings, lambda: system_clock() + STALE_MS + 1_000))
    assert soon["tutti_service_up", "sink-1"] == 0
    late = samples(Gathered(settings, lambda: system_clock() + FORGOTTEN_MS + 1_000))
    assert ("tutti_service_up", "sink-1") not in late
    assert late["tutti_service_up", "sink"] == 0


def test_a_full_disk_does_not_stop_a_service(tmp_path):
    settings = Settings(home=tmp_path)
    heartbeat = Heartbeat(settings, "sink", metrics=SINK)
    (tmp_path / "run" / "metrics" / "sink.prom").mkdir()  # cannot be replaced by a file
    heartbeat.beat(ready=True)


@pytest.fixture
def server(tmp_path):
    settings = Settings(home=tmp_path, port_base=free_port_base())
    made = serve(settings, Gathered(settings))
    yield f"127.0.0.1:{settings.metrics_port}"
    made.shutdown()
    made.server_close()


def ask(server, path: str, method: str = "GET", body: bytes = b"", **headers: str):
    connection = HTTPConnection(server, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def push(server, tmp_path) -> str:
    """The path that Flink's reporter sends to."""
    return PUSH_PATH + (tmp_path / "secrets" / PUSH_TOKEN).read_text()


@pytest.mark.parametrize("headers", [*PAGES, *ORIGINS])
def test_no_header_hides_another(server, headers):
    port = int(server.rpartition(":")[2])
    assert speak(port, "GET /metrics HTTP/1.1", *headers).status == 403


@pytest.mark.parametrize(("path", "status"), [("/metrics", 200), ("/nothing", 404)])
def test_no_browser_keeps_an_answer_or_makes_a_page_of_it(server, path, status):
    port = int(server.rpartition(":")[2])
    reply = speak(port, f"GET {path} HTTP/1.1", "Host: {own}")
    assert reply.status == status
    assert reply.headers | {k.lower(): v for k, v in ANSWER_HEADERS.items()} == reply.headers


def test_what_flink_pushes_is_served_and_only_what_is_listed(server, push):
    body = b"flink_jobmanager_job_numRestarts 3.0\nflink_something_else 1.0\n"
    assert ask(server, push, "PUT", body) == (202, "")
    _, text = ask(server, "/metrics")
    found = {
        sample.name: sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["flink_jobmanager_job_numRestarts"].value == 3
    assert found["flink_jobmanager_job_numRestarts"].labels == {"service": "votes"}
    assert set(found) <= {name for metric in METRICS.values() for name in metric.samples}


@pytest.mark.parametrize(
    ("body", "method", "headers", "expected"),
    [
        (b"{{{", "PUT", {}, 400),
        (b"\xff\xfe 1", "PUT", {}, 400),
        (b"a 1\n", "DELETE", {}, 405),
        (b"a 1\n", "POST", {"Origin": "http://example.org"}, 403),
        (b"a 1\n", "POST", {"Sec-Fetch-Site": "same-site"}, 403),
        (b"a 1\n", "POST", {"Host": "example.org"}, 403),
        (b"", "PUT", {}, 413),
    ],
)
def test_a_strange_push_is_refused(server, push, body, method, headers, expected):
    assert ask(server, push, method, body, **headers) == (expected, "")


def test_who_does_not_know_the_path_pushes_nothing(server, push, tmp_path):
    for path in ("/metrics/job/votes", PUSH_PATH, push[:-1], push + "x"):
        assert ask(server, path, "PUT", b"flink_jobmanager_job_numRestarts 3.0\n")[0] == 404
    assert "numRestarts" not in ask(server, "/metrics")[1]
    assert (tmp_path / "secrets" / PUSH_TOKEN).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "rebound.example:18108"}],
)
def test_a_web_page_reads_no_metrics(server, headers):
    assert ask(server, "/metrics", **headers) == (403, "")


def test_clients_that_never_say_what_they_want_give_way(server, monkeypatch):
    monkeypatch.setattr(metrics_server._Quiet, "timeout", None)
    address = server.split(":")
    with contextlib.ExitStack() as opened:
        silent = [
            opened.enter_context(socket.create_connection(address, timeout=60))
            for _ in range(metrics_server.MAX_CONNECTIONS + 3)
        ]
        assert ask(server, "/metrics")[0] == 200
        assert [client.recv(1) for client in silent[:4]] == [b""] * 4
        silent[4].settimeout(0)
        with pytest.raises(BlockingIOError):  # there is room for this one
            silent[4].recv(1)


def test_nothing_else_is_there(server):
    assert ask(server, "/")[0] == 404
    assert ask(server, "/metrics", "POST", b"x")[0] == 404

"""What operators watch: metrics, the probe, the doctor, and that none of it tells about people."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from orjson import dumps
from prometheus_client.parser import text_string_to_metric_families
from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_delay,
    wait_fixed,
)

from infra.clickhouse.views import view_names
from infra.flink.rest import FlinkRest
from infra.kafka import client as kafka
from infra.local.services import SERVICES
from infra.local.supervisor import Supervisor
from infra.service.heartbeat import last_beat
from infra.service.metrics import CLICKHOUSE, METRICS, SEMANTICS, SERVICE, SOURCES
from infra.service.waiting import wait_until
from pipelines.exchange.send import Sender
from pipelines.verify.reconcile import _only_probes_since
from schemas.reserved import PROBE_CONSULTATION
from schemas.topics import DEAD_LETTERS, VOTES

ALWAYS = [service for service in SERVICES if not service.on_demand]
PERSON = "zq-watched-person@example.org"
AUTHOR = "zq-watched-author@example.org"
TEXT = "zq-watched-text on every roof"
MARKER = b"zq-watched"
"""In all three, and in nothing that tutti itself would say."""


def until(condition, seconds: int = 180):
    found = wait_until(condition, seconds, every_s=0.2)
    assert found
    return found


def patiently(check):
    """A service that is slow to answer is not ready for a moment: ask again."""
    return retry(
        retry=retry_if_exception_type(AssertionError),
        stop=stop_after_delay(180),
        wait=wait_fixed(1),
        reraise=True,
    )(check)()


def vote(**more) -> dict[str, object]:
    return {
        "consultation_id": "watched",
        "proposal_id": "p",
        "participant_id": PERSON,
        "country": "FR",
        "choice": "agree",
        "cast_at": "2026-05-01T12:00:00Z",
    } | more


@pytest.fixture(scope="module")
def traffic(stack):
    """Ordinary and hostile messages, all of them with personal data, and queries that fail."""
    stack.run("up")  # whatever was killed before is ready again
    sender = Sender(stack.settings)
    sender.send("consultations", dumps({"consultation_id": "watched", "title": TEXT}))
    proposal = {
        "consultation_id": "watched",
        "proposal_id": "p",
        "text": TEXT,
        "author_id": AUTHOR,
        "submitted_at": "2026-05-01T08:00:00Z",
    }
    person = PERSON.encode()
    bad_votes = [
        dumps(vote(choice=TEXT)),
        dumps(vote(country=PERSON)),
        dumps(vote(qualifications=[PERSON])),
        dumps(vote(participant_id=f"{PERSON}\n")),
        dumps(vote(cast_at=TEXT)),
        dumps(vote(note=TEXT * 5_000)),
        dumps(vote())[:-1],
        b"\xff" + dumps(vote()),
        person,
        b"{" * 100 + person,
    ]
    sender.send("proposals", dumps(proposal))
    sender.send("proposals", dumps(proposal | {"status": AUTHOR}))
    sender.send("proposals", dumps(vote()))
    sender.send("consultations", dumps(proposal))
    for payload in (dumps(vote()), dumps(vote(choice="neutral", source="zq")), *bad_votes):
        sender.send("votes", payload, person)
    assert not sender.finish().failed
    stack.sync()
    for analyst in (True, False):
        with pytest.raises(DatabaseError):
            stack.clickhouse(analyst=analyst).query(f"SELECT '{PERSON}' FROM nowhere")
    assert "ClickHouse refused" in stack.errors("query", f"DROP TABLE `{PERSON}`")
    counted = stack.rows("SELECT sum(votes_all) FROM marts.leaderboard WHERE text = %(t)s", t=TEXT)
    assert counted == [(1,)]
    return len(bad_votes)


def read(stack, port: int, path: str = "/metrics") -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.read().decode()


def families(text: str):
    return {family.name: family for family in text_string_to_metric_families(text)}


def sample_names(text: str) -> set[str]:
    return {sample.name for family in families(text).values() for sample in family.samples}


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

    text = until(whole)
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
    def all_refused_and_all_up():
        found = families(read(stack, stack.settings.metrics_port))
        refused = found.get("tutti_intake_refused")
        counted = sum(
            sample.value
            for sample in (refused.samples if refused else ())
            if sample.labels["topic"] == VOTES.name
        )
        up = {sample.labels[SERVICE]: sample.value for sample in found["tutti_service_up"].samples}
        listed = {service.name for service in ALWAYS if not service.lacks(stack.settings)}
        all_up = up == dict.fromkeys(listed - {"kafka", "clickhouse", "redis"}, 1)
        return found if counted >= traffic and all_up else None

    found = until(all_refused_and_all_up)
    [messages] = found["tutti_intake_messages"].samples
    [accepted] = found["tutti_intake_accepted"].samples
    all_refused = sum(sample.value for sample in found["tutti_intake_refused"].samples)
    assert messages.value == accepted.value + all_refused
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


def test_doctor_finds_the_stack_healthy(stack):
    found = patiently(lambda: stack.json("doctor"))
    assert found["healthy"]
    checks = {finding["check"] for finding in found["findings"]}
    assert checks >= {service.name for service in ALWAYS} | {"topics", "migrations", "clock"}
    assert "problem" not in patiently(lambda: stack.run("doctor"))


def problems(stack) -> list[str]:
    found = stack.json("doctor", code=1)
    assert not found["healthy"]
    return [
        f"{finding['check']}: {finding['found']}"
        for finding in found["findings"]
        if finding["level"] == "problem"
    ]


def says_all_three(stack) -> None:
    said = " | ".join(problems(stack))
    assert "tutti.dead-letters.v1 has retention.ms=7000000000 instead of" in said
    assert "others can read" in said
    assert "9999_tomorrow.sql" in said


def test_doctor_finds_what_was_changed(stack):
    admin = kafka.admin(stack.settings)

    def keep(ms: str) -> None:
        resource = ConfigResource(
            ResourceType.TOPIC,
            DEAD_LETTERS.name,
            incremental_configs=[
                ConfigEntry("retention.ms", ms, incremental_operation=AlterConfigOpType.SET)
            ],
        )
        for answer in admin.incremental_alter_configs([resource]).values():
            answer.result(timeout=30)

    key = stack.settings.home / "secrets" / "pseudonym.key"
    clickhouse = stack.clickhouse()
    try:
        keep("7000000000")
        key.chmod(0o644)
        clickhouse.insert(
            "migrations",
            [[9999, "9999_tomorrow.sql", "x"]],
            column_names=["number", "name", "sha256"],
            database="tutti",
        )
        patiently(lambda: says_all_three(stack))
    finally:
        keep(DEAD_LETTERS.config["retention.ms"])
        key.chmod(0o600)
        clickhouse.command("DELETE FROM tutti.migrations WHERE number = 9999")
    assert patiently(lambda: stack.json("doctor"))["healthy"]


@contextmanager
def probing(stack, every_s: int) -> Iterator[None]:
    """The probe with another interval, in the place of the supervised one."""
    supervisor = Supervisor(stack.settings)
    supervisor.stop("probe")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.verify.probe"],
        env=os.environ
        | stack.environment
        | {"TUTTI_PROBE_SECONDS": str(every_s), "TUTTI_SERVICE": "probe"},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
        supervisor.start("probe")
        until(
            lambda: (beat := last_beat(stack.settings, "probe")) and beat.pid == stack.pid("probe")
        )


def seen(stack) -> float:
    found = families(read(stack, stack.settings.metrics_port))
    return next(
        sample.value
        for sample in found["tutti_freshness_seconds"].samples
        if sample.name.endswith("_count")
    )


def has_seen(stack, number: int) -> bool:
    try:
        return seen(stack) >= number
    except (OSError, KeyError):  # it is just starting
        return False


def readable(name: str) -> str:
    """What to select from: views of a past moment take one, here one to come."""
    return f"{name}(at = '2100-01-01 00:00:00')" if name.endswith("_at") else name


MOVING = {"marts.freshness", "marts.duplicate_suggestions"}
"""They go on without a vote: suggestions for proposals of before are found at minute marks."""


def test_the_probes_votes_travel_the_whole_way_and_are_counted_nowhere(stack, traffic):
    def everything() -> list[object]:
        return [
            stack.rows(f"SELECT count() FROM {readable(name)}")
            for name in view_names()
            if name.startswith("marts.") and name not in MOVING
        ]

    before = everything()
    with probing(stack, 1):
        until(lambda: has_seen(stack, 3))
        beat = last_beat(stack.settings, "probe")
        assert beat.facts["freshness_ms"] > 0
        assert abs(beat.facts["broker_ahead_ms"]) < 60_000
        # A vote of the probe may arrive at any moment of the recount.
        assert stack.json("reconcile")["verdict"] == "equal"
    stack.sync()
    clickhouse = stack.clickhouse()
    for table in ("tallies", "ballots"):
        sql = f"SELECT count() FROM tutti.{table} FINAL WHERE consultation_id = %(id)s"
        parameters = {"id": PROBE_CONSULTATION}
        assert clickhouse.query(sql, parameters=parameters).first_row == (1,), table
    assert everything() == before
    for name in map(readable, view_names()):
        columns = [row[0] for row in clickhouse.query(f"DESCRIBE {name}").result_rows]
        column = {"consultation_id", "subject"} & set(columns)
        for found in column:
            sql = f"SELECT countIf({found} = %(id)s) FROM {name}"
            assert clickhouse.query(sql, parameters=parameters).first_row == (0,), name
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


def test_only_the_probes_votes_do_not_make_a_recount_late(stack):
    ends = {p: end for (_, p), end in stack_ends(stack).items()}
    with probing(stack, 1):
        until(lambda: has_seen(stack, 1))
    assert stack_ends(stack) != {(VOTES.name, p): end for p, end in ends.items()}
    assert _only_probes_since(stack.settings, ends)
    sender = Sender(stack.settings)
    sender.send("votes", dumps(vote(participant_id="somebody")))
    sender.finish()
    assert not _only_probes_since(stack.settings, ends)
    stack.sync()


def stack_ends(stack) -> dict[tuple[str, int], int]:
    return kafka.ends(
        kafka.admin(stack.settings), [(VOTES.name, p) for p in range(VOTES.partitions)]
    )


def test_the_interval_of_zero_sends_nothing(stack):
    beat = last_beat(stack.settings, "probe")
    assert beat.pid == stack.pid("probe")
    assert beat.facts["freshness_ms"] is None
    text = (stack.settings.run / "metrics" / "probe.prom").read_text()
    assert families(text)["tutti_probe_sent"].samples[0].value == 0

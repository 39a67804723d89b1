"""The ordinary stack on a Kafka that asks for passwords, with passwords on ClickHouse and Redis."""

import json
import os
import subprocess
import sys

import psutil
import pytest
from places import FIXTURES
from stack.conftest import Stack
from stack.secured import PASSWORD, USER, start_broker

from infra import redis
from infra.config.settings import Settings
from infra.flink.rest import FlinkRest
from infra.flink.tls import folder_of
from infra.local.free_ports import free_port_base
from infra.local.supervisor import orphans
from operators.core.errors import TuttiError

pytestmark = pytest.mark.alone

CLICKHOUSE_PASSWORD = 'click house\'s "own" \\ one'  # noqa: S105 - of this test
REDIS_PASSWORD = 'redis\'s "own" \\ one'  # noqa: S105 - of this test
KEY = "a key of the pseudonyms for this test"
SECRETS = (PASSWORD, CLICKHOUSE_PASSWORD, REDIS_PASSWORD, KEY)
WEB_PAGES = (
    *("config", "jobs/overview", "jobmanager/config", "jobmanager/environment"),
    *("jobmanager/logs", "jobmanager/thread-dump", "taskmanagers", "overview"),
)


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secured broker")
    broker = start_broker(folder, free_port_base())
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def configured(secured, tmp_path_factory) -> Stack:
    folder = tmp_path_factory.mktemp("secured stack")
    for name, secret in (
        ("kafka", PASSWORD),
        ("clickhouse", CLICKHOUSE_PASSWORD),
        ("redis", REDIS_PASSWORD),
        ("key", KEY),
        ("wrong", "wrong"),
    ):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(f"{secret}\n")
    (folder / "trust.toml").write_text(
        '[[rule]]\nsource = "app"\nfrom = 2020-01-01T00:00:00Z\ntrust = ["trusted", "troll"]\n'
    )
    settings = Settings(
        home=folder / "home",
        port_base=free_port_base(),
        kafka_brokers=secured.sasl,
        kafka_security_protocol="SASL_SSL",
        kafka_user=USER,
        kafka_password_file=folder / "kafka",
        kafka_ca_file=secured.folder / "ca.pem",
        clickhouse_password_file=folder / "clickhouse",
        redis_password_file=folder / "redis",
        pseudonym_key_file=folder / "key",
        trust_rules=folder / "trust.toml",
    )
    return SecuredStack(settings)


class SecuredStack(Stack):
    @property
    def environment(self) -> dict[str, str]:
        given = self.settings.model_dump(include=self.settings.model_fields_set)
        return os.environ | {f"TUTTI_{name.upper()}": str(given[name]) for name in given}

    def but(self, **more) -> "SecuredStack":
        return SecuredStack(Settings(**self.settings.model_dump(exclude_unset=True) | more))


@pytest.fixture(scope="module")
def up(configured):
    try:
        configured.run("up")
        yield configured
    finally:
        configured.run("down")


def said_by(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", *arguments],
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_a_wrong_password_is_said_in_one_sentence(configured):
    wrong = configured.but(kafka_password_file=configured.settings.home.parent / "wrong")
    output = said_by(wrong, "send", "-", "--kind", "votes")
    assert "does not take the password of tutti" in output
    assert "TUTTI_KAFKA_PASSWORD_FILE" in output
    assert output.count("\n") == 1


def test_an_untrusted_certificate_is_said_in_one_sentence(configured, secured):
    wrong = configured.but(kafka_ca_file=secured.folder / "stranger.pem")
    output = said_by(wrong, "up")
    assert "do not trust each other's certificates" in output
    assert "TUTTI_KAFKA_CA_FILE" in output
    wrong.run("down")


def test_the_whole_way_works_with_passwords_and_certificates(up):
    up.run("import", "polis", str(FIXTURES / "polis"), "--consultation", "secured")
    up.run("sync")
    assert up.json("top", "secured")["rows"]
    services = {service["service"]: service for service in up.json("status")["services"]}
    assert services["kafka"]["state"] == "EXTERNAL"
    assert all(service["ready"] for service in services.values())


def test_clickhouse_and_redis_demand_their_passwords(up):
    settings = up.settings
    redis.ping(settings, timeout_s=5)
    without = Settings(home=settings.home, port_base=settings.port_base)
    with pytest.raises(TuttiError, match="Redis does not take the password"):
        redis.ping(without, timeout_s=5)
    with pytest.raises(TuttiError, match="does not take the password of default"):
        Stack(without).clickhouse()
    # The analysts' address stays open to this machine.
    assert Stack(without).rows("SELECT 1") == [(1,)]


def test_a_trust_that_the_source_may_not_set_is_refused_here_and_in_the_recount(up, tmp_path):
    votes = [
        {
            "consultation_id": "ruled",
            "proposal_id": "p",
            "participant_id": f"{source.get('source')}-{trust}",
            "choice": "agree",
            "cast_at": "2026-05-01T12:00:00Z",
            "trust": trust,
            **source,
        }
        for source in ({"source": "app"}, {"source": "web"}, {})
        for trust in ("trusted", "segment")
    ]
    file = tmp_path / "votes.jsonl"
    file.write_text("".join(json.dumps(vote) + "\n" for vote in votes))
    output = up.errors("send", str(file), "--kind", "votes", "--check")
    assert 'line 2: trust_not_allowed trust: found "segment"' in output
    assert "this source may set troll, trusted" in output
    assert "lines that would be rejected: 1" in output
    assert "1 x trust_not_allowed" in up.errors("send", str(file), "--kind", "votes")
    up.run("sync")
    assert up.rows("SELECT reason, field, detail FROM marts.dead_letters") == [
        ("trust_not_allowed", "trust", "this source may set troll, trusted")
    ]
    found = up.rows(
        "SELECT sum(votes_all) FROM marts.agreement_by_country WHERE consultation_id = 'ruled'"
    )
    assert found == [(5,)]
    assert up.json("reconcile")["verdict"] == "equal"


def test_no_secret_leaks(up):
    flink = FlinkRest(up.settings, up.settings.flink_port)
    pages = list(WEB_PAGES)
    for job in flink.get("/jobs/overview")["jobs"]:
        pages += [f"jobs/{job['jid']}{page}" for page in ("", "/config", "/plan", "/checkpoints")]
        pages += [f"jobs/{job['jid']}/{page}" for page in ("exceptions", "jobmanager/config")]
    seen = {page: json.dumps(flink.get(f"/{page}")) for page in pages}
    assert len([text for text in seen.values() if text != "{}"]) >= 9
    made_here = up.settings.home / "secrets"
    own = [(folder_of(up.settings) / "store.password").read_text()]
    own += [file.read_text().strip() for file in made_here.glob("*.password")]
    for process in orphans(up.settings):
        for member in [process, *process.children(recursive=True)]:
            seen[f"command line of {member.pid}"] = " ".join(member.cmdline())
    for file in up.settings.home.rglob("*"):
        private = file.is_file() and file.stat().st_mode & 0o077 == 0
        in_use = file.name in {"kafka.jaas", "redis.conf"} or file.is_relative_to(made_here)
        if file.is_file() and not (private and in_use):
            seen[str(file)] = file.read_text(errors="replace")
    assert {up.settings.run / "redis" / "redis.conf", up.settings.run / "votes" / "kafka.jaas"} <= {
        *up.settings.run.rglob("*")
    }
    for place, text in seen.items():
        for secret in (*SECRETS, *own):
            for form in (secret, secret.replace("\\", "\\\\").replace('"', '\\"')):
                assert form not in text, place


def test_the_environment_of_processes_holds_paths_and_no_secret(up):
    made_here = up.settings.home / "secrets"
    own = [(folder_of(up.settings) / "store.password").read_text()]
    own += [file.read_text().strip() for file in made_here.glob("*.password")]
    for process in orphans(up.settings):
        values = psutil.Process(process.pid).environ().values()
        assert not any(secret in value for secret in SECRETS for value in values)

"""The command line on the real stack, as an operator and an integrator meet it."""

import json
import os
import signal
from contextlib import suppress

import psutil
import pytest
from orjson import dumps
from places import FIXTURES
from stack.conftest import new_stack

from infra.local.supervisor import orphans
from infra.service.waiting import wait_until

SERVICES = {"kafka", "clickhouse", "redis", "intake", "votes", "semantics", "sink", "probe"}
SERVICES |= {"periodic", "groups", "live", "http_intake"}


def until(condition, seconds: int = 60) -> None:
    assert wait_until(condition, seconds, every_s=0.2)


def test_up_is_idempotent_and_status_says_ready(stack):
    before = {service["service"]: service["pid"] for service in stack.json("status")["services"]}
    assert set(before) == SERVICES
    stack.run("up")
    found = stack.json("status")
    assert found["ready"]
    assert {service["service"]: service["pid"] for service in found["services"]} == before
    votes = next(service for service in found["services"] if service["service"] == "votes")
    assert votes["facts"]["checkpoint_age_ms"] < 60_000
    assert all(service["memory_mb"] > 0 for service in found["services"])
    assert stack.run("status").count("yes") == len(SERVICES)


def test_everything_listens_on_this_machine_only(stack):
    own = {process.pid for process in orphans(stack.settings)}
    listening = [
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.pid in own
    ]
    assert len(listening) >= len(SERVICES)
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_what_the_stack_writes_is_private(stack):
    assert not stack.settings.home.stat().st_mode & 0o077
    assert not stack.settings.socket_dir.stat().st_mode & 0o077
    open_to_others = []
    for file in [*stack.settings.home.rglob("*"), *stack.settings.socket_dir.rglob("*")]:
        with suppress(FileNotFoundError):  # a checkpoint that has been replaced
            if not file.is_symlink() and file.lstat().st_mode & 0o077:  # a link has no mode
                open_to_others.append(file)
    assert not open_to_others


def test_no_secret_stands_on_a_command_line_or_in_a_log(stack):
    key = (stack.settings.home / "secrets" / "pseudonym.key").read_text()
    assert (stack.settings.home / "secrets" / "pseudonym.key").stat().st_mode & 0o077 == 0
    for process in orphans(stack.settings):
        assert key not in " ".join(process.cmdline())
    for log in stack.settings.logs.iterdir():
        assert key not in log.read_text(errors="replace")


def test_send_reports_what_the_broker_acknowledged(stack, tmp_path):
    vote = {
        "consultation_id": "sent",
        "proposal_id": "p",
        "participant_id": "a",
        "choice": "agree",
        "cast_at": "2026-05-01T12:00:00Z",
    }
    file = tmp_path / "votes.jsonl"
    file.write_bytes(b"\n".join(dumps(vote | {"participant_id": str(n)}) for n in range(500)))
    printed = stack.run("send", str(file), "--kind", "votes")
    assert "500 votes sent, 500 acknowledged" in printed
    assert "500 accepted, 0 rejected" in printed
    receipt = json.loads(
        stack.run("send", "-", "--kind", "votes", "--json", "--no-wait", data=dumps(vote))
    )
    sent = {"sent": 1, "acknowledged": 1, "failed": {}}
    assert receipt["votes"] == sent | {"accepted": None, "rejected": None, "reasons": None}
    stack.sync()
    rows = stack.rows(
        "SELECT sum(agree) FROM marts.agreement_by_country WHERE consultation_id = 'sent'"
    )
    assert rows == [(501,)]


def test_send_says_what_became_of_the_messages_and_ends_with_1_if_some_were_rejected(
    stack, tmp_path
):
    vote = {"consultation_id": "told", "proposal_id": "p", "cast_at": "2026-05-01T12:00:00Z"}
    votes = [
        vote | {"participant_id": str(n), "choice": "Agree" if n % 50 == 7 else "agree"}
        for n in range(1000)
    ]
    lines = b"\n".join([*map(dumps, votes), b"{}"])
    report = json.loads(stack.run("send", "-", "--kind", "votes", "--json", data=lines, code=1))
    assert (report["votes"]["accepted"], report["votes"]["rejected"]) == (980, 21)
    reasons = report["votes"]["reasons"]
    assert {name: found["messages"] for name, found in reasons.items()} == {
        "unknown_choice": 20,
        "missing_field": 1,
    }
    stack.sync()
    shown = stack.run("dlq", "show", reasons["unknown_choice"]["first"])
    assert "Agree" in shown
    file = tmp_path / "votes.jsonl"
    file.write_bytes(lines)
    printed = stack.errors("send", str(file), "--kind", "votes")
    assert "20 x unknown_choice: Send agree, disagree, neutral or withdrawn" in printed


def test_send_says_which_message_is_too_large_for_the_broker(stack):
    output = stack.run("send", "-", "--kind", "votes", "--json", data=b'"' + b"x" * 2**21, code=1)
    receipt = json.loads(output)["votes"]
    assert receipt["acknowledged"] == 0
    assert sum(receipt["failed"].values()) == 1


def test_check_sends_nothing_if_a_line_would_be_refused(stack, tmp_path):
    file = tmp_path / "votes.jsonl"
    file.write_bytes(b'{"consultation_id":"checked"}\n')
    printed = stack.errors("send", str(file), "--kind", "votes", "--check")
    assert "line 1: missing_field" in printed
    assert "nothing was sent" in printed


def test_errors_are_one_sentence_that_says_what_to_do(stack, tmp_path):
    assert "There is no consultation nowhere" in stack.errors("top", "nowhere")
    assert "is missing" in stack.errors("import", "polis", str(tmp_path), "--consultation", "x")
    assert "ClickHouse refused the query" in stack.errors("query", "DROP TABLE tutti.ballots")
    assert "choose one with --conversation" in stack.errors(
        "import", "polis", str(FIXTURES / "polis_raw"), "--consultation", "x"
    )
    stack.errors("no-such-command", code=2)


def test_query_answers_in_the_format_asked_for(stack):
    assert stack.run("query", "SELECT 1 AS one", "--format", "JSONEachRow") == '{"one":1}\n'


def test_a_part_that_dies_comes_back(stack):
    for service in ("redis", "clickhouse"):
        old = stack.pid(service)
        stack.kill(service)
        until(lambda service=service, old=old: stack.pid(service) not in (0, old))
    stack.run("up")
    assert stack.json("status")["ready"]


def test_down_ends_the_orphans_of_a_killed_supervisor_too_and_keeps_the_data(stack):
    before = stack.rows("SELECT count(), sum(votes_all) FROM marts.agreement_by_country")
    kill_supervisor(stack)
    assert orphans(stack.settings)
    assert not stack.json("status", code=1)["ready"]
    stack.run("down")
    assert not orphans(stack.settings)
    assert not stack.settings.socket_dir.exists()
    assert "nothing was running" in stack.run("down")
    assert not stack.json("status", code=1)["ready"]
    stack.run("up")
    stack.sync()
    assert stack.rows("SELECT count(), sum(votes_all) FROM marts.agreement_by_country") == before


def kill_supervisor(stack):
    pid = int((stack.settings.run / "supervisord.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [])


@pytest.mark.prove
def test_two_stacks_run_side_by_side(stack):
    other = new_stack()
    try:
        other.run("up")
        other.run("import", "polis", str(FIXTURES / "polis"), "--consultation", "only-here")
        other.run("sync")
        assert other.json("top", "only-here")["rows"]
        stack.errors("top", "only-here")
        assert other.json("reconcile")["verdict"] == "equal"
        assert "say --yes" in other.errors("reset", code=2)
        other.run("reset", "--yes")
        assert not other.settings.home.exists()
    finally:
        other.tear_down()
    stack.run(
        "up"
    )  # two stacks are much for two cores: a service of the first may just be starting
    assert stack.json("status")["ready"]

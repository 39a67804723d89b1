"""The producer examples of docs/producers, run as they stand."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from confluent_kafka import Producer
from places import CHECKOUT

from infra.kafka import client as kafka
from schemas.topics import VOTES

FOLDER = CHECKOUT / "docs" / "producers"
PEOPLE = [f"person:{number}" for number in range(12)]


def vote(proposal: str, participant: str, **fields: object) -> dict[str, object]:
    return {
        "consultation_id": "examples",
        "proposal_id": proposal,
        "participant_id": participant,
        "choice": "agree",
        "cast_at": "2026-05-01T12:00:00Z",
    } | fields


def python(stack) -> list[str]:
    return [sys.executable, str(FOLDER / "produce.py")]


def java(stack) -> list[str]:
    return ["java", "-cp", f"{stack.settings.jars}/kafka/*", str(FOLDER / "Produce.java")]


def kcat(stack) -> list[str]:
    if shutil.which("kcat") is None:
        pytest.skip("kcat is not on PATH: apt-get install kcat")
    return ["sh", str(FOLDER / "kcat.sh")]


def run(stack, command: list[str], votes: list[dict[str, object]]) -> subprocess.CompletedProcess:
    tabbed = command[-1].endswith("kcat.sh")
    lines = [(f"{vote['participant_id']}\t" if tabbed else "") + json.dumps(vote) for vote in votes]
    return subprocess.run(
        command,
        input="\n".join(lines) + "\n",
        env=os.environ | {"TUTTI_KAFKA": stack.settings.brokers},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


every_example = pytest.mark.parametrize("example", [python, java, kcat])


@every_example
def test_votes_are_counted_on_the_partitions_of_murmur2(stack, example):
    name = example.__name__
    done = run(stack, example(stack), [vote(name, person) for person in PEOPLE])
    assert done.returncode == 0, done.stderr
    stack.sync()
    rows = stack.rows(
        "SELECT votes FROM marts.agreement_by_country"
        " WHERE consultation_id = 'examples' AND proposal_id = {name:String}",
        name=name,
    )
    assert rows == [(len(PEOPLE),)]
    assert partitions(stack, name) == murmur2(stack)


@every_example
def test_a_message_that_is_too_large_is_told_and_the_others_can_be_sent(stack, example):
    name = f"{example.__name__}-large"
    big = vote(name, "big", note="x" * 2_000_000)
    done = run(stack, example(stack), [vote(name, "a"), big])
    assert done.returncode == 1
    assert "too large" in done.stderr.lower() or "larger than" in done.stderr
    if example is kcat:  # it stops there, and says that all must be sent again
        assert run(stack, example(stack), [vote(name, "a")]).returncode == 0
    stack.sync()
    rows = stack.rows(
        "SELECT votes FROM marts.agreement_by_country"
        " WHERE consultation_id = 'examples' AND proposal_id = {name:String}",
        name=name,
    )
    assert rows == [(1,)]


def test_one_vote_from_a_shell_is_acknowledged(stack):
    done = subprocess.run(
        ["sh", str(FOLDER / "send.sh")],
        env=stack.environment | {"TUTTI": f"{sys.executable} -m pipelines.cli.main"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 vote sent, 1 acknowledged" in done.stdout


def partitions(stack, name: str) -> dict[str, int]:
    """Person → partition on which an example has put them; the key must be the person."""
    reader = kafka.consumer(stack.settings, "tests")
    found = {}
    for message in kafka.read_to_end(reader, VOTES):
        value = message.value() or b""
        if b'"examples"' in value and f'"{name}"'.encode() in value:
            found[message.key().decode()] = message.partition()
    reader.close()
    return found


def murmur2(stack) -> dict[str, int]:
    """Person → partition, by tutti's own producer."""
    found: dict[str, int] = {}
    producer: Producer = kafka.producer(stack.settings)
    for person in PEOPLE:
        payload = json.dumps(vote("tutti", person))
        producer.produce(
            VOTES.name,
            payload,
            person,
            on_delivery=lambda _, message: found.update(
                {message.key().decode(): message.partition()}
            ),
        )
    assert producer.flush(30) == 0
    return found

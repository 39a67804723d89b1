"""A broker that takes connections and says nothing is one kind of error, however it is asked."""

import socket

import pytest
from confluent_kafka import KafkaException

from infra.config.settings import Settings
from infra.kafka import client as kafka
from operators.core.errors import TransientError
from schemas.topics import TOPICS, VOTES, partitions_of


@pytest.fixture
def silent(tmp_path, monkeypatch):
    """Settings of an installation whose broker does not answer, and whom we await for a moment."""
    monkeypatch.setattr(kafka, "TIMEOUT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield Settings(home=tmp_path, kafka_brokers=f"127.0.0.1:{port}")


QUESTIONS = {
    "ends": lambda s: kafka.ends(kafka.admin(s), partitions_of(tuple(TOPICS.values()))),
    "committed": lambda s: kafka.committed(kafka.consumer(s, kafka.INTAKE_GROUP), VOTES),
    "watermarks": lambda s: kafka.watermarks(kafka.consumer(s, kafka.INTAKE_GROUP), VOTES),
    "read_since": lambda s: next(kafka.read_since(s, VOTES, 0, 0, 1)),
    "topics": lambda s: kafka.topics(s, 1.0),
    "create_topics": kafka.create_topics,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_silent_broker_is_a_kafka_error(silent, question):
    with pytest.raises((KafkaException, TransientError)):
        QUESTIONS[question](silent)

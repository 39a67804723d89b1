"""The entrance of a stack: Kafka, Redis, intake and HTTP intake, and nothing that counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException, TopicPartition
from stack.conftest import Stack, new_stack

from infra.config.secrets import pseudonym_key
from infra.kafka import client as kafka
from infra.local.supervisor import Supervisor
from infra.service.heartbeat import last_beat
from infra.service.waiting import wait_until
from schemas.topics import INPUT, partitions_of

SERVICES = ("redis", "intake", "http_intake")
START_S = 400
PASS_S = 300


@contextmanager
def entrance() -> Iterator[Stack]:
    """It, with a supervisor that starts again what is killed; removed afterwards."""
    made = new_stack()
    settings = made.settings
    try:
        settings.home.mkdir(parents=True, mode=0o700)
        pseudonym_key(settings)
        supervisor = Supervisor(settings)
        supervisor.launch()
        supervisor.start("kafka")
        assert wait_until(lambda: _has_topics(made), START_S, every_s=0.2)
        for service in SERVICES:
            supervisor.start(service)
        for service in ("intake", "http_intake"):
            assert wait_until(lambda s=service: _ready(made, s), START_S, every_s=0.2), service
        yield made
    finally:
        made.tear_down()


def await_intake(stack: Stack) -> None:
    """Wait until intake has passed on all that was sent."""
    places = partitions_of(tuple(INPUT.values()))
    ends = kafka.ends(kafka.admin(stack.settings), places)
    group = kafka.consumer(stack.settings, kafka.INTAKE_GROUP)

    def passed() -> bool:
        try:
            found = group.committed([TopicPartition(*place) for place in ends], timeout=10)
        except KafkaException:  # the group's coordinator is being found
            return False
        return all(max(one.offset, 0) >= ends[one.topic, one.partition] for one in found)

    try:
        assert wait_until(passed, PASS_S, every_s=0.1)
    finally:
        group.close()


def _has_topics(stack: Stack) -> bool:
    """Whether the topics are there; a Kafka that is just starting may take its time."""
    try:
        kafka.create_topics(stack.settings)
    except (kafka.KafkaUnavailableError, KafkaException, TimeoutError):
        return False
    return True


def _ready(stack: Stack, service: str) -> bool:
    beat = last_beat(stack.settings, service)
    return beat is not None and beat.healthy

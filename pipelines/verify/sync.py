"""Sync: wait until everything sent so far is in ClickHouse, wholly."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, KafkaException

from infra.clickhouse.client import connect
from infra.clickhouse.state import (
    Offsets,
    active_cut,
    all_written,
    clustered_proposals,
    lag_of_new_clusterings,
)
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.service.heartbeat import last_beat
from infra.service.waiting import wait_until
from operators.core.errors import TransientError
from operators.flink.semantics import CONSUMER_GROUP
from schemas.topics import (
    ACCEPTED_CONSULTATIONS,
    ACCEPTED_PROPOSALS,
    ACCEPTED_VOTES,
    DEAD_LETTERS,
    INPUT,
    SEMANTICS_OUTPUTS,
    partitions_of,
)

POLL_S: Final = 0.1
_PASSED: Final = (ACCEPTED_CONSULTATIONS, ACCEPTED_PROPOSALS, ACCEPTED_VOTES, DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Synced:
    """A cut that holds all that had been sent.

    Attributes:
        input_ends: Per input partition, how far it reaches.
        as_of: Broker time of the newest vote counted; None if there are no votes.
    """

    input_ends: Offsets
    as_of: datetime | None


def sync(settings: Settings, timeout_s: float) -> Synced:
    """Wait, stage by stage: each end is asked for when the stage before has passed its own.

    Raises:
        TransientError: Not within `timeout_s`; says which stage is behind.
    """
    broker = kafka.admin(settings)
    group = kafka.consumer(settings, kafka.INTAKE_GROUP)
    clickhouse = connect(settings)
    try:
        input_ends = kafka.ends(broker, partitions_of(tuple(INPUT.values())))
        _wait("intake", timeout_s, lambda: _intake_passed(group, input_ends))
        accepted = kafka.ends(broker, partitions_of(_PASSED))
        _wait("the sink", timeout_s, lambda: all_written(clickhouse, accepted))
        _wait("the votes job", timeout_s, lambda: _cut_passed(clickhouse, accepted))
    except KafkaException as error:
        raise TransientError("Kafka does not answer: see tutti status.") from error
    finally:
        group.close()
    cut = active_cut(clickhouse)
    return Synced(input_ends, cut.as_of if cut else None)


def await_clusters(settings: Settings, timeout_s: float) -> int:
    """Wait until the accepted proposals of now are clustered and in ClickHouse.

    Votes never wait for topics: a semantics job that does not run, or that is slow, is no error.

    Returns:
        How many records of accepted proposals are not clustered, or of consultations not read;
        0: all are.
    """
    broker, clickhouse = kafka.admin(settings), connect(settings)
    group = kafka.consumer(settings, CONSUMER_GROUP)
    [end] = kafka.ends(broker, partitions_of((ACCEPTED_PROPOSALS,))).values()
    [known] = kafka.ends(broker, partitions_of((ACCEPTED_CONSULTATIONS,))).values()

    def lagging() -> int:
        [done] = kafka.committed(group, ACCEPTED_CONSULTATIONS).values()
        late = max(0, end - clustered_proposals(clickhouse))
        # A consultation that has not been read may change the encoder of proposals that have.
        unread = max(0, known - max(0, int(done.offset))) if end else 0
        return late or unread or lag_of_new_clusterings(clickhouse)

    def runs() -> bool:
        beat = last_beat(settings, "semantics")
        return beat is not None and beat.healthy

    def over() -> bool:
        return not lagging() or not runs()

    with closing(group):
        # Twice: what the sink has yet to write may say that a consultation is clustered anew.
        for _ in range(2):
            if not wait_until(over, timeout_s, POLL_S) or lagging():
                break
            # Of an item, how far clustering is comes last; other topics may be read later.
            outputs = kafka.ends(broker, partitions_of(SEMANTICS_OUTPUTS))
            _wait("the sink", timeout_s, partial(all_written, clickhouse, outputs))
        return lagging()


def _wait(stage: str, timeout_s: float, passed: Callable[[], bool]) -> None:
    if not wait_until(passed, timeout_s, POLL_S):
        raise TransientError(
            f"{stage} has not caught up within {timeout_s:g} s: see tutti status, or wait longer"
            " with --timeout."
        )


def _intake_passed(group: Consumer, ends: Offsets) -> bool:
    committed = {
        (topic.name, partition): place.offset
        for topic in INPUT.values()
        for partition, place in kafka.committed(group, topic).items()
    }
    return all(committed[place] >= end for place, end in ends.items() if end)


def _cut_passed(clickhouse: Client, ends: Offsets) -> bool:
    cut = active_cut(clickhouse)
    return all(
        (cut.counted.get(partition, 0) if cut else 0) >= end
        for (topic, partition), end in ends.items()
        if topic == ACCEPTED_VOTES.name
    )

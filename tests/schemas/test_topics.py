"""The topics are written down a second time; changing one is a decision, not an accident."""

import re

import pytest

from schemas.published import schema
from schemas.topics import ACCEPTED, DEAD_LETTERS, INPUT, TOPICS, Topic

PARTITIONS = {
    "tutti.consultations.v1": 1,
    "tutti.proposals.v1": 1,
    "tutti.votes.v1": 4,
    "tutti.accepted-consultations.v1": 1,
    "tutti.accepted-proposals.v1": 1,
    "tutti.accepted-votes.v1": 4,
    "tutti.tallies.v1": 4,
    "tutti.windows.v1": 4,
    "tutti.progress.v1": 1,
    "tutti.dead-letters.v1": 1,
    "tutti.manifests.v1": 1,
    "tutti.assignments.v1": 1,
    "tutti.clusters.v1": 1,
    "tutti.cluster-events.v1": 1,
    "tutti.vectors.v1": 1,
    "tutti.cluster-progress.v1": 1,
}
DAY_MS = 86_400_000

every_topic = pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)


def test_partition_counts_are_the_same_on_every_machine() -> None:
    # A topic that gains partitions moves its keys: only with a new epoch.
    known = {name: topic.partitions for name, topic in TOPICS.items() if name in PARTITIONS}
    assert known == PARTITIONS


@every_topic
def test_a_topic_says_what_it_holds_and_who_writes_and_reads_it(topic: Topic) -> None:
    assert topic.about.endswith(".")
    assert topic.key
    assert topic.producers
    assert topic.consumers
    assert re.fullmatch(r"tutti\.[a-z-]+\.v[0-9]+", topic.name)


@every_topic
def test_settings_are_texts_as_kafka_takes_them(topic: Topic) -> None:
    assert all(isinstance(value, str) for value in topic.config.values())


@every_topic
def test_a_topic_is_either_compacted_or_says_how_long_it_keeps(topic: Topic) -> None:
    compacted = topic.config.get("cleanup.policy") == "compact"
    assert compacted != ("retention.ms" in topic.config)


@every_topic
def test_a_compacted_topic_keeps_its_tombstones_for_30_days(topic: Topic) -> None:
    # A sink that was away for that long still learns that a cell is empty again.
    if topic.config.get("cleanup.policy") == "compact":
        assert int(topic.config["delete.retention.ms"]) == 30 * DAY_MS


@pytest.mark.parametrize("topic", INPUT.values(), ids=lambda topic: topic.name)
def test_the_time_of_an_input_message_is_the_broker_s_and_not_the_sender_s(topic: Topic) -> None:
    assert topic.config["message.timestamp.type"] == "LogAppendTime"


def raw_fields(topic: Topic) -> set[str]:
    """The fields that hold people's own ids, by the published schema."""
    fields = schema(topic.schema)["properties"]
    return {name for name, field in fields.items() if field.get("$ref") == "#/$defs/person"}


def test_people_s_own_ids_stand_in_votes_and_proposals_alone() -> None:
    assert {name: raw_fields(topic) for name, topic in TOPICS.items() if raw_fields(topic)} == {
        "tutti.votes.v1": {"participant_id"},
        "tutti.proposals.v1": {"author_id"},
    }


@every_topic
def test_people_s_own_ids_are_kept_for_30_days_and_no_topic_keeps_them_longer(
    topic: Topic,
) -> None:
    if raw_fields(topic):
        assert topic.config.get("cleanup.policy", "delete") == "delete"
        assert int(topic.config["retention.ms"]) == 30 * DAY_MS


@every_topic
def test_a_retention_with_an_end_means_what_it_says(topic: Topic) -> None:
    """Without segment.ms a segment is open for a week, and its oldest record stays as long."""
    if int(topic.config.get("retention.ms", -1)) > 0:
        assert int(topic.config["segment.ms"]) <= DAY_MS // 4


def test_dead_letters_are_kept_for_90_days() -> None:
    assert int(DEAD_LETTERS.config["retention.ms"]) == 90 * DAY_MS


def test_accepted_events_are_kept_without_end() -> None:
    assert {topic.config["retention.ms"] for topic in ACCEPTED.values()} == {"-1"}


def test_an_accepted_topic_has_as_many_partitions_as_its_input() -> None:
    for kind, topic in INPUT.items():
        assert ACCEPTED[kind].partitions == topic.partitions
        assert topic.event == kind

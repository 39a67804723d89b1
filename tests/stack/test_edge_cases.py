"""The normative table of doubtful messages, sent through the real services."""

from collections import Counter

import msgspec
import pytest

from infra.kafka import client as kafka
from schemas.edge_cases import EdgeCase, edge_cases
from schemas.topics import ACCEPTED, DEAD_LETTERS, INPUT

# The broker's own time decides about these two; the unit tests validate them.
CASES = [case for case in edge_cases() if "after the broker" not in case.name]


@pytest.fixture(scope="module")
def places(stack) -> dict[str, tuple[str, int, int]]:
    """Case → where it was appended."""
    found: dict[str, tuple[str, int, int]] = {}
    producer = kafka.producer(stack.settings)

    def noting(case: EdgeCase):
        def note(error, message) -> None:
            assert error is None, f"{case.name}: {error}"
            found[case.name] = (message.topic(), message.partition(), message.offset())

        return note

    for case in CASES:
        producer.produce(INPUT[case.event].name, case.payload, b"k", on_delivery=noting(case))
    assert producer.flush(30) == 0
    stack.sync()
    return found


@pytest.fixture(scope="module")
def answers(stack, places) -> Counter[tuple[tuple[str, int, int], str, str]]:
    """(coordinates, answer, field) → how often intake has said so."""
    output: Counter[tuple[tuple[str, int, int], str, str]] = Counter()
    for kind, topic in ACCEPTED.items():
        for record in records(stack, topic):
            origin = (INPUT[kind].name, record["origin_partition"], record["origin_offset"])
            output[origin, "accepted", ""] += 1
    for record in records(stack, DEAD_LETTERS):
        origin = (record["topic"], record["partition"], record["offset"])
        output[origin, record["reason"], record["field"]] += 1
    return output


def records(stack, topic):
    reader = kafka.consumer(stack.settings, "tests")
    yield from (msgspec.json.decode(m.value()) for m in kafka.read_to_end(reader, topic))
    reader.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_ends_exactly_once_with_the_answer_of_the_table(places, answers, case):
    place = places[case.name]
    output = {key: count for key, count in answers.items() if key[0] == place}
    assert output == {(place, case.answer, case.field): 1}


def test_clickhouse_shows_each_refusal_with_its_size(stack, places):
    rows = stack.rows(
        "SELECT topic, partition, offset, reason, field, bytes FROM marts.dead_letters"
    )
    shown = Counter(rows)
    for case in CASES:
        if case.answer != "accepted":
            size = len(case.payload or b"")
            assert shown[*places[case.name], case.answer, case.field, size] == 1, case.name

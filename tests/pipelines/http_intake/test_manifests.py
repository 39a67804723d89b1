"""A manifest becomes one record per count, under a key that a later manifest replaces."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipelines.http_intake.manifests import manifest_records, read_manifest
from pipelines.http_intake.problems import ProblemError
from pipelines.sink.batch import Batch
from schemas.published import schema
from schemas.sources import parse_sources
from schemas.topics import MANIFESTS

SOURCE = parse_sources(
    f"[[source]]\nname = 'portugal'\nfrom = 2026-05-01T00:00:00Z\nkey = '{'01' * 32}'\n"
    "consultations = ['europe']\n"
).in_force("portugal", 1_777_593_600_000)
assert SOURCE is not None
HOUR = "2026-05-01T20:00:00Z"
COUNTS = [{"hour": HOUR, "country": "PT", "messages": 18}, {"hour": HOUR, "messages": 0}]


def posted(**fields: Any) -> bytes:
    return json.dumps({"consultation_id": "europe", "counts": COUNTS} | fields).encode()


def test_each_count_is_a_record_as_its_schema_says() -> None:
    records = manifest_records(read_manifest(posted(), SOURCE), SOURCE)
    values = [json.loads(record.value) for record in records]
    assert [(v["country"], v["messages"], v["kind"]) for v in values] == [
        ("PT", 18, "votes"),
        ("ZZ", 0, "votes"),
    ]
    for value, record in zip(values, records, strict=True):
        assert record.topic == MANIFESTS.name
        Draft202012Validator(schema("manifest")).validate(value)
        assert value["source"] == "portugal"  # never what a body says
        assert {**json.loads(record.key), "messages": value["messages"]} == value


def test_a_later_manifest_replaces_the_counts_of_the_same_keys_only() -> None:
    batch = Batch()
    later = posted(counts=[COUNTS[0] | {"messages": 19}])
    for offset, body in ((0, posted()), (2, later)):
        for number, record in enumerate(manifest_records(read_manifest(body, SOURCE), SOURCE)):
            batch.add(record.topic, offset + number, record.key, record.value)
    [insert] = batch.inserts()[0]
    rows = [json.loads(line) for line in insert.lines.splitlines()]
    assert insert.table == "tutti.manifests"
    assert {(row["country"], row["messages"], row["version"]) for row in rows} == {
        ("PT", 19, 2),
        ("ZZ", 0, 1),
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        posted(counts=[]),
        posted(more=1),
        posted(kind="consultations"),
        posted(consultation_id="another"),
        posted(consultation_id="eu rope"),
        posted(counts=[COUNTS[0] | {"hour": "2026-05-01T20:30:00Z"}]),
        posted(counts=[COUNTS[0] | {"hour": "2026-02-30T20:00:00Z"}]),
        posted(counts=[COUNTS[0] | {"hour": "2026-05-01T20:00:00Z\n"}]),
        posted(counts=[COUNTS[0] | {"country": "pt"}]),
        posted(counts=[COUNTS[0] | {"messages": -1}]),
        posted(counts=[COUNTS[0] | {"messages": 1.5}]),
        posted(counts=[COUNTS[0] | {"source": "spain"}]),
        posted(counts=[COUNTS[0]] * 10_001),
    ],
)
def test_what_is_no_manifest_of_this_source_is_a_problem_and_no_crash(body: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        read_manifest(body, SOURCE)
    assert (caught.value.kind, caught.value.status) == ("bad-manifest", 422)

"""Records are what the schemas say, and begin with their key."""

import json
from base64 import b64decode

import numpy as np
from jsonschema import Draft202012Validator

from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.records import KEYS, records
from operators.core.clusters.thresholds import Thresholds
from schemas.published import schema
from schemas.topics import SEMANTICS_OUTPUTS, TOPICS


def emitted() -> list:
    clusters = Clusters("c", "toy/1", 2, Thresholds())
    found = []
    for offset, (proposal, vector) in enumerate(
        [("p1", [1, 0]), ("p2", [0, 1]), ("p3", [1, 0]), ("p1", [1, 0])]
    ):
        item = Item("c", proposal, 'Plus de "vélos"\n' * (1 + offset % 3), "fr", "accepted", offset)
        given = np.array(vector, np.float32) if clusters.needs_vector(item) else None
        outputs = clusters.on_item(item, given)
        found.append(list(records(3, 2, item, 17 + offset, given, outputs, clusters)))
    return found


def test_every_record_fits_its_schema_and_begins_with_its_key():
    found = [record for batch in emitted() for record in batch]
    assert (
        {record.topic for record in found}
        == {topic.name for topic in SEMANTICS_OUTPUTS}
        == set(KEYS)
    )
    for record in found:
        Draft202012Validator(schema(TOPICS[record.topic].schema)).validate(json.loads(record.value))
        assert record.value.startswith(record.key[:-1])
        assert "\n" not in record.value


def test_how_far_clustering_is_comes_last_and_with_every_item():
    for offset, batch in enumerate(emitted()):
        assert [r.topic for r in batch if r.topic == "tutti.cluster-progress.v1"] == [
            batch[-1].topic
        ]
        assert json.loads(batch[-1].value)["offset"] == offset


def test_a_vector_is_written_when_its_text_is_new():
    vectors = [[r for r in batch if r.topic == "tutti.vectors.v1"] for batch in emitted()]
    assert [len(batch) for batch in vectors] == [1, 1, 1, 0]
    data = b64decode(json.loads(vectors[1][0].value)["vector"])
    assert np.frombuffer(data, "<f4").tolist() == [0, 1]

"""The output of the semantics job as records of its topics.

Keys and values are JSON that begins with the key's columns, as the sink expects of its inputs.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.clusters import METHOD, Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Outputs
from schemas.topics import ASSIGNMENTS, CLUSTER_EVENTS, CLUSTER_PROGRESS, CLUSTERS, VECTORS, Topic


class OutputRecord(NamedTuple):
    """One record to produce.

    Attributes:
        topic: Name of its topic.
        key: JSON; a later record with the same key replaces this one.
        value: JSON.
    """

    topic: str
    key: str
    value: str


KEYS: Final[dict[str, tuple[str, ...]]] = {
    ASSIGNMENTS.name: ("consultation_id", "proposal_id"),
    CLUSTERS.name: ("consultation_id", "cluster_id"),
    CLUSTER_EVENTS.name: ("consultation_id", "number"),
    VECTORS.name: ("consultation_id", "proposal_id"),
    CLUSTER_PROGRESS.name: ("consultation_id",),
}
"""The fields of a record's key, after the epoch."""


def records(
    epoch: int,
    job_epoch: int,
    item: Item,
    at_ms: int,
    vector: NDArray[np.float32] | None,
    outputs: Outputs,
    clusters: Clusters,
) -> Iterator[OutputRecord]:
    """The records of one item; the record of the progress of clustering comes last.

    Args:
        epoch: Number of the clustering.
        job_epoch: Number of the job's state, at most `epoch`.
        item: The proposal.
        at_ms: Its broker time, ms since 1970.
        vector: Vector of its text, if the text is new.
        outputs: What the item changed.
        clusters: The state after the item.
    """
    emitted: tuple[tuple[Topic, tuple[Any, ...]], ...] = (
        (CLUSTERS, outputs.clusters),
        (ASSIGNMENTS, outputs.assignments),
        (CLUSTER_EVENTS, outputs.events),
    )
    for topic, values in emitted:
        for value in values:
            yield _record(topic, epoch, msgspec.to_builtins(value) | {"at_ms": at_ms})
    place = {"consultation_id": item.consultation_id}
    if vector is not None:
        data = b64encode(vector.astype("<f4").tobytes()).decode()
        fields = {"proposal_id": item.proposal_id, "model": clusters.model, "vector": data}
        yield _record(VECTORS, epoch, place | fields)
    done = {"offset": item.offset, "model": clusters.model, "method": METHOD, "at_ms": at_ms}
    done |= {"job_epoch": job_epoch} | msgspec.to_builtins(clusters.size)
    yield _record(CLUSTER_PROGRESS, epoch, place | done)


def _record(topic: Topic, epoch: int, fields: dict[str, Any]) -> OutputRecord:
    value = {"epoch": epoch} | fields
    key = {name: value[name] for name in ("epoch", *KEYS[topic.name])}
    return OutputRecord(topic.name, _json(key), _json(value))


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()

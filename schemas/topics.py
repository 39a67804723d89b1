"""The topics of `topics.toml` as values."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from schemas.events import Kind


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; the fields are described at the head of ``topics.toml``."""

    name: str
    about: str
    key: str
    schema: str
    partitions: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    event: Kind | None = None
    config: dict[str, str] = field(default_factory=dict)


TopicPartition = tuple[str, int]
"""A topic's name and one of its partitions."""


def partitions_of(topics: Iterable[Topic]) -> list[TopicPartition]:
    """Every partition of some topics."""
    return [(topic.name, p) for topic in topics for p in range(topic.partitions)]


def _load() -> dict[str, Topic]:
    document = tomllib.loads(files("schemas").joinpath("topics.toml").read_text())
    return {
        name: Topic(
            name=name,
            about=entry["about"],
            key=entry["key"],
            schema=entry["schema"],
            partitions=entry["partitions"],
            producers=tuple(entry["producers"]),
            consumers=tuple(entry["consumers"]),
            event=entry.get("event"),
            config=entry["config"],
        )
        for name, entry in document.items()
    }


TOPICS: Final = _load()

CONSULTATIONS: Final = TOPICS["tutti.consultations.v1"]
PROPOSALS: Final = TOPICS["tutti.proposals.v1"]
VOTES: Final = TOPICS["tutti.votes.v1"]
ACCEPTED_CONSULTATIONS: Final = TOPICS["tutti.accepted-consultations.v1"]
ACCEPTED_PROPOSALS: Final = TOPICS["tutti.accepted-proposals.v1"]
ACCEPTED_VOTES: Final = TOPICS["tutti.accepted-votes.v1"]
TALLIES: Final = TOPICS["tutti.tallies.v1"]
WINDOWS: Final = TOPICS["tutti.windows.v1"]
PROGRESS: Final = TOPICS["tutti.progress.v1"]
DEAD_LETTERS: Final = TOPICS["tutti.dead-letters.v1"]
MANIFESTS: Final = TOPICS["tutti.manifests.v1"]
ASSIGNMENTS: Final = TOPICS["tutti.assignments.v1"]
CLUSTERS: Final = TOPICS["tutti.clusters.v1"]
CLUSTER_EVENTS: Final = TOPICS["tutti.cluster-events.v1"]
VECTORS: Final = TOPICS["tutti.vectors.v1"]
CLUSTER_PROGRESS: Final = TOPICS["tutti.cluster-progress.v1"]

INPUT: Final[dict[Kind, Topic]] = {
    "consultations": CONSULTATIONS,
    "proposals": PROPOSALS,
    "votes": VOTES,
}
"""The topic that campaigns send each kind of event to."""

ACCEPTED: Final[dict[Kind, Topic]] = {
    "consultations": ACCEPTED_CONSULTATIONS,
    "proposals": ACCEPTED_PROPOSALS,
    "votes": ACCEPTED_VOTES,
}
"""The topic that intake writes each kind of accepted event to."""

VOTES_OUTPUTS: Final = (TALLIES, WINDOWS, PROGRESS)
SEMANTICS_OUTPUTS: Final = (CLUSTERS, ASSIGNMENTS, CLUSTER_EVENTS, VECTORS, CLUSTER_PROGRESS)
"""The topics that the semantics job writes to."""

"""The flow of records between services as a diagram, from ``schemas/topics.toml``."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from schemas.topics import TOPICS, Topic

SHAPES: Final = {
    "campaign": "([campaigns])",
    "intake": "[intake]",
    "votes": "[votes job]",
    "semantics": "[semantics job]",
    "sink": "[sink]",
    "reconcile": "[reconcile]",
}
"""How each writer and reader of a topic is drawn."""

BEHIND_THE_SINK: Final = (
    "clickhouse[(ClickHouse)]",
    "redis[(Redis)]",
    "sink --> clickhouse",
    'sink -- "change notifications" --> redis',
    'clickhouse -. "the same numbers?" .-> reconcile',
)
"""What is no topic."""


def flow() -> str:
    """The diagram: topics with the same writer and the same readers share a box."""
    lines = [
        "flowchart TD",
        *(f"    {line}" for line in _lines()),
    ]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _lines() -> Iterator[str]:
    used = {who for topic in TOPICS.values() for who in (*topic.producers, *topic.consumers)}
    yield from (f"{who}{SHAPES[who]}" for who in SHAPES if who in used)
    for number, ((producers, consumers), group) in enumerate(_groups()):
        name = f"topics{number}"
        yield f'{name}>"{"<br>".join(topic.name for topic in group)}"]'
        yield from (f"{producer} --> {name}" for producer in producers)
        yield from (f"{name} {_arrow(consumer)} {consumer}" for consumer in consumers)
    yield from BEHIND_THE_SINK


def _groups() -> list[tuple[tuple[tuple[str, ...], tuple[str, ...]], list[Topic]]]:
    def ends(topic: Topic) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return topic.producers, topic.consumers

    return [(key, list(group)) for key, group in groupby(sorted(TOPICS.values(), key=ends), ends)]


def _arrow(consumer: str) -> str:
    """What only checks is no part of the flow."""
    return "-.->" if consumer == "reconcile" else "-->"

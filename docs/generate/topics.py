"""The topics, from ``schemas/topics.toml``."""

from collections.abc import Iterable

from docs.generate.markdown import anchor, code, codes, table
from schemas.described import kept
from schemas.published import schema
from schemas.topics import INPUT, TOPICS, Topic


def topics_of_campaigns() -> str:
    """The topics that campaigns write."""
    return _rows(topic for topic in TOPICS.values() if topic in INPUT.values())


def topics_of_tutti() -> str:
    """The topics that tutti writes."""
    return _rows(topic for topic in TOPICS.values() if topic not in INPUT.values())


def _rows(topics: Iterable[Topic]) -> str:
    return table(
        ["topic", "content", "key", "partitions", "kept", "written by", "read by"],
        (
            [
                f"[{code(topic.name)}](fields.md#{anchor(title(topic))})",
                topic.about,
                topic.key,
                str(topic.partitions),
                kept(topic),
                codes(topic.producers),
                codes(topic.consumers),
            ]
            for topic in topics
        ),
    )


def title(topic: Topic) -> str:
    """What a message of the topic is called."""
    return str(schema(topic.schema)["title"])

"""The fields of every event, from the JSON Schemas."""

import json
from collections.abc import Iterable

from docs.generate.markdown import code, codes, table
from docs.generate.topics import title
from schemas.described import fields, fullest_example, reasons
from schemas.published import schema
from schemas.topics import INPUT, TOPICS, Topic


def fields_of_campaigns() -> str:
    """The messages that campaigns send."""
    return _sections(topic for topic in TOPICS.values() if topic in INPUT.values())


def fields_of_tutti() -> str:
    """The messages that tutti writes."""
    return _sections(topic for topic in TOPICS.values() if topic not in INPUT.values())


def _sections(topics: Iterable[Topic]) -> str:
    return "\n".join(_section(topic) for topic in topics)


def _section(topic: Topic) -> str:
    rows = (
        [code(field.path), field.rule, field.type, field.need] for field in fields(topic.schema)
    )
    parts = [
        f"### {title(topic)}\n",
        f"{schema(topic.schema)['description']} Topic {code(topic.name)}, key: {topic.key}.\n",
        table(["field", "rule", "type", "needed"], rows),
        "```json",
        json.dumps(fullest_example(topic.schema), ensure_ascii=False, indent=2),
        "```\n",
    ]
    if topic.event is not None:
        parts.append(f"May be rejected as {codes(reasons(topic.event))}.\n")
    return "\n".join(parts)

"""The AsyncAPI 3.0 document: the topics, events and examples in one file that tools read.

Generated, never edited: ``make documents`` writes it anew, a test keeps it fresh. The schemas are
those of ``json/``, with their definitions moved to ``components`` and, because AsyncAPI reads
draft 7, where a ``$ref`` hides what stands beside it, with such references in an ``allOf``.
"""

import json
from typing import Any, Final

from schemas.published import NAMES, examples, schema
from schemas.topics import INPUT, TOPICS, Topic

KAFKA_BINDING: Final = "0.5.0"
NUMBERS: Final = ("retention.ms", "delete.retention.ms", "segment.ms")


def document() -> dict[str, Any]:
    """The document as a value."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tutti",
            "version": "1.0.0",
            "description": (
                "Campaigns send consultations, proposals and votes; tutti counts. JSON in UTF-8,"
                " one object per message. Unknown fields are ignored; null is not absent."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:18103",
                "protocol": "kafka",
                "description": "The stack on one machine; the port follows TUTTI_PORT_BASE.",
            }
        },
        "channels": {short(topic): _channel(topic) for topic in TOPICS.values()},
        "operations": dict(_operation(topic) for topic in TOPICS.values()),
        "components": {
            "messages": {topic.schema: _message(topic) for topic in TOPICS.values()},
            "schemas": _schemas(),
        },
    }


def short(topic: Topic) -> str:
    """``votes`` of ``tutti.votes.v1``."""
    return topic.name.split(".")[1]


def _channel(topic: Topic) -> dict[str, Any]:
    config: dict[str, Any] = {
        name: int(value) if name in NUMBERS else [value] if name == "cleanup.policy" else value
        for name, value in topic.config.items()
    }
    return {
        "address": topic.name,
        "description": topic.about,
        "servers": [{"$ref": "#/servers/local"}],
        "messages": {topic.schema: {"$ref": f"#/components/messages/{topic.schema}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": config,
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "x-producers": list(topic.producers),
        "x-consumers": list(topic.consumers),
    }


def _operation(topic: Topic) -> tuple[str, dict[str, Any]]:
    """What tutti does there: it receives what campaigns send, and sends the rest."""
    action = "receive" if topic in INPUT.values() else "send"
    return f"{action}-{short(topic)}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{short(topic)}"},
        "summary": topic.about,
        "messages": [{"$ref": f"#/channels/{short(topic)}/messages/{topic.schema}"}],
    }


def _message(topic: Topic) -> dict[str, Any]:
    body = schema(topic.schema)
    return {
        "name": topic.schema,
        "title": body["title"],
        "summary": body["description"],
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{topic.schema}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "examples": [
            {"name": name, "payload": payload} for name, payload in examples(topic.schema).items()
        ],
    }


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in NAMES:
        body = schema(name)
        definitions = body.pop("$defs", {})
        for part, content in {name: body, **definitions}.items():
            moved = _moved(content)
            if found.setdefault(part, moved) != moved:
                raise ValueError(f"{part} is defined in two ways, one of them in {name}")
    return found


def _moved(content: Any) -> Any:
    """A schema with its references to definitions turned to ``components``."""
    if isinstance(content, list):
        return [_moved(item) for item in content]
    if not isinstance(content, dict):
        return content
    moved = {k: _moved(v) for k, v in content.items() if k not in {"$schema", "$id", "$ref"}}
    if "$ref" not in content:
        return moved
    reference = {"$ref": content["$ref"].replace("#/$defs/", "#/components/schemas/")}
    return {**moved, "allOf": [reference]} if moved else reference


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"

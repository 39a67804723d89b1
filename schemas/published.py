"""The published JSON Schemas and examples as values, by the name of their event."""

import json
from importlib.resources import files
from typing import Any, Final, cast

from schemas.rejections import Reason
from schemas.topics import TOPICS

NAMES: Final = tuple(topic.schema for topic in TOPICS.values())
"""The events, in the order of their topics."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of an event such as ``accepted-vote``."""
    text = files("schemas").joinpath(f"json/{name}.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def rejected_examples(name: str) -> dict[str, Reason]:
    """The golden examples of an event that are rejected, by their names, with their reasons."""
    folder = files("schemas").joinpath(f"examples/{name}/invalid")
    found = sorted(file.name.removesuffix(".json") for file in folder.iterdir())
    return {name: cast("Reason", name.partition("--")[0]) for name in found}


def examples(name: str) -> dict[str, Any]:
    """The golden examples of an event, by their names."""
    folder = files("schemas").joinpath(f"examples/{name}/valid")
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    }

"""What the generated documents say of topics and fields, whatever their format.

Texts may hold `backquotes`, which stand for code.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from schemas.edge_cases import edge_cases
from schemas.events import Kind
from schemas.published import examples, rejected_examples, schema
from schemas.rejections import OF_SETTINGS, REASONS, Reason
from schemas.topics import INPUT, Topic

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event.

    Attributes:
        path: Its name, with the names of the fields that it stands in.
        required: Whether it must be there.
        default: What holds when it is absent, as JSON; empty if there is no such value.
        type: Its type in words.
        rule: What it means, and what it may be.
        example: A value as JSON; empty if the example does not have it.
    """

    path: str
    required: bool
    default: str
    type: str
    rule: str
    example: str

    @property
    def need(self) -> str:
        """Whether it must be there, in words."""
        if self.required:
            return "required"
        return f"optional, `{self.default}` if absent" if self.default else "optional"


def fields(event: str) -> list[Field]:
    """The fields of an event such as ``accepted-vote``, those within others behind these."""
    body = schema(event)
    definitions = body.get("$defs", {})
    shown = fullest_example(event)
    found = []
    for path, field, required in _walk(body, ""):
        definition = definitions.get(str(field.get("$ref", "")).removeprefix("#/$defs/"), {})
        full = definition | field
        rule = [field.get("description", ""), definition.get("description", "")]
        rule += _limits(full, body, path)
        found.append(
            Field(
                path=path,
                required=required,
                default=json.dumps(field["default"]) if "default" in field else "",
                type=_type(full),
                rule=". ".join(part.rstrip(".") for part in rule if part),
                example=_example(shown, path),
            )
        )
    return found


def fullest_example(event: str) -> dict[str, Any]:
    """The golden example with the most fields."""
    return max((dict(example) for example in examples(event).values()), key=len)


def reasons(kind: Kind) -> list[Reason]:
    """Those of the normative table and the examples for a kind of event, and those all share."""
    known = {case.answer for case in edge_cases() if case.event == kind}
    known |= set(rejected_examples(INPUT[kind].schema).values())
    shared = {case.answer for case in edge_cases() if case.field == "" != case.answer}
    chosen = {reason for reason, kinds in OF_SETTINGS.items() if kind in kinds}
    return [reason for reason in REASONS if reason in known | shared | chosen]


def kept(topic: Topic) -> str:
    """How long messages stay in a topic."""
    if topic.config.get("cleanup.policy") == "compact":
        return "the latest of each key"
    kept_ms = int(topic.config["retention.ms"])
    return "without end" if kept_ms < 0 else f"{kept_ms // DAY_MS} days"


def _walk(body: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    for name, field in body["properties"].items():
        yield f"{place}{name}", field, name in body.get("required", [])
        inner = field.get("items", {})
        if "properties" in inner:
            yield from _walk(inner, f"{place}{name}[].")


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "text"
    given = field.get("type", "")
    words = {"string": "text", "integer": "whole number", "null": "null"}
    kinds = [words.get(kind, kind) for kind in ([given] if isinstance(given, str) else given)]
    return " or ".join(kinds)


def _limits(field: dict[str, Any], body: dict[str, Any], path: str) -> Iterator[str]:
    if "enum" in field:
        yield "One of " + ", ".join(f"`{value}`" if value else "empty" for value in field["enum"])
    low, high, step = (field.get(name) for name in ("minimum", "maximum", "multipleOf"))
    if step is not None:
        yield f"A multiple of {step:,}"
    if low is not None and high is not None and high < 1e300:  # noqa: PLR2004 - a double's limit
        yield f"From {low:,} to {high:,}"
    elif low is not None:
        yield f"From {low:,} up"
    for branch in body.get("oneOf", []):
        allowed = branch["properties"].get(path, {}).get("items", {}).get("enum")
        if allowed:
            listed = ", ".join(f"`{name}`" for name in allowed)
            yield f"With `{branch['properties']['choice']['const']}`: {listed}"


def _example(shown: Any, path: str) -> str:
    try:
        for step in path.split("."):
            shown = shown[step.removesuffix("[]")]
            if step.endswith("[]"):
                shown = shown[0]
    except LookupError:
        return ""
    return json.dumps(shown, ensure_ascii=False)

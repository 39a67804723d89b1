"""The events as a page to read: one HTML file without scripts, fonts or anything from elsewhere.

Generated from the topics, the JSON Schemas, the examples and the reasons: ``make documents`` writes
it anew, a test keeps it fresh.
"""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from schemas.edge_cases import edge_cases
from schemas.events import Kind
from schemas.published import examples, schema
from schemas.rejections import ADVICE, OF_SETTINGS, REASONS, Reason
from schemas.topics import TOPICS, Topic

DAY_MS: Final = 86_400_000

INTRODUCTION: Final = """
<p class="lead">What campaigns send over Kafka, what becomes of it, and how to mend what is
refused.</p>
<p>Each message is one JSON object in UTF-8, of at most 65,536 bytes. Unknown fields are ignored;
<code>null</code> is not “absent”: leave the field out. Write to the first three topics only; the
others are there to be read.</p>"""

STYLE: Final = Path(__file__).with_suffix(".css").read_text("utf-8")


def text() -> str:
    """The page."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>tutti: events</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#content">Skip to the content</a>',
            "<header>",
            "<h1>tutti: events</h1>",
            INTRODUCTION,
            "</header>",
            '<main id="content">',
            *_overview(),
            *(line for topic in TOPICS.values() for line in _topic(topic)),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _overview() -> Iterator[str]:
    yield "<h2>Topics</h2>"
    yield from _table(
        "The topics",
        ["topic", "key", "partitions", "kept", "written by", "read by"],
        (
            [
                f'<a href="#{topic.schema}"><code>{escape(topic.name)}</code></a>',
                _code(topic.key),
                str(topic.partitions),
                _kept(topic),
                escape(", ".join(topic.producers)),
                escape(", ".join(topic.consumers)),
            ]
            for topic in TOPICS.values()
        ),
    )


def _topic(topic: Topic) -> Iterator[str]:
    body = schema(topic.schema)
    yield f'<section id="{topic.schema}" aria-labelledby="{topic.schema}-title">'
    yield f'<h2 id="{topic.schema}-title">{escape(body["title"])}</h2>'
    yield f"<p>{_marked(body['description'])}</p>"
    yield "<dl>"
    for name, value in (
        ("topic", _code(topic.name)),
        ("key", _code(topic.key)),
        ("partitions", str(topic.partitions)),
        ("kept", _kept(topic)),
        ("written by", escape(", ".join(topic.producers))),
        ("read by", escape(", ".join(topic.consumers))),
    ):
        yield f"<dt>{name}</dt><dd>{value}</dd>"
    yield "</dl>"
    yield "<h3>Fields</h3>"
    shown = _fullest(examples(topic.schema))
    yield from _table(
        f"Fields of {body['title'].lower()}",
        ["field", "", "type", "rule", "example"],
        _fields(body, shown),
    )
    yield "<h3>Example</h3>"
    pretty = json.dumps(shown, ensure_ascii=False, indent=2)
    yield f'<pre tabindex="0" aria-label="Example"><code>{escape(pretty)}</code></pre>'
    if topic.event is not None:
        yield "<h3>Why one is refused, and how to mend it</h3>"
        yield from _table(
            f"Reasons to refuse a {body['title'].lower()}",
            ["reason", "meaning", "how to mend it"],
            (
                [_code(reason), escape(ADVICE[reason].meaning), escape(ADVICE[reason].mend)]
                for reason in _reasons(topic.event)
            ),
        )
    yield "</section>"


def _fullest(given: dict[str, Any]) -> dict[str, Any]:
    return max((dict(example) for example in given.values()), key=len)


def _reasons(kind: Kind) -> list[Reason]:
    """The reasons that the normative table knows for a kind of event, or all kinds share."""
    known = {case.answer for case in edge_cases() if case.event == kind}
    shared = {case.answer for case in edge_cases() if case.field == "" != case.answer}
    chosen = OF_SETTINGS if kind == "votes" else frozenset()  # the trust of votes, so far
    return [reason for reason in REASONS if reason in known | shared | chosen]


def _fields(body: dict[str, Any], shown: dict[str, Any]) -> Iterator[list[str]]:
    definitions = body.get("$defs", {})
    for path, field, required in _walk(body, ""):
        full = definitions.get(str(field.get("$ref", "")).removeprefix("#/$defs/"), {}) | field
        need = '<span class="need">required</span>' if required else "optional"
        if "default" in field:
            need += f", {_code(json.dumps(field['default']))} if absent"
        rule = [field.get("description", "")]
        if "$ref" in field:
            rule.append(definitions[field["$ref"].removeprefix("#/$defs/")].get("description", ""))
        rule += _limits(full, body, path)
        yield [
            _code(path),
            need,
            escape(_type(full)),
            _marked(". ".join(part.rstrip(".") for part in rule if part)),
            _code(json.dumps(_value(shown, path), ensure_ascii=False)) if _has(shown, path) else "",
        ]


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
    names = {"string": "text", "integer": "whole number", "null": "null"}
    kinds = [names.get(kind, kind) for kind in ([given] if isinstance(given, str) else given)]
    return " or ".join(kinds)


def _limits(field: dict[str, Any], body: dict[str, Any], path: str) -> Iterator[str]:
    if "enum" in field:
        yield "One of " + ", ".join(f"`{value}`" for value in field["enum"])
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
            names = ", ".join(f"`{name}`" for name in allowed)
            yield f"With `{branch['properties']['choice']['const']}`: {names}"


def _has(shown: Any, path: str) -> bool:
    try:
        _value(shown, path)
    except LookupError:
        return False
    return True


def _value(shown: Any, path: str) -> Any:
    for step in path.split("."):
        shown = shown[step.removesuffix("[]")]
        if step.endswith("[]"):
            shown = shown[0]
    return shown


def _kept(topic: Topic) -> str:
    if topic.config.get("cleanup.policy") == "compact":
        return "the latest of each key"
    kept = int(topic.config["retention.ms"])
    return "without end" if kept < 0 else f"{kept // DAY_MS} days"


def _table(caption: str, columns: list[str], rows: Any) -> Iterator[str]:
    yield f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0"><table>'
    heads = (f'<th scope="col">{escape(column) or "needed"}</th>' for column in columns)
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    for first, *others in rows:
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        yield f'<tr><th scope="row">{first}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _code(content: str) -> str:
    return f"<code>{escape(content)}</code>"


def _marked(content: str) -> str:
    """Text in which `backquotes` stand for code."""
    parts = content.split("`")
    return "".join(_code(part) if n % 2 else escape(part) for n, part in enumerate(parts))

"""The events as a page to read: one HTML file without scripts, fonts or anything from elsewhere.

Generated from the topics, the JSON Schemas, the examples and the reasons: ``make documents`` writes
it anew, a test keeps it fresh.
"""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from schemas.described import Field, fields, fullest_example, kept, reasons
from schemas.published import schema
from schemas.rejections import ADVICE
from schemas.topics import TOPICS, Topic

INTRODUCTION: Final = """
<p class="lead">What campaigns send over Kafka, what becomes of it, and how to mend what is
rejected.</p>
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
                kept(topic),
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
        ("kept", kept(topic)),
        ("written by", escape(", ".join(topic.producers))),
        ("read by", escape(", ".join(topic.consumers))),
    ):
        yield f"<dt>{name}</dt><dd>{value}</dd>"
    yield "</dl>"
    yield "<h3>Fields</h3>"
    yield from _table(
        f"Fields of {body['title'].lower()}",
        ["field", "", "type", "rule", "example"],
        map(_field, fields(topic.schema)),
    )
    yield "<h3>Example</h3>"
    pretty = json.dumps(fullest_example(topic.schema), ensure_ascii=False, indent=2)
    yield f'<pre tabindex="0" aria-label="Example"><code>{escape(pretty)}</code></pre>'
    if topic.event is not None:
        yield "<h3>Why one is rejected, and how to mend it</h3>"
        yield from _table(
            f"Reasons to reject a {body['title'].lower()}",
            ["reason", "meaning", "how to mend it"],
            (
                [_code(reason), escape(ADVICE[reason].meaning), escape(ADVICE[reason].cure)]
                for reason in reasons(topic.event)
            ),
        )
    yield "</section>"


def _field(field: Field) -> list[str]:
    need = '<span class="need">required</span>' if field.required else _marked(field.need)
    example = _code(field.example) if field.example else ""
    return [_code(field.path), need, escape(field.type), _marked(field.rule), example]


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

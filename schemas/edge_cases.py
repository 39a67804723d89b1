"""The normative table of doubtful messages, `edge_cases.json`, as values.

Unit tests validate every row; stack tests send all rows through the real services.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

from schemas.events import Kind


class EdgeCase(NamedTuple):
    """One row; the head of the table describes its fields."""

    name: str
    event: Kind
    payload: bytes | None
    broker_ms: int
    answer: str
    field: str


def edge_cases() -> Iterator[EdgeCase]:
    """The rows of the table, in its order.

    >>> case = next(edge_cases())
    >>> case.name, case.payload, case.answer
    ('a tombstone', None, 'empty')
    """
    table = json.loads(files("schemas").joinpath("edge_cases.json").read_text("utf-8"))
    for row in table["cases"]:
        yield EdgeCase(**row | {"payload": _bytes(row["payload"])})


def _bytes(payload: dict[str, Any] | None) -> bytes | None:
    if payload is None:
        return None
    if "base64" in payload:
        return b64decode(payload["base64"], validate=True)
    if "parts" in payload:
        return "".join(text * times for text, times in payload["parts"]).encode()
    return str(payload["text"]).encode()

"""The JSON of the live pages, from the OpenAPI document that the service itself serves."""

from functools import cache
from typing import Any, cast

from docs.generate.markdown import code, table
from pipelines.live.app import openapi_document


@cache
def _document() -> dict[str, Any]:
    return openapi_document()


def live_paths() -> str:
    """Every address with what it takes."""
    rows = []
    for path, methods in _document()["paths"].items():
        asked = methods["get"]
        taken = [each for each in asked.get("parameters", []) if each["in"] == "query"]
        options = "; ".join(
            f"{code(each['name'])} {each.get('description', '')}".strip() for each in taken
        )
        rows.append([code(path), asked.get("description", ""), options])
    return table(["address", "answer", "parameters"], rows)


def live_fields() -> str:
    """Every object of an answer with its members."""
    parts = []
    for name, schema in sorted(_document()["components"]["schemas"].items()):
        if name in {"HTTPValidationError", "ValidationError"}:
            continue
        members = [
            [code(member), _kind(fields), fields.get("description", "")]
            for member, fields in schema["properties"].items()
        ]
        described = " ".join(schema.get("description", "").split())
        parts.append(
            f"### {name}\n\n{described}\n\n{table(['member', 'type', 'meaning'], members)}"
        )
    return "\n".join(parts)


def _kind(fields: dict[str, Any]) -> str:
    if "anyOf" in fields:
        return " or ".join(_kind(each) for each in fields["anyOf"])
    if "$ref" in fields:
        return cast("str", fields["$ref"]).rpartition("/")[2]
    if fields.get("type") == "array":
        return f"list of {_kind(fields['items'])}"
    return cast("str", fields.get("format") or fields.get("type", "object"))

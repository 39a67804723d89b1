"""The OpenAPI document of the HTTP intake, which it serves at ``/openapi.json``.

Made from the contract: the schemas and examples of the events, and the kinds of problems.
"""

from typing import Any, Final

import msgspec

from operators.core.wording import number_of
from pipelines.http_intake.body import ARRAY, LINES, MAX_BODY_BYTES, MAX_MESSAGES
from pipelines.http_intake.manifests import ManifestReceipt, SentManifest
from pipelines.http_intake.problems import MEDIA_TYPE, PROBLEMS, URN
from pipelines.http_intake.receipts import MAX_KEY, BatchReceipt
from schemas.dated_rules import KINDS
from schemas.events import Kind
from schemas.published import schema
from schemas.topics import INPUT

_REF: Final = "#/components/schemas/"
_BATCH_PROBLEMS: Final = (401, 403, 408, 409, 413, 415, 422, 429, 500, 503)
_MANIFEST_PROBLEMS: Final = (401, 403, 408, 413, 415, 422, 429, 500, 503)


def document() -> dict[str, Any]:
    """The document as a value."""
    (receipt, manifest, taken), components = msgspec.json.schema_components(
        [BatchReceipt, SentManifest, ManifestReceipt], ref_template=f"{_REF}{{name}}"
    )
    names = {kind: INPUT[kind].schema for kind in KINDS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tutti HTTP intake",
            "version": "1.0.0",
            "description": (
                "Campaigns send batches of consultations, proposals and votes. A receipt says that"
                " Kafka has acknowledged every accepted message; a batch that is sent again counts"
                " once."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:18110"}],
        "security": [{"token": []}],
        "paths": {f"/v1/{kind}": {"post": _operation(kind, names[kind], receipt)} for kind in KINDS}
        | {"/v1/manifests": {"post": _manifest_operation(manifest, taken)}}
        | {"/openapi.json": {"get": _description()}},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: _ecma(part) for name, part in components.items()}
            | {name: schema(name) | {"$id": f"urn:tutti:{name}:v1"} for name in names.values()}
            | {"Problem": _problem()},
        },
    }


def _ecma(part: Any) -> Any:
    """A schema made from a type, its patterns as ECMA-262 writes them: there $ is the very end."""
    if isinstance(part, dict):
        return {
            name: value.replace(r"\Z", "$") if name == "pattern" else _ecma(value)
            for name, value in part.items()
        }
    return [_ecma(one) for one in part] if isinstance(part, list) else part


def _operation(kind: Kind, name: str, receipt: dict[str, Any]) -> dict[str, Any]:
    lines = {"type": "string", "minLength": 2, "description": "One object per line."}
    return {
        "operationId": f"send_{kind}",
        "summary": f"Send {kind}.",
        "description": (
            f"At most {number_of(MAX_MESSAGES, 'message')} and {MAX_BODY_BYTES} bytes, unpacked;"
            " the body may be packed with gzip. Each message is checked by itself: rejected ones"
            " stand in the receipt with their line, the others are taken."
        ),
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": (
                    "A new one for each batch: a batch that is repeated with its key within a day"
                    " is answered by the receipt that it got before."
                ),
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_KEY,
                    "pattern": "^[!-~]+$",
                },
            },
            {
                "name": "Content-Encoding",
                "in": "header",
                "required": False,
                "schema": {"enum": ["identity", "gzip"]},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                ARRAY: {
                    "schema": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MAX_MESSAGES,
                        "items": {"$ref": _REF + name},
                    }
                },
                **{media_type: {"schema": lines} for media_type in LINES},
            },
        },
        "responses": {
            "200": {
                "description": "The receipt: Kafka has acknowledged every accepted message.",
                "content": {"application/json": {"schema": receipt}},
            },
            **{str(status): _answer(status) for status in _BATCH_PROBLEMS},
        },
    }


def _manifest_operation(manifest: dict[str, Any], receipt: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": "send_manifest",
        "summary": "Say how many messages were sent, per hour and country.",
        "description": (
            "They are compared with what arrived: tutti arrivals, and the view marts.manifests."
            " Of each hour, country and kind the latest count is valid."
        ),
        "requestBody": {"required": True, "content": {ARRAY: {"schema": manifest}}},
        "responses": {
            "200": {
                "description": "Kafka has acknowledged every count.",
                "content": {"application/json": {"schema": receipt}},
            },
            **{str(status): _answer(status) for status in _MANIFEST_PROBLEMS},
        },
    }


def _answer(status: int) -> dict[str, Any]:
    titles = [kind.title for kind in PROBLEMS.values() if kind.status == status]
    answer: dict[str, Any] = {
        "description": " ".join(titles),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}},
    }
    if status in {409, 429, 503}:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
        }
    return answer


def _description() -> dict[str, Any]:
    return {
        "operationId": "describe",
        "summary": "This document.",
        "security": [],
        "responses": {
            "200": {
                "description": "The document.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "403": _answer(403),
        },
    }


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "cure"],
        "properties": {
            "type": {"enum": [URN + name for name in PROBLEMS]},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "cure": text | {"description": "What to do."},
            "rejected": {"type": "array", "items": {"$ref": f"{_REF}RejectedMessage"}},
        },
    }

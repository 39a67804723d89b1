"""Problems: every answer but a receipt, in the form of RFC 9457.

The `type` is a URN whose last part is in `PROBLEMS`; a program decides by it, or by the status.
"""

from typing import Any, Final, NamedTuple

import orjson
from starlette.responses import Response

from operators.core.errors import TerminalError

MEDIA_TYPE: Final = "application/problem+json"
URN: Final = "urn:tutti:problem:"


class ProblemKind(NamedTuple):
    """Status, title and cure of one kind of problem."""

    status: int
    title: str
    cure: str


PROBLEMS: Final[dict[str, ProblemKind]] = {
    "no-such-token": ProblemKind(
        401,
        "No source has this token.",
        "Send Authorization: Bearer TOKEN with the token that tutti sources add or rotate has"
        " shown; it may have been changed or revoked.",
    ),
    "web-page": ProblemKind(
        403,
        "Requests of web pages and for other host names are refused.",
        "Send from your own server, never from a visitor's browser: the token is a secret.",
    ),
    "no-such-address": ProblemKind(
        404,
        "There is nothing at this address.",
        "Send to /v1/votes, /v1/proposals, /v1/consultations or /v1/manifests.",
    ),
    "method-not-allowed": ProblemKind(
        405, "This address takes another method.", "Use the method that the header Allow names."
    ),
    "too-slow": ProblemKind(
        408,
        "The request's body did not arrive in time.",
        "Send the batch again, smaller if the connection is slow; nothing of it was taken.",
    ),
    "key-in-use": ProblemKind(
        409,
        "A batch with this Idempotency-Key is being taken at this moment.",
        "Wait for its answer, or repeat it after Retry-After.",
    ),
    "too-large": ProblemKind(
        413, "The batch is too large.", "Send it in parts; 500 messages at a time are quick."
    ),
    "unknown-media-type": ProblemKind(
        415,
        "The body's form is not known.",
        "Send Content-Type: application/json with an array, or application/x-ndjson with one object"
        " per line; Content-Encoding may be gzip.",
    ),
    "unreadable": ProblemKind(
        422,
        "The body is no batch.",
        "Let a JSON library write it: an array of objects, or one object per line, in UTF-8.",
    ),
    "bad-manifest": ProblemKind(
        422,
        "The body is no manifest.",
        "Send one JSON object with consultation_id and counts, each with hour, country and"
        " messages, as /openapi.json describes it.",
    ),
    "bad-idempotency-key": ProblemKind(
        422,
        "The Idempotency-Key is not one.",
        "Send 1 to 255 printable ASCII characters, such as a UUID, a new one for each batch.",
    ),
    "other-batch": ProblemKind(
        422,
        "This Idempotency-Key was used for another batch.",
        "Give each batch a key of its own, and repeat a batch unchanged.",
    ),
    "all-rejected": ProblemKind(
        422,
        "Every message of the batch was rejected.",
        "Each line says in rejected what to do; nothing of the batch was taken.",
    ),
    "too-many": ProblemKind(
        429,
        "The source sends more than its rate, or the service has too much on its way.",
        "Wait for Retry-After, then send the same batch again.",
    ),
    "not-acknowledged": ProblemKind(
        503,
        "Kafka has not acknowledged the whole batch.",
        "Send the same batch again after Retry-After: what was taken twice counts once.",
    ),
    "failed": ProblemKind(
        500, "The service failed.", "Send the same batch again; if it fails again, tell us."
    ),
}
"""Every kind of problem by the last part of its URN."""


class ProblemError(TerminalError):
    """A request is answered by a problem.

    Args:
        kind: One of `PROBLEMS`.
        detail: What is wrong with this request; never a part of a message.
        retry_s: After how many seconds another try may do; 0: not said.
        more: Further members of the answer.
    """

    def __init__(self, kind: str, detail: str = "", retry_s: int = 0, **more: Any) -> None:
        super().__init__(detail or PROBLEMS[kind].title)
        self.kind, self.detail, self.retry_s, self.more = kind, detail, retry_s, more

    @property
    def status(self) -> int:
        """The status of the answer."""
        return PROBLEMS[self.kind].status

    def response(self) -> Response:
        """The answer."""
        status, title, cure = PROBLEMS[self.kind]
        body = {"type": URN + self.kind, "title": title, "status": status, "cure": cure}
        if self.detail:
            body["detail"] = self.detail
        headers = {"retry-after": str(self.retry_s)} if self.retry_s else {}
        if status == PROBLEMS["no-such-token"].status:
            headers["www-authenticate"] = 'Bearer realm="tutti"'
        return Response(orjson.dumps(body | self.more), status, headers, MEDIA_TYPE)

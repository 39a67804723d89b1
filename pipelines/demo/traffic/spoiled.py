"""Votes that must be rejected: what broken clients and hostile senders put on a topic."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Fields = dict[str, object]

_FUTURE_MS = 7_200_000  # two hours; five minutes are allowed


@dataclass(frozen=True, slots=True)
class Spoiler:
    """One way to break a valid vote.

    Attributes:
        reason: The dead letter's reason for it.
        spoil: Makes the message out of a valid vote's fields and the time now (ms).
    """

    reason: str
    spoil: Callable[[Fields, int], bytes]


def _with(name: str, value: object) -> Callable[[Fields, int], bytes]:
    return lambda vote, _: _json({**vote, name: value})


def _without(name: str) -> Callable[[Fields, int], bytes]:
    return lambda vote, _: _json({key: value for key, value in vote.items() if key != name})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _in_the_future(vote: Fields, now_ms: int) -> bytes:
    at = datetime.fromtimestamp((now_ms + _FUTURE_MS) // 1000, UTC)
    return _json({**vote, "cast_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")})


SPOILERS = (
    Spoiler("empty", lambda _vote, _now: b""),
    Spoiler("not_json", lambda vote, _: _json(vote)[:-9]),
    Spoiler("not_json", lambda vote, _: _json(vote).replace(b"demo", b"d\xff\xfeo", 1)),
    Spoiler("not_json", lambda vote, _: _json(vote) * 2),
    Spoiler("not_json", lambda _vote, _now: b"<html><body>502 Bad Gateway</body></html>"),
    Spoiler("not_object", lambda vote, _: _json([vote])),
    Spoiler("missing_field", _without("proposal_id")),
    Spoiler("missing_field", _without("choice")),
    Spoiler("missing_field", _without("cast_at")),
    Spoiler("wrong_type", _with("choice", 1)),
    Spoiler("wrong_type", _with("qualifications", "likeIt")),
    Spoiler("wrong_type", _with("cast_at", 1_700_000_000_000)),
    Spoiler("bad_identifier", _with("proposal_id", "p 12/\n")),
    Spoiler("bad_identifier", _with("participant_id", "x" * 129)),
    Spoiler("bad_country", _with("country", "Germany")),
    Spoiler("bad_country", _with("country", "fr")),
    Spoiler("unknown_choice", _with("choice", "maybe")),
    Spoiler(
        "unknown_qualification",
        lambda vote, _: _json({**vote, "choice": "agree", "qualifications": ["loveIt"]}),
    ),
    Spoiler(
        "qualification_mismatch",
        lambda vote, _: _json({**vote, "choice": "agree", "qualifications": ["noWay"]}),
    ),
    Spoiler(
        "qualification_mismatch",
        lambda vote, _: _json({**vote, "choice": "withdrawn", "qualifications": ["likeIt"]}),
    ),
    Spoiler("unknown_trust", _with("trust", "verified")),
    Spoiler("bad_time", _with("cast_at", "2025-02-30T12:00:00Z")),
    Spoiler("bad_time", _with("cast_at", "2025-03-03T24:00:00Z")),
    Spoiler("bad_time", _with("cast_at", "2025-03-03 12:00:00")),
    Spoiler("bad_time", _with("cast_at", "1970-01-01T00:00:00Z")),
    Spoiler("future_time", _in_the_future),
)

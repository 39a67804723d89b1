"""Claims: what a rejected message says of whose it is, as far as it can be read and is well formed.

Nothing of it is proven: the arrival ledger counts a forged message under the name that it bears.
Only what fits the rules is kept, so that no free text of a message spreads.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from schemas.events import UNKNOWN_COUNTRY, Kind
from schemas.rejections import Reason, Rejection
from schemas.rules import VALIDATORS, is_country, is_identifier
from schemas.signatures import Headers, claim
from schemas.times import parse_instant

UNREADABLE: Final[frozenset[Reason]] = frozenset(
    {"empty", "not_json", "not_object", "too_deep", "too_long"}
)
"""Reasons with which a payload is not read again: whether it can be may depend on the reader. Texts
that are too long are among them, because the message as a whole may be."""


class Claims(NamedTuple):
    """Whose a rejected message says it is; empty: it does not say so in a valid form.

    Attributes:
        consultation_id: Consultation.
        source: The source that the vote names, otherwise the one that the headers name.
        country: Country; of a vote that names none, `UNKNOWN_COUNTRY`, as if it were accepted.
        ahead_ms: Of an event from the future, how far beyond the broker's time, ms; otherwise 0.
    """

    consultation_id: str = ""
    source: str = ""
    country: str = ""
    ahead_ms: int = 0


_ABSENT: Final = msgspec.Raw(b"")


class _ClaimedFields(msgspec.Struct):
    consultation_id: msgspec.Raw = _ABSENT
    source: msgspec.Raw = _ABSENT
    country: msgspec.Raw = _ABSENT
    cast_at: msgspec.Raw = _ABSENT
    submitted_at: msgspec.Raw = _ABSENT


_claimed_fields: Final = msgspec.json.Decoder(_ClaimedFields)
_text: Final = msgspec.json.Decoder(str)


def claims(
    kind: Kind,
    payload: bytes | None,
    headers: Headers | None,
    broker_ms: int,
    rejection: Rejection,
) -> Claims:
    """What a rejected message says of itself; a pure function, as the verdict is.

    >>> claims("votes", b'{"consultation_id":"c","country":"fr"}', None, 0,
    ...        Rejection("missing_field", "proposal_id"))
    Claims(consultation_id='c', source='', country='', ahead_ms=0)
    """
    by_header = _fitting(claim(headers)[0], is_identifier)
    if not payload or _unreadable(kind, payload, broker_ms, rejection.reason):
        return Claims(source=by_header)
    claimed = _claimed_fields.decode(payload)
    country = _named(claimed.country, is_country)
    if kind == "votes" and claimed.country == _ABSENT:
        country = UNKNOWN_COUNTRY
    ahead_ms = 0
    if rejection.reason == "future_time":
        instant = claimed.cast_at if kind == "votes" else claimed.submitted_at
        ahead_ms = (parse_instant(_text.decode(instant)) or broker_ms) - broker_ms
    return Claims(
        _named(claimed.consultation_id, is_identifier),
        (_named(claimed.source, is_identifier) if kind == "votes" else "") or by_header,
        country,
        ahead_ms,
    )


def _unreadable(kind: Kind, payload: bytes, broker_ms: int, reason: Reason) -> bool:
    if reason == "bad_signature":  # nothing else was examined: it may be anything
        found = VALIDATORS[kind](payload, broker_ms)
        return isinstance(found, Rejection) and found.reason in UNREADABLE
    return reason in UNREADABLE


def _named(value: msgspec.Raw, fits: Callable[[str], object]) -> str:
    """A JSON value if it is a text that fits, otherwise nothing."""
    if bytes(value)[:1] != b'"':
        return ""
    try:
        return _fitting(_text.decode(value), fits)
    except msgspec.DecodeError:  # half of a surrogate pair: the verdict came before it was read
        return ""


def _fitting(name: str, fits: Callable[[str], object]) -> str:
    return name if fits(name) else ""

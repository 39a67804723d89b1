"""Why a message is refused: the closed list of reasons that dead letters carry."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Reason = Literal[
    "empty",  # no bytes at all, or a text without a character
    "not_json",  # the bytes are not exactly one JSON value in UTF-8
    "not_object",  # JSON, but not an object
    "too_deep",  # arrays and objects nested deeper than MAX_DEPTH
    "too_long",  # the message, or the named text, is longer than its limit
    "missing_field",  # a required field is absent
    "wrong_type",  # a field has another JSON type than the contract's; null is a type
    "bad_identifier",  # an identifier with other characters, or of another length
    "bad_country",  # not two upper-case letters
    "bad_language",  # not a BCP 47 tag
    "bad_number",  # a number outside its range
    "bad_time",  # not a real UTC time YYYY-MM-DDTHH:MM:SS[.fff]Z since 2000
    "future_time",  # later than the broker's time by more than the tolerance
    "duplicate_country",  # a consultation lists a country twice
    "unknown_choice",
    "unknown_qualification",
    "qualification_mismatch",  # a qualification of another choice
    "unknown_status",
    "unknown_trust",
    "trust_not_allowed",  # the trust rules do not let this source set this level
]

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

OF_SETTINGS: Final[frozenset[Reason]] = frozenset({"trust_not_allowed"})
"""Reasons that depend on an installation's settings: no message is refused for them everywhere."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one message was refused.

    Attributes:
        reason: One of `REASONS`.
        field: Path of the field at fault, e.g. ``cast_at`` or ``countries[2].weight``; empty for
            the message as a whole.
        detail: What was expected. Never a part of the message: it may hold an identity.
    """

    reason: Reason
    field: str = ""
    detail: str = ""

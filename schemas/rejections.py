"""Why a message is rejected: the closed list of reasons of dead letters, and their cures."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

Reason = Literal[
    "empty",
    "not_json",
    "not_object",
    "too_deep",
    "too_long",
    "control_character",
    "missing_field",
    "wrong_type",
    "bad_identifier",
    "bad_country",
    "bad_language",
    "bad_number",
    "bad_time",
    "future_time",
    "duplicate_country",
    "unknown_choice",
    "unknown_qualification",
    "qualification_mismatch",
    "unknown_status",
    "unknown_trust",
    "trust_not_allowed",
    "consultation_closed",
    "bad_signature",
    "rate_exceeded",
    "not_your_consultation",
    "not_your_proposal",
    "not_your_participant",
    "not_your_country",
    "not_your_source",
]

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

OF_SETTINGS: Final[dict[Reason, tuple[str, ...]]] = {
    "trust_not_allowed": ("votes",),
    "consultation_closed": ("votes",),
    "bad_signature": ("consultations", "proposals", "votes"),
    "rate_exceeded": ("consultations", "proposals", "votes"),
    "not_your_consultation": ("consultations", "proposals", "votes"),
    "not_your_proposal": ("proposals",),
    "not_your_participant": ("votes",),
    "not_your_country": ("proposals", "votes"),
    "not_your_source": ("votes",),
}
"""Reasons that depend on an installation's dated rules, and the kinds of events they reject:
elsewhere the message may be accepted."""


class Advice(NamedTuple):
    """What a reason means, and in one sentence what its sender does about it."""

    meaning: str
    cure: str


ADVICE: Final[dict[Reason, Advice]] = {
    "empty": Advice(
        "no bytes at all, or a text without a character",
        'Send one JSON object per message, without blank lines, and write no title or text as "".',
    ),
    "not_json": Advice(
        "not exactly one JSON value in UTF-8",
        "Let a JSON library write the message, in UTF-8 without a byte order mark, one object on"
        " one line; NaN, Infinity and halves of surrogate pairs are no JSON.",
    ),
    "not_object": Advice(
        "JSON, but not an object",
        "Send each event as an object of its own, {…}: not in an array, and not as a text that"
        " holds JSON.",
    ),
    "too_deep": Advice(
        "arrays and objects nested deeper than 32 levels",
        "Leave the nested field out: no field of the contract is deeper than three levels.",
    ),
    "too_long": Advice(
        "the message is over 65,536 bytes, or a text over its limit",
        "Shorten the text, and leave out fields that the contract does not know.",
    ),
    "control_character": Advice(
        "a text or title with a control character other than newline and tab, or with directional"
        " characters that override, or that are not closed on their line",
        "Remove the character that is named: end lines with a newline alone, and let a"
        " right-to-left part be closed on its line instead of overriding the direction.",
    ),
    "missing_field": Advice(
        "a required field is absent",
        "Add the field, spelt exactly as in the contract: small letters and underscores.",
    ),
    "wrong_type": Advice(
        "a field has another JSON type; null is a type",
        "Write texts in quotes, numbers and arrays without, whole numbers without fraction or"
        " exponent, and leave a field out instead of sending null.",
    ),
    "bad_identifier": Advice(
        "an identifier with other characters, or of another length",
        "Use an identifier of the permitted characters and length, without spaces and accents;"
        " leave an optional one out instead of sending an empty text.",
    ),
    "bad_country": Advice(
        "not two upper-case letters",
        "Send the country's two upper-case letters as in ISO 3166-1, e.g. FR, or leave the field"
        " out.",
    ),
    "bad_language": Advice(
        "not a well-formed BCP 47 tag",
        "Send a language tag with hyphens, e.g. fr or pt-BR, or leave the field out.",
    ),
    "bad_number": Advice(
        "a number outside its range, or weights whose sum is",
        "Send a number within the range that the message of rejection names.",
    ),
    "bad_time": Advice(
        "not a real UTC time YYYY-MM-DDTHH:MM:SS[.f{1,3}]Z since 2000",
        "Convert the time to UTC and write it as 2026-05-01T12:00:00.250Z, with at most three"
        " digits behind the point and a Z, not an offset.",
    ),
    "future_time": Advice(
        "more than 300 s later than the broker's time",
        "Set the sender's clock by NTP and check that its local time is converted to UTC; the same"
        " message becomes valid when its time has come (tutti dlq replay).",
    ),
    "duplicate_country": Advice(
        "a consultation lists a country twice",
        "List each country once.",
    ),
    "unknown_choice": Advice(
        "no such choice",
        "Send agree, disagree, neutral or withdrawn, in small letters.",
    ),
    "unknown_qualification": Advice(
        "no such qualification",
        "Send a qualification spelt as in the contract, capitals included, or leave it out.",
    ),
    "qualification_mismatch": Advice(
        "a qualification of another choice",
        "Send the qualifications of the vote's own choice only, and none with withdrawn.",
    ),
    "unknown_status": Advice(
        "no such status",
        "Send pending, accepted, refused, postponed or archived, in small letters.",
    ),
    "unknown_trust": Advice(
        "no such trust level",
        "Send troll, trusted, sequence or segment, in small letters, or leave the field out.",
    ),
    "trust_not_allowed": Advice(
        "the trust rules do not let this source set this level",
        "Leave trust out, or ask the operator to let your source set this level.",
    ),
    "consultation_closed": Advice(
        "a vote cast, or arriving, while its consultation takes no votes",
        "Stop asking for votes; what people cast before the closing is counted if it arrives within"
        " the grace that the campaign was given.",
    ),
    "bad_signature": Advice(
        "messages must be signed here, and no source in force has signed this one",
        "Send the headers tutti-source, your source's name, and tutti-signature, v1= and the"
        " hexadecimal HMAC-SHA-256 of exactly these bytes under your source's key; ask the operator"
        " whether your key was changed or revoked.",
    ),
    "rate_exceeded": Advice(
        "the source has signed more messages on this partition in this minute than it may",
        "Send more slowly, ask the operator for a higher rate, or for a look at who else has your"
        " key; the same message becomes valid in a quieter minute (tutti dlq replay).",
    ),
    "not_your_consultation": Advice(
        "the source may not send to this consultation, or not announce it",
        "Check consultation_id, or ask the operator to add this consultation to your source.",
    ),
    "not_your_proposal": Advice(
        "the source may vote on this proposal, but not send or change it",
        "Give your proposals identifiers of the form that the message of rejection names, or ask"
        " the operator to add them to your source.",
    ),
    "not_your_participant": Advice(
        "the source may not vote for this participant",
        "Give your participants identifiers of the form that the message of rejection names, or ask"
        " the operator to add them to your source.",
    ),
    "not_your_country": Advice(
        "the source may not send votes of this country",
        "Check country, which is ZZ where it is left out, or ask the operator to add it to your"
        " source.",
    ),
    "not_your_source": Advice(
        "the vote names another source than the one that has sent it",
        "Leave source out, or write your source's own name.",
    ),
}
"""Every reason with its cure."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one message was rejected.

    Attributes:
        reason: One of `REASONS`.
        field: Path of the field at fault, e.g. ``cast_at`` or ``countries[2].weight``; empty for
            the message as a whole.
        detail: What was expected. Never a part of the message: it may hold an identity.
    """

    reason: Reason
    field: str = ""
    detail: str = ""

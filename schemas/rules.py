"""The rules: which messages are accepted, written once.

These hold on every installation. `schemas.dated_rules` adds those of one, and is what intake, the
HTTP intake, the Beam recount and checks before sending ask. A verdict is a pure function of the
payload, the headers, the broker's time and the dated rules, so that a recount next year gives the
verdict of today. `schemas/edge_cases.json` is the normative table of doubtful input.
"""

import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Final, TypeVar

import msgspec

from schemas.events import (
    QUALIFICATION_BITS,
    QUALIFICATIONS,
    STATUSES,
    TRUSTS,
    Consultation,
    Kind,
    Proposal,
    Vote,
)
from schemas.languages import is_language_tag
from schemas.rejections import Reason, Rejection
from schemas.texts import text_fault
from schemas.times import EARLIEST_MS, FUTURE_TOLERANCE_MS, parse_instant
from schemas.trust import TrustRules

Event = TypeVar("Event", Vote, Proposal, Consultation)

MAX_MESSAGE_BYTES: Final = 65_536
MAX_DEPTH: Final = 32
MAX_TEXT: Final = 1_000
MAX_TITLE: Final = 300
WINDOW_STEP_SECONDS: Final = 60
MAX_WINDOW_SECONDS: Final = 7 * 86_400
MAX_RANK_MIN_VOTES: Final = 1_000_000
MAX_WEIGHTS: Final = 1.7e308
"""Greatest sum of a consultation's weights: a little less than the greatest double, so that the
sum is finite in any order of adding."""

# `fullmatch`, because `$` also matches before a final newline.
is_identifier = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
_person = re.compile(r"[A-Za-z0-9._:@+/=-]{1,128}").fullmatch
is_country = re.compile(r"[A-Z]{2}").fullmatch

_IDENTIFIER_RULE: Final = "1 to 64 of A-Z a-z 0-9 . _ -"
_PERSON_RULE: Final = "1 to 128 of A-Z a-z 0-9 . _ - : @ + / ="
_LANGUAGE_RULE: Final = "a BCP 47 tag such as fr or pt-BR"
_TIME_RULE: Final = "YYYY-MM-DDTHH:MM:SS[.fff]Z, a real UTC time since 2000-01-01"


def validate_vote(
    payload: bytes | None,
    broker_ms: int,
    trust_rules: TrustRules | None = None,
    sender: str = "",
) -> Vote | Rejection:
    """Decide on one vote.

    Args:
        payload: The message's value as received; None is a Kafka tombstone.
        broker_ms: The broker's append time, milliseconds since 1970.
        trust_rules: Which source may set which trust; None: every source may set any.
        sender: The source that has signed it, for trust rules where the vote names none.
    """
    found = read_vote(payload, broker_ms, trust_rules, sender)
    return found if isinstance(found, Rejection) else found[0]


def read_vote(
    payload: bytes | None,
    broker_ms: int,
    trust_rules: TrustRules | None = None,
    sender: str = "",
) -> tuple[Vote, int] | Rejection:
    """As `validate_vote`, but a valid vote is returned with ``cast_at`` in ms since 1970."""
    vote = _decode(payload, _VOTE)
    if isinstance(vote, Rejection):
        return vote
    if not is_identifier(vote.consultation_id):
        return Rejection("bad_identifier", "consultation_id", _IDENTIFIER_RULE)
    if not is_identifier(vote.proposal_id):
        return Rejection("bad_identifier", "proposal_id", _IDENTIFIER_RULE)
    if not _person(vote.participant_id):
        return Rejection("bad_identifier", "participant_id", _PERSON_RULE)
    fitting = QUALIFICATIONS.get(vote.choice)
    if fitting is None:
        return Rejection("unknown_choice", "choice", "agree, disagree, neutral or withdrawn")
    cast_ms = parse_instant(vote.cast_at)
    if cast_ms is None or cast_ms < EARLIEST_MS:
        return Rejection("bad_time", "cast_at", _TIME_RULE)
    if cast_ms > broker_ms + FUTURE_TOLERANCE_MS:
        return Rejection("future_time", "cast_at", "at most 300 s after the broker received it")
    if not is_country(vote.country):
        return Rejection("bad_country", "country", "two upper-case letters (ISO 3166-1)")
    if vote.trust not in TRUSTS:
        return Rejection("unknown_trust", "trust", ", ".join(TRUSTS))
    for position, name in enumerate(vote.qualifications):
        if name not in QUALIFICATION_BITS:
            return Rejection("unknown_qualification", f"qualifications[{position}]")
        if name not in fitting:
            detail = f"with choice {vote.choice}: {', '.join(fitting) or 'none'}"
            return Rejection("qualification_mismatch", f"qualifications[{position}]", detail)
    if vote.source and not is_identifier(vote.source):
        return Rejection("bad_identifier", "source", _IDENTIFIER_RULE)
    if trust_rules is not None:
        allowed = trust_rules.allowed(vote.source or sender, broker_ms)
        if allowed is not None and vote.trust not in allowed:
            may = ", ".join(level for level in TRUSTS if level in allowed)
            return Rejection("trust_not_allowed", "trust", f"this source may set {may}")
    return vote, cast_ms


def validate_proposal(payload: bytes | None, broker_ms: int) -> Proposal | Rejection:
    """Decide on one proposal; arguments as for `validate_vote`."""
    proposal = _decode(payload, _PROPOSAL)
    return (
        proposal
        if isinstance(proposal, Rejection)
        else next(_proposal_faults(proposal, broker_ms), proposal)
    )


def _proposal_faults(proposal: Proposal, broker_ms: int) -> Iterator[Rejection]:
    if not is_identifier(proposal.consultation_id):
        yield Rejection("bad_identifier", "consultation_id", _IDENTIFIER_RULE)
    if not is_identifier(proposal.proposal_id):
        yield Rejection("bad_identifier", "proposal_id", _IDENTIFIER_RULE)
    yield from _text_faults("text", proposal.text, MAX_TEXT)
    yield from _time_faults("submitted_at", proposal.submitted_at)
    if (parse_instant(proposal.submitted_at) or 0) > broker_ms + FUTURE_TOLERANCE_MS:
        yield Rejection("future_time", "submitted_at", "at most 300 s after the broker received it")
    if proposal.language and not is_language_tag(proposal.language):
        yield Rejection("bad_language", "language", _LANGUAGE_RULE)
    if proposal.country and not is_country(proposal.country):
        yield Rejection("bad_country", "country", "two upper-case letters (ISO 3166-1)")
    if proposal.author_id and not _person(proposal.author_id):
        yield Rejection("bad_identifier", "author_id", _PERSON_RULE)
    if proposal.status not in STATUSES:
        yield Rejection("unknown_status", "status", ", ".join(STATUSES))


def validate_consultation(payload: bytes | None, _broker_ms: int) -> Consultation | Rejection:
    """Decide on one consultation; arguments as for `validate_vote`."""
    consultation = _decode(payload, _CONSULTATION)
    return (
        consultation
        if isinstance(consultation, Rejection)
        else next(_consultation_faults(consultation), consultation)
    )


def _consultation_faults(consultation: Consultation) -> Iterator[Rejection]:
    if not is_identifier(consultation.consultation_id):
        yield Rejection("bad_identifier", "consultation_id", _IDENTIFIER_RULE)
    yield from _text_faults("title", consultation.title, MAX_TITLE)
    seen: set[str] = set()
    total = 0.0
    for position, entry in enumerate(consultation.countries):
        if not is_country(entry.country):
            yield Rejection("bad_country", f"countries[{position}].country", "two capital letters")
        if not (isfinite(entry.weight) and entry.weight >= 0):
            yield Rejection("bad_number", f"countries[{position}].weight", "a number from 0 up")
        total += entry.weight
        if total > MAX_WEIGHTS:
            expected = f"weights that add up to at most {MAX_WEIGHTS:g}"
            yield Rejection("bad_number", f"countries[{position}].weight", expected)
        if entry.country in seen:
            yield Rejection("duplicate_country", f"countries[{position}].country", "once each")
        seen.add(entry.country)
    if consultation.opens_at:
        yield from _time_faults("opens_at", consultation.opens_at)
    if consultation.closes_at:
        yield from _time_faults("closes_at", consultation.closes_at)
    window = consultation.window_seconds
    whole = window % WINDOW_STEP_SECONDS == 0
    if not (whole and WINDOW_STEP_SECONDS <= window <= MAX_WINDOW_SECONDS):
        yield Rejection("bad_number", "window_seconds", "a multiple of 60 from 60 to 604800")
    if not 1 <= consultation.rank_min_votes <= MAX_RANK_MIN_VOTES:
        yield Rejection("bad_number", "rank_min_votes", "from 1 to 1000000")
    for position, tag in enumerate(consultation.languages):
        if not is_language_tag(tag):
            yield Rejection("bad_language", f"languages[{position}]", _LANGUAGE_RULE)
    if consultation.encoder and not is_identifier(consultation.encoder):
        yield Rejection("bad_identifier", "encoder", _IDENTIFIER_RULE)


def _text_faults(field: str, text: str, limit: int) -> Iterator[Rejection]:
    if not text:
        yield Rejection("empty", field, f"1 to {limit} characters")
    if len(text) > limit:
        yield Rejection("too_long", field, f"1 to {limit} characters")
    fault = text_fault(text)
    if fault:
        yield Rejection("control_character", field, fault)


def _time_faults(field: str, text: str) -> Iterator[Rejection]:
    ms = parse_instant(text)
    if ms is None or ms < EARLIEST_MS:
        yield Rejection("bad_time", field, _TIME_RULE)


_ANY: Final = msgspec.json.Decoder(msgspec.Raw)
_VOTE: Final = msgspec.json.Decoder(Vote)
_PROPOSAL: Final = msgspec.json.Decoder(Proposal)
_CONSULTATION: Final = msgspec.json.Decoder(Consultation)

Validator = Callable[[bytes | None, int], Vote | Proposal | Consultation | Rejection]

VALIDATORS: Final[dict[Kind, Validator]] = {
    "consultations": validate_consultation,
    "proposals": validate_proposal,
    "votes": validate_vote,
}
"""The validator of each kind of event, where every source may set every trust."""


def _decode(payload: bytes | None, decoder: "msgspec.json.Decoder[Event]") -> Event | Rejection:
    """Decode strictly: exactly one JSON object in UTF-8, with the fields' own JSON types."""
    if not payload:
        return Rejection("empty", "", "a JSON object")
    if len(payload) > MAX_MESSAGE_BYTES:
        return Rejection("too_long", "", f"at most {MAX_MESSAGE_BYTES} bytes")
    try:
        # The decoder skips unknown fields without checking their UTF-8: check all of it here.
        text = payload.decode()
    except UnicodeDecodeError:
        return Rejection("not_json", "", "one JSON object in UTF-8")
    # A bracket opens a level or stands in a string: few brackets cannot be deep. Left to the
    # decoder, the answer would depend on how deep the caller's own stack is.
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        return Rejection("too_deep", "", f"at most {MAX_DEPTH} levels")
    try:
        try:
            return decoder.decode(text)
        except msgspec.ValidationError as error:
            _ANY.decode(text)  # the decoder stopped at the fault, and the rest may be no JSON
            return _explain(error)
    except msgspec.DecodeError:
        return Rejection("not_json", "", "one JSON object in UTF-8")


def _depth(text: str) -> int:
    """How deep arrays and objects nest, without brackets within strings."""
    level = deepest = 0
    for bracket in re.sub(r'"(?:[^"\\]|\\.)*"?|[^\[\]{}"]+', "", text):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


_MISSING = re.compile(r"missing required field `(\w+)`").search
_NUMBERS: Final = ("weight", "window_seconds", "rank_min_votes")
_IF_EMPTY: Final[dict[str, Reason]] = {
    "source": "bad_identifier",
    "author_id": "bad_identifier",
    "encoder": "bad_identifier",
    "language": "bad_language",
    "country": "bad_country",
    "opens_at": "bad_time",
    "closes_at": "bad_time",
}
"""The reason for an empty text in a field that may be absent."""


def _explain(error: msgspec.ValidationError) -> Rejection:
    """Turn the decoder's ``Expected `str`, got `int` - at `$.country` `` into a rejection."""
    sentence, _, place = str(error).partition(" - at `$")
    path = place.rstrip("`").lstrip(".")
    missing = _MISSING(sentence)
    if missing:
        return Rejection("missing_field", f"{path}.{missing[1]}".lstrip("."), "required")
    if "out of range" in sentence and path.endswith(_NUMBERS):
        return Rejection("bad_number", path, "out of range")
    if "of length" in sentence:
        return Rejection(_IF_EMPTY[path], path, "absent or not empty")
    detail = sentence.replace("`", "").removeprefix("Expected ")
    return Rejection("wrong_type" if path else "not_object", path, detail)

"""Three statements of one contract agree: the rules, the published schemas, a naive checker.

The checker below is written from the contract's words with the standard library alone and shares
no code with the product. It gives all faults of a message; the rules give one of them.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.edge_cases import edge_cases
from schemas.events import CHOICES, QUALIFICATIONS, STATUSES, TRUSTS, Kind
from schemas.rejections import REASONS, Rejection
from schemas.rules import VALIDATORS
from schemas.times import EARLIEST_MS, parse_instant

BROKER_MS = 1_714_564_800_000  # 2024-05-01T12:00:00Z
EVENTS: dict[Kind, str] = {
    "votes": "vote",
    "proposals": "proposal",
    "consultations": "consultation",
}
BEYOND_SCHEMAS = {"future_time", "duplicate_country", "too_deep"}

Published = Callable[[str], Draft202012Validator]
Fault = tuple[str, str]


# The naive checker


class Pairs(list[tuple[str, Any]]):
    """An object with its duplicate keys."""


FIT = {
    "agree": ["likeIt", "doable", "platitudeAgree"],
    "disagree": ["noWay", "impossible", "platitudeDisagree"],
    "neutral": ["doNotUnderstand", "noOpinion", "doNotCare"],
    "withdrawn": [],
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
TEXTS = {
    "votes": "consultation_id proposal_id participant_id choice cast_at country trust source",
    "proposals": "consultation_id proposal_id text submitted_at language country author_id status",
    "consultations": "consultation_id title opens_at closes_at",
}
REQUIRED = {
    "votes": "consultation_id proposal_id participant_id choice cast_at",
    "proposals": "consultation_id proposal_id text submitted_at",
    "consultations": "consultation_id title",
}
NEVER_EMPTY = {
    "source": "bad_identifier",
    "author_id": "bad_identifier",
    "language": "bad_language",
    "opens_at": "bad_time",
    "closes_at": "bad_time",
    "country": "bad_country",
}


def naive_faults(kind: str, payload: bytes | None, broker_ms: int) -> set[Fault]:
    if payload is None or payload == b"":
        return {("empty", "")}
    if len(payload) > 64 * 1024:
        return {("too_long", "")}
    try:
        text = payload.decode("utf-8")
    except ValueError:
        return {("not_json", "")}
    too_deep = {("too_deep", "")} if naive_depth(text) > 32 else set()
    try:
        value = json.loads(text, object_pairs_hook=Pairs, parse_constant=_not_json)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails here
    except (ValueError, RecursionError):
        return too_deep or {("not_json", "")}
    if too_deep:
        return too_deep
    if not isinstance(value, Pairs):
        return {("not_object", "")}
    return naive_types(kind, value) or NAIVE_RULES[kind](dict(value), broker_ms)


def _not_json(name: str) -> None:
    raise ValueError(name)


def naive_depth(text: str) -> int:
    level = deepest = 0
    in_text = escaped = False
    for letter in text:
        if in_text:
            in_text = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            in_text = True
        elif letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def naive_types(kind: str, pairs: Pairs) -> set[Fault]:
    faults: set[Fault] = set()
    keys = [key for key, _ in pairs]
    faults |= {("missing_field", key) for key in REQUIRED[kind].split() if key not in keys}
    for key, value in pairs:
        if key in TEXTS[kind].split():
            if not isinstance(value, str):
                faults.add(("wrong_type", key))
            elif value == "" and key in NEVER_EMPTY:
                faults.add((NEVER_EMPTY[key], key))
        elif kind == "proposals" and key == "meta":
            if not isinstance(value, bool):
                faults.add(("wrong_type", key))
        elif kind == "votes" and key == "qualifications":
            if not isinstance(value, list) or isinstance(value, Pairs):
                faults.add(("wrong_type", key))
            else:
                faults |= {
                    ("wrong_type", f"{key}[{i}]")
                    for i, name in enumerate(value)
                    if not isinstance(name, str)
                }
        elif kind == "consultations" and key in ("window_seconds", "rank_min_votes"):
            if type(value) is not int:
                faults.add(("wrong_type", key))
                if value in (float("inf"), float("-inf")):
                    faults.add(("bad_number", key))
        elif kind == "consultations" and key == "countries":
            if not isinstance(value, list) or isinstance(value, Pairs):
                faults.add(("wrong_type", key))
                continue
            for i, entry in enumerate(value):
                faults |= naive_country_types(f"countries[{i}]", entry)
    return faults


def naive_country_types(place: str, entry: Any) -> set[Fault]:
    if not isinstance(entry, Pairs):
        return {("wrong_type", place)}
    keys = [key for key, _ in entry]
    faults = {("missing_field", f"{place}.{k}") for k in ("country", "weight") if k not in keys}
    for key, value in entry:
        if key == "country" and not isinstance(value, str):
            faults.add(("wrong_type", f"{place}.country"))
        if key == "weight":
            if type(value) not in (int, float):
                faults.add(("wrong_type", f"{place}.weight"))
            elif abs(value) > 1.7976931348623157e308:  # what a double holds
                faults.add(("bad_number", f"{place}.weight"))
    return faults


def naive_identifier(text: str, more: str = "", longest: int = 64) -> bool:
    return 1 <= len(text) <= longest and set(text) <= set(LETTERS + DIGITS + "._-" + more)


def naive_text(text: str) -> bool:
    """Whether all characters may stand, by their names in Unicode."""
    for line in re.split("[\n\u2029]", text):
        opened = []
        for letter in line:
            name = unicodedata.name(letter, "")
            if unicodedata.category(letter) == "Cc" and letter != "\t":
                return False
            if name.endswith("OVERRIDE"):
                return False
            if name.startswith("POP DIRECTIONAL"):
                kind = {"FORMATTING": "EMBEDDING", "ISOLATE": "ISOLATE"}[name.split()[-1]]
                if not opened or opened.pop() != kind:
                    return False
            elif name.endswith((" EMBEDDING", " ISOLATE")):
                opened.append(name.split()[-1])
        if opened:
            return False
    return True


def naive_language(tag: str) -> bool:
    """BCP 47's grammar, read subtag by subtag."""
    irregular = [
        *("en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux"),
        *("i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu"),
        *("sgn-be-fr", "sgn-be-nl", "sgn-ch-de"),
    ]
    if not tag or len(tag) > 64 or not set(tag) <= set(LETTERS + DIGITS + "-"):
        return False
    if tag.lower() in irregular:
        return True
    parts = tag.lower().split("-")
    if not all(1 <= len(part) <= 8 for part in parts):
        return False
    if "x" in parts:
        private = parts[parts.index("x") + 1 :]
        parts = parts[: parts.index("x")]
        if not private:
            return False
        if not parts:
            return True
    first, *parts = parts
    if not first.isalpha() or len(first) < 2:
        return False
    for _ in range(3 if len(first) <= 3 else 0):
        if parts and parts[0].isalpha() and len(parts[0]) == 3:
            parts.pop(0)
    if parts and parts[0].isalpha() and len(parts[0]) == 4:
        parts.pop(0)
    if parts and (
        (parts[0].isalpha() and len(parts[0]) == 2) or (parts[0].isdigit() and len(parts[0]) == 3)
    ):
        parts.pop(0)
    while parts and (len(parts[0]) >= 5 or (len(parts[0]) == 4 and parts[0][0].isdigit())):
        parts.pop(0)
    while parts and len(parts[0]) == 1:
        parts.pop(0)
        if not parts or len(parts[0]) == 1:
            return False
        while parts and len(parts[0]) > 1:
            parts.pop(0)
    return not parts


def naive_country(text: str) -> bool:
    return len(text) == 2 and set(text) <= set(LETTERS[:26])


def naive_ms(text: str) -> int | None:
    """Milliseconds since 1970 of a well-formed instant."""
    shape = "".join("9" if letter in DIGITS else letter for letter in text)
    if shape not in [f"9999-99-99T99:99:99{tail}" for tail in ("Z", ".9Z", ".99Z", ".999Z")]:
        return None
    numbers = [int(number) for number in re.split("[-T:.Z]", text)[:6]]
    try:
        seconds = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    fraction = float("0" + text[19:-1]) if len(text) > 20 else 0.0
    since = seconds - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds()) * 1000 + round(fraction * 1000)


def naive_time(key: str, text: str, broker_ms: int | None) -> set[Fault]:
    ms = naive_ms(text)
    if ms is None or int(text[:4]) < 2000:
        return {("bad_time", key)}
    if broker_ms is not None and ms > broker_ms + 300_000:
        return {("future_time", key)}
    return set()


def naive_vote(vote: dict[str, Any], broker_ms: int) -> set[Fault]:
    faults: set[Fault] = set()
    for key in ("consultation_id", "proposal_id"):
        if not naive_identifier(vote[key]):
            faults.add(("bad_identifier", key))
    if not naive_identifier(vote["participant_id"], ":@+/=", 128):
        faults.add(("bad_identifier", "participant_id"))
    if vote["choice"] not in FIT:
        faults.add(("unknown_choice", "choice"))
    faults |= naive_time("cast_at", vote["cast_at"], broker_ms)
    if not naive_country(vote.get("country", "ZZ")):
        faults.add(("bad_country", "country"))
    if vote.get("trust", "trusted") not in ("troll", "trusted", "sequence", "segment"):
        faults.add(("unknown_trust", "trust"))
    for i, name in enumerate(vote.get("qualifications", [])):
        if not any(name in names for names in FIT.values()):
            faults.add(("unknown_qualification", f"qualifications[{i}]"))
        elif name not in FIT.get(vote["choice"], []):
            faults.add(("qualification_mismatch", f"qualifications[{i}]"))
    if "source" in vote and not naive_identifier(vote["source"]):
        faults.add(("bad_identifier", "source"))
    return faults


def naive_proposal(proposal: dict[str, Any], broker_ms: int) -> set[Fault]:
    faults = naive_time("submitted_at", proposal["submitted_at"], broker_ms)
    for key in ("consultation_id", "proposal_id"):
        if not naive_identifier(proposal[key]):
            faults.add(("bad_identifier", key))
    if proposal["text"] == "":
        faults.add(("empty", "text"))
    if len(proposal["text"]) > 1000:
        faults.add(("too_long", "text"))
    if not naive_text(proposal["text"]):
        faults.add(("control_character", "text"))
    if "language" in proposal and not naive_language(proposal["language"]):
        faults.add(("bad_language", "language"))
    if not naive_country(proposal.get("country", "ZZ")):
        faults.add(("bad_country", "country"))
    if not naive_identifier(proposal.get("author_id", "a"), ":@+/=", 128):
        faults.add(("bad_identifier", "author_id"))
    statuses = ("pending", "accepted", "refused", "postponed", "archived")
    if proposal.get("status", "accepted") not in statuses:
        faults.add(("unknown_status", "status"))
    return faults


def naive_consultation(consultation: dict[str, Any], _broker_ms: int) -> set[Fault]:
    faults: set[Fault] = set()
    if not naive_identifier(consultation["consultation_id"]):
        faults.add(("bad_identifier", "consultation_id"))
    if consultation["title"] == "":
        faults.add(("empty", "title"))
    if len(consultation["title"]) > 300:
        faults.add(("too_long", "title"))
    if not naive_text(consultation["title"]):
        faults.add(("control_character", "title"))
    countries = [dict(entry) for entry in consultation.get("countries", [])]
    for i, entry in enumerate(countries):
        if not naive_country(entry["country"]):
            faults.add(("bad_country", f"countries[{i}].country"))
        if entry["weight"] < 0:
            faults.add(("bad_number", f"countries[{i}].weight"))
        if sum(float(former["weight"]) for former in countries[: i + 1]) > 1.7e308:
            faults.add(("bad_number", f"countries[{i}].weight"))
        if entry["country"] in [former["country"] for former in countries[:i]]:
            faults.add(("duplicate_country", f"countries[{i}].country"))
    for key in ("opens_at", "closes_at"):
        if key in consultation:
            faults |= naive_time(key, consultation[key], None)
    window = consultation.get("window_seconds", 60)
    if window % 60 or not 60 <= window <= 7 * 24 * 3600:
        faults.add(("bad_number", "window_seconds"))
    if not 1 <= consultation.get("rank_min_votes", 30) <= 1_000_000:
        faults.add(("bad_number", "rank_min_votes"))
    return faults


NAIVE_RULES: dict[str, Callable[[dict[str, Any], int], set[Fault]]] = {
    "votes": naive_vote,
    "proposals": naive_proposal,
    "consultations": naive_consultation,
}


# Messages: good ones, spoiled in up to two places, written in several ways

identifiers = st.sampled_from(["c", "p-1", "A.b_c-9", "x" * 64]) | st.text(
    LETTERS + DIGITS + "._-", min_size=1, max_size=64
)
people = identifiers | st.sampled_from(["a:b@c+d/e=", "x" * 128])
countries = st.sampled_from(["FR", "DE", "ZZ", "MT"])
instants = st.builds(
    lambda ms, tail: (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).strftime(
            "%Y-%m-%dT%H:%M:%S"
        )
        + tail
    ),
    st.integers(EARLIEST_MS, BROKER_MS) | st.integers(BROKER_MS - 2000, BROKER_MS + 299_000),
    st.sampled_from(["Z", ".5Z", ".25Z", ".999Z"]),
)
ballots = st.sampled_from(sorted(FIT)).flatmap(
    lambda choice: st.fixed_dictionaries(
        {"choice": st.just(choice)},
        optional={"qualifications": st.lists(st.sampled_from([*FIT[choice]] or ["x"]), max_size=4)},
    )
)
plain = st.text(min_size=1, max_size=300).filter(naive_text)
directed = st.text("aעض\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\n\t\r", min_size=1)
"""Mostly faulty: characters of direction, opened and closed anyhow."""
subtags = st.sampled_from(
    [*"xaix1", "fr", "FR", "419", "Hant", "1996", "rozaj", "abcdefgh", "abcdefghi", "a1", "u", ""]
)
tags = st.lists(subtags, min_size=1, max_size=6).map("-".join)
good: dict[Kind, st.SearchStrategy[dict[str, Any]]] = {
    "votes": st.builds(
        lambda vote, ballot: vote | ballot,
        st.fixed_dictionaries(
            {
                "consultation_id": identifiers,
                "proposal_id": identifiers,
                "participant_id": people,
                "cast_at": instants,
            },
            optional={
                "country": countries,
                "trust": st.sampled_from(["troll", "trusted", "sequence", "segment"]),
                "source": identifiers,
            },
        ),
        ballots,
    ),
    "proposals": st.fixed_dictionaries(
        {
            "consultation_id": identifiers,
            "proposal_id": identifiers,
            "text": plain | st.sampled_from(["é" * 1000, "🚆" * 1000, '"\n\\']),
            "submitted_at": instants,
        },
        optional={
            "language": st.sampled_from(["fr", "pt-BR", "zh-Hant-TW", "x-a-b", "i-hak"]) | tags,
            "country": countries,
            "author_id": people,
            "status": st.sampled_from(["pending", "accepted", "refused", "postponed", "archived"]),
            "meta": st.booleans(),
        },
    ),
    "consultations": st.fixed_dictionaries(
        {"consultation_id": identifiers, "title": plain | directed},
        optional={
            "countries": st.lists(
                st.fixed_dictionaries(
                    {
                        "country": st.text("ABC", min_size=2, max_size=2),
                        "weight": st.integers(0, 10**9)
                        | st.floats(0, 1.7e308)
                        | st.sampled_from([1e308, 7e307, 8.5e307, 1.7e308]),
                    }
                ),
                max_size=4,
            ),
            "opens_at": instants,
            "closes_at": instants,
            "window_seconds": st.integers(1, 10_080).map(lambda minutes: minutes * 60),
            "rank_min_votes": st.integers(1, 1_000_000),
        },
    ),
}

NEARLY = [
    *(
        "",
        " ",
        "a\n",
        "FR\n",
        "fr",
        "FRA",
        "ＦＲ",
        "agree\n",
        "Agree",
        "likeIt",
        "noWay",
        "[]",
        "null",
    ),
    *("a" * 64, "a" * 65, "a" * 128, "a" * 129, "é", "а", "٣", "a/b", "a\0", "\ud800", "fr-", "f"),
    *("2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "2024-05-01T12:05:00Z", "withdrawn"),
    *("2024-05-01T12:05:00.001Z", "2024-05-01T24:00:00Z", "2024-05-01T11:59:60Z"),
    *("2024-05-01T12:00:00+00:00", "2024-05-01T12:00:00Z\n", "1999-12-31T23:59:59.999Z"),
    *("0000-01-01T00:00:00Z", "2024-05-01T12:00:0٣Z", "2100-02-29T00:00:00Z", "x" * 1001),
]
# Whole numbers with a fraction or an exponent are left out: JSON Schema takes 60.0 for an integer,
# the rules do not, which a row of the table of edge cases says.
numbers = st.integers(-(10**20), 10**20) | st.sampled_from(
    [0, 1, 59, 60, 61, 604_800, 604_860, 1_000_000, 1_000_001, -0.5, 60.5, 10**400, float("inf")]
)
scalars = st.none() | st.booleans() | numbers | st.sampled_from(NEARLY) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["country", "weight", "x", ""]), inner, max_size=3)
    ),
    max_leaves=4,
)


TIMES = [
    *("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z"),
    *("2024-05-01T12:04:59.999Z", "2024-05-01T12:05:00Z", "2024-05-01T12:05:00.001Z"),
]
BORDERS: dict[str, list[Any]] = {
    **dict.fromkeys(["cast_at", "submitted_at", "opens_at", "closes_at"], TIMES),
    **{key: ["a" * 64, "a" * 65] for key in ("consultation_id", "proposal_id", "source")},
    **{key: ["a" * 128, "a" * 129] for key in ("participant_id", "author_id")},
    "text": ["🚆" * 1000, "🚆" * 1001],
    "title": ["🚆" * 300, "🚆" * 301],
    "window_seconds": [0, 59, 60, 61, 604_800, 604_860],
    "rank_min_votes": [0, 1, 1_000_000, 1_000_001],
}
"""Both sides of each limit."""


@st.composite
def messages(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    message = dict(draw(good[kind]))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        known = [*TEXTS[kind].split(), "qualifications", "countries", "window_seconds", "meta"]
        key = draw(st.sampled_from([*known, "rank_min_votes", "unknown", "Choice", ""]))
        action = draw(st.sampled_from(["drop", "set", "set", "append", "inside", "border"]))
        former = message.get(key)
        if action == "drop":
            message.pop(key, None)
        elif action == "append" and isinstance(former, str):
            message[key] = former + draw(st.sampled_from(["\n", " ", "a", "é", "\0", "Z", "-x"]))
        elif action == "inside" and isinstance(former, list):
            message[key] = [*former, draw(values)]
        elif action == "border":
            key = draw(st.sampled_from(sorted(BORDERS)))
            message[key] = draw(st.sampled_from(BORDERS[key]))
        else:
            message[key] = draw(values)
    return message


def written(message: Any, *, ascii_only: bool) -> bytes:
    # Python writes Infinity; 1e999 is a number of JSON that no machine holds.
    text = json.dumps(message, ensure_ascii=ascii_only).replace("Infinity", "1e999")
    return text.encode("utf-8", "surrogatepass")


def verdict(kind: Kind, payload: bytes | None) -> set[Fault]:
    validated = VALIDATORS[kind](payload, BROKER_MS)
    return {(validated.reason, validated.field)} if isinstance(validated, Rejection) else set()


def check_against_naive(kind: Kind, payload: bytes | None) -> set[Fault]:
    faults, given_fault = naive_faults(kind, payload, BROKER_MS), verdict(kind, payload)
    assert bool(given_fault) == bool(faults)
    assert given_fault <= faults
    return faults


def beyond_schemas(value: Any, fault: Fault) -> bool:
    """Whether a schema cannot see a fault."""
    reason, field = fault
    if reason == "control_character":  # closed or not is beyond a pattern
        return not any(
            (unicodedata.category(letter) == "Cc" and letter not in "\n\t")
            or unicodedata.name(letter, "").endswith("OVERRIDE")
            for letter in value[field]
        )
    if reason == "bad_number" and field.endswith(".weight"):  # a sum is
        entry = value["countries"][int(re.sub("[^0-9]", "", field))]
        return type(entry["weight"]) in (int, float) and 0 <= entry["weight"] <= 1.7e308
    return reason in BEYOND_SCHEMAS


def check_against_schema(schema: Draft202012Validator, value: Any, faults: set[Fault]) -> None:
    seen = [fault for fault in faults if not beyond_schemas(value, fault)]
    if seen:
        assert not schema.is_valid(value)
    elif not {reason for reason, _ in faults} & {"duplicate_country", "too_deep"}:
        assert schema.is_valid(value)


# Each test runs it per kind of event: some 5,000 messages altogether.
thousands = settings(
    max_examples=600,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
every_kind = pytest.mark.parametrize("kind", EVENTS)


@every_kind
@thousands
@given(data=st.data())
def test_rules_schema_and_naive_checker_agree(
    kind: Kind, data: st.DataObject, published: Published
) -> None:
    message = data.draw(messages(kind))
    payload = written(message, ascii_only=data.draw(st.booleans()))
    faults = check_against_naive(kind, payload)
    if ("not_json", "") not in faults:
        check_against_schema(published(EVENTS[kind]), json.loads(payload), faults)


@every_kind
@thousands
@given(data=st.data())
def test_rules_and_naive_checker_agree_on_duplicate_keys(kind: Kind, data: st.DataObject) -> None:
    one, other = data.draw(messages(kind)), data.draw(messages(kind))
    # Both objects' members in one: where both have a key, it stands twice.
    joined = written(one, ascii_only=True)[:-1] + b"," + written(other, ascii_only=True)[1:]
    check_against_naive(kind, joined)


FRAGMENTS = [
    *(b"", b"\n", b" ", b"\0", b"\t", b",", b"}", b"{", b"[", b"]", b'"', b"\\", b"/", b"1", b"-"),
    *(b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"\\u0061", b"NaN", b"null"),
    *(b"\x1e", b"\x7f", b"\xe2\x80\xa8", b"//", b"e9", b"." * 2, b"[" * 33, b"{}", b"'", b"\\n"),
]


@every_kind
@thousands
@given(data=st.data())
def test_rules_and_naive_checker_agree_on_broken_bytes(kind: Kind, data: st.DataObject) -> None:
    payload = written(data.draw(messages(kind)), ascii_only=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(payload)))
        length = data.draw(st.sampled_from([0, 0, 1, 2, 10, len(payload)]))
        fragment = data.draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=3))
        payload = payload[:start] + fragment + payload[start + length :]
    check_against_naive(kind, payload)


NUMBERS_AS_WRITTEN = [
    *("60", "60.0", "6e1", "6E+1", "600e-1", "-0", "-0.0", "0", "0.0", "1e400", "-1e400", "1e-400"),
    *(
        "01",
        "+1",
        "1.",
        ".5",
        "0x3c",
        "1_000",
        "1e",
        "--1",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e5000",
    ),
    *(
        "9007199254740993",
        "18446744073709551616",
        "-9223372036854775809",
        "9" * 400,
        "٣",
        "1" * 4000,
    ),
    *("1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "0.1" + "0" * 400, "1e309"),
]


@pytest.mark.parametrize("number", NUMBERS_AS_WRITTEN, ids=lambda number: number[:24])
@pytest.mark.parametrize(
    "place", ["window_seconds", "rank_min_votes", "weight", "unknown", "title"]
)
def test_rules_and_naive_checker_agree_on_numbers_however_written(place: str, number: str) -> None:
    country = f'{{"country":"FR","weight":{number if place == "weight" else 1}}}'
    field = "" if place == "weight" else f',"{place}":{number}'
    payload = f'{{"consultation_id":"c","title":"t","countries":[{country}]{field}}}'.encode()
    check_against_naive("consultations", payload)


@every_kind
@given(payload=st.none() | st.binary() | values.map(lambda value: written(value, ascii_only=True)))
def test_rules_and_naive_checker_agree_on_anything(kind: Kind, payload: bytes | None) -> None:
    check_against_naive(kind, payload)


# Python's own reader refuses numbers of more than 4,300 digits.
READABLE = [case for case in edge_cases() if not re.search(rb"[0-9]{4301}", case.payload or b"")]


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.name)
def test_schema_and_naive_checker_give_the_answers_of_the_table(
    case: Any, published: Published
) -> None:
    faults = naive_faults(case.event, case.payload, case.broker_ms)
    if case.answer == "accepted":
        assert not faults
    else:
        assert (case.answer, case.field) in faults
    integral = any(f" {number}" in case.name for number in ("60.0", "6e1"))
    duplicate = case.name.startswith("duplicate key")  # a schema sees the last alone
    beyond = case.answer in {"not_json", "too_deep"} or case.field == "" != case.answer
    if not (integral or duplicate or (beyond and case.answer not in {"accepted", "not_object"})):
        value = json.loads(case.payload or b"")
        check_against_schema(published(EVENTS[case.event]), value, faults)


# What the schemas repeat, they repeat right


def test_python_s_dollar_is_laxer_than_that_of_the_published_patterns(published: Published) -> None:
    # Why the validator of these tests reads `$` as ECMA-262 does: a plain one accepts a newline.
    vote = {
        "consultation_id": "c",
        "proposal_id": "p",
        "participant_id": "alice\n",
        "choice": "agree",
        "cast_at": "2024-05-01T12:00:00Z",
    }
    schema = published("vote")
    assert re.search(r"^[a-z]{1,64}$", "alice\n")
    assert Draft202012Validator(schema.schema).is_valid(vote)
    assert not schema.is_valid(vote)
    assert verdict("votes", json.dumps(vote).encode()) == {("bad_identifier", "participant_id")}


def test_the_published_instant_is_the_one_that_is_parsed(published: Published) -> None:
    instant = published("vote").evolve(schema=published("vote").schema["$defs"]["instant"])
    days = [date(year, 1, 1) for year in (1999, 2000, 2023, 2024, 2100, 2400, 3200, 9996)]
    for first in days:
        for month in range(14):
            for day in range(33):
                text = f"{first.year}-{month:02d}-{day:02d}T23:59:59.999Z"
                ms = parse_instant(text)
                assert instant.is_valid(text) == (ms is not None and ms >= EARLIEST_MS)
    for year in range(2000, 10_000):
        text = f"{year}-02-29T00:00:00Z"
        assert instant.is_valid(text) == (parse_instant(text) is not None)


def test_schemas_are_schemas_and_say_what_each_field_is(published: Published) -> None:
    for name in (*EVENTS.values(), "accepted-vote", "accepted-proposal", "accepted-consultation"):
        schema = published(name).schema
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
        assert all(field["description"] for field in schema["properties"].values())


def test_a_definition_is_the_same_in_every_schema(published: Published) -> None:
    known: dict[str, Any] = {}
    for name in EVENTS.values():
        for definition, body in published(name).schema["$defs"].items():
            assert known.setdefault(definition, body) == body


def test_closed_lists_are_those_of_the_code(published: Published) -> None:
    vote = published("vote").schema
    assert vote["properties"]["choice"]["enum"] == list(CHOICES)
    assert vote["properties"]["trust"]["enum"] == list(TRUSTS)
    branches = {branch["properties"]["choice"]["const"]: branch for branch in vote["oneOf"]}
    for choice, names in QUALIFICATIONS.items():
        rule = branches[choice]["properties"]["qualifications"]
        assert rule == ({"items": {"enum": list(names)}} if names else {"maxItems": 0})
    assert published("proposal").schema["properties"]["status"]["enum"] == list(STATUSES)
    assert published("dead-letter").schema["properties"]["reason"]["enum"] == list(REASONS)

"""Three statements of one contract agree: the rules, the published schemas, a naive checker."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from naive_checker import Fault, naive_faults
from spoiled_messages import BROKER_MS, messages, values, written

from schemas.edge_cases import edge_cases
from schemas.events import Kind
from schemas.rejections import Rejection
from schemas.rules import VALIDATORS

EVENTS: dict[Kind, str] = {
    "votes": "vote",
    "proposals": "proposal",
    "consultations": "consultation",
}
BEYOND_SCHEMAS = {"future_time", "duplicate_country", "too_deep"}

Published = Callable[[str], Draft202012Validator]


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
@pytest.mark.no_cover
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
@pytest.mark.no_cover
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
@pytest.mark.no_cover
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

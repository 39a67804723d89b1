"""What an integrator is told about a line that would be rejected."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.printable import printable
from pipelines.exchange.validate import (
    MAX_LINE_BYTES,
    Checked,
    Fault,
    Warned,
    found,
    lines,
    verdicts,
)
from schemas.edge_cases import EdgeCase, edge_cases
from schemas.published import examples, schema
from schemas.rejections import Rejection
from schemas.rules import MAX_MESSAGE_BYTES, VALIDATORS

NOW_MS = 1_777_680_000_000  # 2026-05-02
GOOD = {
    "consultation_id": "c",
    "proposal_id": "p",
    "participant_id": "ana",
    "choice": "agree",
    "cast_at": "2026-05-01T12:00:00Z",
}


def vote(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def fault_of(message: bytes) -> Fault:
    [fault] = verdicts([message], VALIDATORS["votes"], NOW_MS)
    assert isinstance(fault, Fault)
    return fault


def test_a_fault_names_its_line_and_right_lines_are_none() -> None:
    faults = list(
        verdicts([vote(), vote(choice="Agree"), vote(), b""], VALIDATORS["votes"], NOW_MS)
    )
    assert [fault and (fault.line, fault.rejection.reason) for fault in faults] == [
        None,
        (2, "unknown_choice"),
        None,
        (4, "empty"),
    ]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (vote(choice="Agree"), '"Agree"'),
        (vote(choice="\u0430gree"), '"\\u0430gree"'),  # a Cyrillic a shows itself
        (vote(country=None), "null"),
        (vote(qualifications=["likeIt", "noWay"]), '"noWay"'),
        (vote(participant_id="a\n"), '"a\\n"'),
        (vote(source="\x1b[2J"), '"\\u001b[2J"'),
        (b'{"choice":"agree"}', "the fields choice"),
        (b"{}", "no fields"),
        (b"[1]", "[1]"),
        (b"", "nothing"),
        (vote()[:-1] + b",}", "at character "),
        (vote(note="x")[:-3] + b'\xe9"}', "at byte "),
        (vote(note="x" * MAX_MESSAGE_BYTES), "... ("),
    ],
)
def test_what_stands_at_the_fault_is_shown(message: bytes, shown: str) -> None:
    assert shown in fault_of(message).found


def test_of_a_key_that_stands_twice_no_value_is_blamed() -> None:
    message = vote(choice="agree")[:-1] + b',"country":1,"country":"FR"}'
    assert fault_of(message).found.startswith('{"consultation_id"')


def test_a_country_that_is_none_is_accepted_with_a_warning_and_the_cure() -> None:
    checked = Checked()
    for code in ("FR", "UK", "ZZ", "UK", "XK"):
        for verdict in verdicts([vote(country=code)], VALIDATORS["votes"], NOW_MS):
            checked.add(verdict)
    assert (checked.lines, checked.rejected) == (5, 0)
    assert checked.warnings == {"UK is no code of ISO 3166-1: write GB": (2, 1)}


def test_a_mistyped_field_and_what_all_lines_show_are_told() -> None:
    checked = Checked()
    messages = [vote(contry="FR", participant_id=f"p{n}") for n in range(120)]
    for verdict in verdicts(messages, VALIDATORS["votes"], NOW_MS, checked.traffic):
        checked.add(verdict)
    [(cure, counted)] = checked.warnings.items()
    assert counted == (120, 1)
    assert cure.startswith("contry is no field of the contract")
    assert checked.codes[cure] == "unknown_field"
    assert [each.reason for each in checked.traffic_warnings()] == ["one_country"]
    checked.national = True
    assert checked.traffic_warnings() == []


def test_every_field_with_a_country_is_looked_at() -> None:
    """Whatever field of an event the published schema calls a country."""
    for name, kind in (
        ("vote", "votes"),
        ("proposal", "proposals"),
        ("consultation", "consultations"),
    ):
        body = schema(name)
        message = dict(max(examples(name).values(), key=len))
        found_paths = set()
        for key, value in body["properties"].items():
            if value.get("$ref") == "#/$defs/country":
                message[key] = "XX"
                found_paths.add(key)
            elif key == "countries":
                message[key] = [{"country": "XX", "weight": 1}]
                found_paths.add("countries[0].country")
        [verdict] = verdicts([json.dumps(message).encode()], VALIDATORS[kind], NOW_MS)
        assert isinstance(verdict, Warned), name
        assert {warning.field for warning in verdict.warnings} == found_paths
        assert all(warning.cure.endswith("write ZZ") for warning in verdict.warnings)


@pytest.mark.parametrize("case", list(edge_cases()), ids=lambda case: case.name)
def test_the_table_of_edge_cases_is_judged_as_by_intake_and_shown_safely(case: EdgeCase) -> None:
    verdict = VALIDATORS[case.event](case.payload, case.broker_ms)
    if isinstance(verdict, Rejection):
        shown = found(case.payload, verdict)
        assert shown.isascii()
        assert shown.isprintable()
        assert 0 < len(shown) < 1_000


@given(st.binary() | st.text())
def test_nothing_that_is_shown_can_steer_a_terminal(content: bytes | str) -> None:
    shown = printable(content)
    assert shown.isascii()
    assert shown.isprintable() or not shown


def test_lines_end_where_files_of_any_system_end_them() -> None:
    assert list(lines(io.BytesIO(b"a\nb\r\n\nc"))) == [b"a", b"b", b"", b"c"]


def test_a_line_of_any_length_is_one_line_and_fits_into_memory() -> None:
    class Endless(io.RawIOBase):
        """200 MiB without a line end, then a good line."""

        def __init__(self) -> None:
            self.left = 200 * 1024 * 1024
            self.tail = b"\n" + vote()

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            if self.left:
                size = min(len(buffer), self.left)
                buffer[:size] = b"x" * size
                self.left -= size
                return size
            size = min(len(buffer), len(self.tail))
            buffer[:size], self.tail = self.tail[:size], self.tail[size:]
            return size

    tracemalloc.start()
    faults = list(verdicts(lines(io.BufferedReader(Endless())), VALIDATORS["votes"], NOW_MS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [fault and fault.rejection.reason for fault in faults] == ["too_long", None]
    assert peak < 10 * MAX_LINE_BYTES


def test_a_line_at_the_limit_is_judged_whole() -> None:
    short = vote(note="")
    fits = vote(note="x" * (MAX_MESSAGE_BYTES - len(short)))
    [first, second] = lines(io.BytesIO(fits + b"\n" + fits[:-1] + b" }\n"))
    assert len(first) == MAX_MESSAGE_BYTES
    assert len(second) == MAX_MESSAGE_BYTES + 1
    assert not isinstance(next(verdicts([first], VALIDATORS["votes"], NOW_MS)), Fault)
    assert fault_of(second).rejection.reason == "too_long"

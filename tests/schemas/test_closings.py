"""Closings: a verdict is that of the entries known when a vote came, today and next year."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orjson import dumps

from schemas.closings import BadClosingsError, ClosedSpan, ClosingEntry, Closings, parse_closings
from schemas.dated_rules import DatedRules
from schemas.rejections import Rejection
from schemas.sources import END_MS, SourceEntry, instant_ms
from schemas.times import format_instant

START = datetime(2026, 6, 1, 20, tzinfo=UTC)
START_MS = instant_ms(START)
FILE = """
[[closing]]
consultation = "eu"
from = 2026-06-01T20:00:00Z
state = "closed"
grace_seconds = 600
result = "final"
by = "ana"
why = "as announced: \\"enough\\" said"
"""


def entry(second: int, state: str, consultation: str = "eu", **fields) -> ClosingEntry:
    return ClosingEntry(consultation, START + timedelta(seconds=second), state, **fields)


def closed(closings: Closings, cast_s: float, broker_s: float, consultation: str = "eu") -> bool:
    at = (int(START_MS + second * 1000) for second in (cast_s, broker_s))
    return closings.fault(consultation, *at) is not None


def test_a_file_is_read():
    found = parse_closings(FILE)
    assert found.spans == {"eu": (ClosedSpan(START_MS, END_MS, 600_000, "final"),)}
    assert (found.entries[0].by, found.entries[0].why) == ("ana", 'as announced: "enough" said')


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (FILE + "x", "no TOML"),
        (FILE.replace('"closed"', '"shut"'), "closing 1, state: "),
        (FILE.replace("600", "-1"), "closing 1, grace_seconds: "),
        (FILE.replace("20:00:00Z", "20:00:00"), "closing 1, from: "),
        (FILE.replace("20:00:00Z", "20:00:00.0001Z"), "closing 1: from must be in whole milli"),
        (FILE.replace('"ana"', '"a\\u001b[2J"'), "closing 1: no control character"),
        (FILE.replace("by =", "who ="), "unknown field"),
        (FILE.replace("[[closing]]", "[[opening]]"), "unknown field"),
    ],
)
def test_what_is_wrong_is_said(wrong, sentence):
    with pytest.raises(BadClosingsError, match=sentence.replace("[", r"\[")):
        parse_closings(wrong)


def test_until_the_grace_is_over_only_what_was_cast_before_counts():
    closings = Closings([entry(0, "closed", grace_seconds=60)])
    assert not closed(closings, -5, -1)
    assert not closed(closings, 200, -1)  # its clock is ahead; it came before the closing
    assert not closed(closings, -5, 59.999)
    assert closed(closings, 0, 0)
    assert closed(closings, 30, 30)
    assert closed(closings, -5, 60)
    assert not closed(closings, 30, 30, "other")


def test_what_was_cast_while_closed_stays_out_after_a_reopening():
    closings = Closings([entry(0, "closed"), entry(100, "open")])
    assert closed(closings, 99, 99)
    assert closed(closings, 150, 99)  # the reopening was to come
    assert closed(closings, 50, 100)
    assert not closed(closings, -1, 100)
    assert not closed(closings, 100, 100)
    assert closings.closed("eu", START_MS + 99_999)
    assert not closings.closed("eu", START_MS + 100_000)


def test_an_entry_cancels_those_that_were_to_begin_later():
    later = Closings([entry(100, "closed"), entry(50, "open")])
    assert later.spans["eu"] == ()
    moved = Closings([entry(100, "closed"), entry(50, "closed", result="final-2")])
    assert moved.spans["eu"] == (ClosedSpan(START_MS + 50_000, END_MS, 0, "final-2"),)
    again = Closings([entry(0, "closed"), entry(200, "open"), entry(100, "closed")])
    assert again.spans["eu"] == (ClosedSpan(START_MS, END_MS, 0, ""),)
    planned = Closings([entry(0, "closed"), entry(200, "open"), entry(300, "closed")])
    assert [span.until_ms for span in planned.spans["eu"]] == [START_MS + 200_000, END_MS]


SECONDS = st.integers(-50, 350)
STATES = st.sampled_from(["closed", "open"])


@given(
    known=st.lists(
        st.tuples(SECONDS, st.sampled_from(["closed", "open"]), st.sampled_from([0, 40]))
    ),
    cast_s=SECONDS,
    broker_s=SECONDS,
)
def test_what_is_decided_later_changes_no_verdict(known, cast_s, broker_s):
    """Entries are written one after the other, each for a time to come."""
    written_s, entries, then = -60, [], None
    for second, state, grace_s in known:
        if second <= written_s:
            continue
        written_s = second - 1
        if then is None and written_s >= broker_s:
            then = Closings(entries)
        entries.append(entry(second, state, grace_seconds=grace_s))
    then = then or Closings(entries)
    now = Closings(entries)
    assert closed(then, cast_s, broker_s) == closed(now, cast_s, broker_s)


def vote(cast_ms: int) -> bytes:
    return dumps(
        {
            "consultation_id": "eu", "proposal_id": "p", "participant_id": "a", "country": "FR",
            "choice": "agree", "cast_at": format_instant(cast_ms),
        }
    )  # fmt: skip


def test_every_way_of_judging_a_vote_knows_closings():
    rules = DatedRules(closings=Closings([entry(0, "closed", grace_seconds=60)]))
    source = SourceEntry("web", START, "01" * 32)
    expected = Rejection(
        "consultation_closed", "consultation_id", "closed from 2026-06-01T20:00:00.000Z"
    )
    late, early = vote(START_MS + 5), vote(START_MS - 5)
    for found in (
        rules.read_vote(late, START_MS + 5),
        rules.validate("votes", late, START_MS + 5),
        rules.validate_sent_by(source, "votes", late, START_MS + 5),
        rules.validators()["votes"](late, START_MS + 5),
        rules.validators(source)["votes"](late, START_MS + 5),
    ):
        assert found == expected
    for validate in (rules.validators(), rules.validators(source)):
        assert not isinstance(validate["votes"](early, START_MS + 5), Rejection)
    # What is wrong for another reason says so.
    wrong = rules.validate("votes", late.replace(b"agree", b"agrees"), START_MS + 5)
    assert isinstance(wrong, Rejection)
    assert wrong.reason == "unknown_choice"

"""What ``tutti dlq`` asks for and how it shows what it found; the stack tests run it for real."""

from datetime import UTC, datetime, timedelta

import pytest

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.dlq import _cure, _kind, _place, _print_replay, _shown
from pipelines.cli.moments import recent_moment
from pipelines.dlq.letters import DeadLetter, Original, Replay, Wanted
from pipelines.exchange.send import Receipt
from schemas.rejections import REASONS

MAY = datetime(2026, 5, 1, tzinfo=UTC)


def letter(**fields: object) -> DeadLetter:
    made = DeadLetter("tutti.votes.v1", 2, 17, MAY, "unknown_choice", "choice", "agree or so", 9)
    return made._replace(**fields)


def test_times_are_dates_instants_or_ages():
    assert recent_moment("2026-05-01") == MAY
    assert recent_moment("2026-05-01T12:00:00.5Z") == MAY + timedelta(hours=12, milliseconds=500)
    now = datetime.fromtimestamp(system_clock() / 1000, UTC)
    for text, age in (("90m", timedelta(minutes=90)), ("7d", timedelta(days=7))):
        assert abs(now - age - recent_moment(text)) < timedelta(minutes=1)
    for text in ("yesterday", "2026-02-30", "2026-05-01T12:00:00", "-2h", "h", "٣h"):
        with pytest.raises(TerminalError, match="is no time"):
            recent_moment(text)


def test_a_kind_is_named_by_itself_or_by_its_topic():
    assert _kind("votes") == _kind("tutti.votes.v1") == "votes"
    with pytest.raises(TerminalError, match="is no kind"):
        _kind("tutti.tallies.v1")


def test_a_place_is_topic_partition_and_offset():
    assert _place("tutti.votes.v1/2/17") == ("tutti.votes.v1", 2, 17)
    assert letter().coordinates == "tutti.votes.v1/2/17"
    for text in ("tutti.votes.v1/2", "tutti.tallies.v1/0/0", "tutti.votes.v1/x/1", "votes/0/1"):
        with pytest.raises(TerminalError, match="is no message"):
            _place(text)


def test_a_condition_holds_parameters_and_never_what_was_typed():
    wanted = Wanted(kind="votes", reason="empty", field="a' OR 1", since=MAY)
    condition, parameters = wanted.where()
    assert "OR 1" not in condition
    assert parameters == {
        "topic": "tutti.votes.v1",
        "reason": "empty",
        "field": "a' OR 1",
        "since": 1_777_593_600_000,
    }
    assert Wanted().where() == ("true", {})
    assert Wanted(place=("tutti.votes.v1", 0, 0)).where()[1] == {
        "topic": "tutti.votes.v1",
        "partition": 0,
        "offset": 0,
    }


def test_a_message_that_retention_removed_is_said_to_be_gone_kindly():
    shown = _shown(letter(), None)
    assert shown["content"] is None
    assert "retention has removed it" in shown["gone"]
    assert shown["cure"]


def test_a_message_is_shown_bounded_and_cannot_steer_the_terminal():
    shown = _shown(letter(), Original(b"\x1bkey\xff", b'{"choice":"\x9b' + b"y" * 10**6))
    assert shown["key"] == "\\u001bkey\\xff"
    assert len(shown["content"]) < 3_000
    assert all(str(value).isprintable() for value in shown.values())


def test_a_reason_of_another_version_has_no_cure():
    assert all(_cure(reason) for reason in REASONS)
    assert _cure("of-tomorrow") is None


def test_a_replay_says_what_it_did_and_what_it_left(capsys):
    done = Replay([letter(offset=n) for n in range(25)], gone=2, superseded=3)
    done.rejected["empty"] = 4
    _print_replay(done, 40, 34)
    output = capsys.readouterr().out
    assert "34 rejected messages looked at" in output
    assert "6 more match" in output
    assert "4 skipped: would be rejected again as empty" in output
    assert "3 skipped: a newer message" in output
    assert "2 skipped: no longer in Kafka" in output
    assert "tutti.votes.v1/2/0 unknown_choice choice" in output
    assert "5 more of these" in output
    assert "25 would be sent again: say --yes" in output
    done.receipt = Receipt(sent=25, acknowledged=24)
    done.receipt.failed["Broker: away"] = 1
    _print_replay(done, 34, 34)
    output = capsys.readouterr().out
    assert "25 sent again" in output
    assert "24 acknowledged by the broker" in output
    assert "1 failed: Broker: away" in output
    assert "more match" not in output

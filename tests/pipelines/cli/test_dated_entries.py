"""When an entry of a dated file begins: never before every service can have read it."""

import pytest

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.dated_entries import LEAD_MS, begins_ms, instant, wait_for_start


def test_without_an_instant_it_begins_as_soon_as_may_be():
    before_ms = system_clock()
    found = begins_ms("")
    assert before_ms + LEAD_MS <= found <= system_clock() + LEAD_MS
    wait_for_start(found, waits=True)
    assert system_clock() >= found


@pytest.mark.parametrize("text", ["2020-01-01T00:00:00Z", "tomorrow", "2099-01-01"])
def test_what_is_past_or_no_instant_is_refused(text):
    with pytest.raises(TerminalError, match="--at"):
        begins_ms(text, "--at")


def test_a_later_one_is_not_waited_for():
    found = begins_ms("2099-01-01T00:00:00Z")
    assert f"{instant(found):%F}" == "2099-01-01"
    wait_for_start(found, waits=False)

"""Replaying at a pace: the gaps between votes, divided by the factor."""

import time

import pytest

from operators.core.errors import TerminalError
from pipelines.cli.data import _paced, _speed


def test_votes_keep_their_distances():
    votes = [{"cast_at": f"2026-05-01T12:00:{second:02d}.000Z"} for second in (0, 10, 30)]
    start = time.monotonic()
    arrivals = [time.monotonic() - start for _ in _paced(votes, 100.0)]
    assert arrivals[1] >= 0.1
    assert arrivals[2] >= 0.3


def test_a_speed_is_a_number_above_0_or_max():
    assert _speed("max") is None
    assert _speed("60") == 60.0
    for text in ("0", "-1", "fast", "nan"):
        with pytest.raises(TerminalError):
            _speed(text)

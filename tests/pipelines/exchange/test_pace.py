"""Replaying at a pace: the gaps between votes, divided by the factor."""

import time

import pytest

from operators.core.errors import TerminalError
from pipelines.cli.polis import paced, speed_of


def test_votes_keep_their_distances():
    votes = [(second * 1000, b"") for second in (0, 10, 30)]
    start = time.monotonic()
    arrivals = [time.monotonic() - start for _ in paced(votes, 100.0)]
    assert arrivals[1] >= 0.1
    assert arrivals[2] >= 0.3


def test_a_speed_is_a_number_above_0_or_max():
    assert speed_of("max") is None
    assert speed_of("60") == 60.0
    for text in ("0", "-1", "fast", "nan", "inf"):
        with pytest.raises(TerminalError):
            speed_of(text)

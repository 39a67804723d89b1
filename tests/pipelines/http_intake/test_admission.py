"""Admission: what is on its way is bounded, and so is what a source sends."""

from datetime import UTC, datetime

import pytest

from pipelines.http_intake.admission import WINDOW_S, InFlight, Rates
from pipelines.http_intake.problems import ProblemError
from schemas.sources import SourceEntry


def source(rate: int, name: str = "a") -> SourceEntry:
    return SourceEntry(name, datetime(2026, 5, 1, tzinfo=UTC), "01" * 32, rate=rate)


def test_what_is_taken_is_given_back_whatever_happens():
    room = InFlight(10)
    with room.share() as one, room.share() as other:
        one(6)
        other(4)
        with pytest.raises(ProblemError) as error:
            one(1)
        assert (error.value.status, error.value.retry_s) == (429, 1)
        assert room.used == 10
    assert room.used == 0


def test_a_source_beyond_its_rate_waits_and_no_other_does():
    rates = Rates()
    rates.take(source(5), 5 * WINDOW_S)
    with pytest.raises(ProblemError) as error:
        rates.take(source(5), 5 * WINDOW_S)
    assert error.value.status == 429
    assert 1 <= error.value.retry_s <= WINDOW_S
    rates.take(source(5, "b"), 1)
    rates.take(source(0), 1_000_000)


def test_a_batch_that_never_fits_is_too_large():
    with pytest.raises(ProblemError) as error:
        Rates().take(source(5), 5 * WINDOW_S + 1)
    assert error.value.status == 413

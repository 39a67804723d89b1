"""Admission: what is on its way is bounded, and so is what a source sends."""

import math
from datetime import UTC, datetime

import pytest

from pipelines.http_intake.admission import WINDOW_S, InFlight, Rates
from pipelines.http_intake.delivery import QUEUE_S, TIMEOUT_MS
from pipelines.http_intake.problems import ProblemError
from schemas.rates import MINUTE_MS, rate_limit
from schemas.sources import SourceEntry

CLOCKS_S = 2
"""By which the clocks of broker and HTTP intake may differ (decision 0072)."""


def source(rate: int, name: str = "a", kafka_rate: int = 0) -> SourceEntry:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    return SourceEntry(name, start, "01" * 32, rate=rate, kafka_rate=kafka_rate)


def test_what_is_taken_is_given_back_whatever_happens():
    room = InFlight(10, of_source=8)
    with room.share("a") as one, room.share("b") as other:
        one(6)
        other(4)
        with pytest.raises(ProblemError) as error:
            one(1)
        assert (error.value.status, error.value.retry_s) == (429, 1)
        assert room.used == 10
    assert room.used == 0


def test_the_bodies_of_one_source_keep_no_other_out():
    room = InFlight(20, of_source=5)
    with room.share("a") as one, room.share("a") as more, room.share("b") as other:
        one(3)
        more(2)
        with pytest.raises(ProblemError, match="of this source") as error:
            more(1)
        assert (error.value.status, error.value.retry_s) == (429, 1)
        other(5)
    with room.share("a") as again:
        again(5)


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


@pytest.mark.parametrize(
    ("rate", "kafka_rate", "expected"), [(0, 0, 0), (5, 0, 5), (0, 3, 1.5), (1, 8, 1), (9, 8, 4)]
)
def test_by_http_a_source_may_send_at_most_half_of_its_rate_on_kafka(rate, kafka_rate, expected):
    assert source(rate, kafka_rate=kafka_rate).http_rate == expected


@pytest.mark.parametrize("kafka_rate", [1, 2, 3, 100])
def test_what_was_acknowledged_is_within_the_rate_on_kafka_however_slow_kafka_was(kafka_rate):
    """The messages of a minute on Kafka were taken within a bounded time, so in so many windows."""
    limited = source(0, kafka_rate=kafka_rate)
    taken_within_s = MINUTE_MS / 1000 + TIMEOUT_MS / 1000 + QUEUE_S + 2 * CLOCKS_S
    windows = math.ceil(taken_within_s / WINDOW_S) + 1
    rates = Rates()
    rates.take(limited, int(limited.http_rate * WINDOW_S))  # all of one window
    with pytest.raises(ProblemError):
        rates.take(limited, 1)
    assert windows * int(limited.http_rate * WINDOW_S) <= rate_limit(limited)

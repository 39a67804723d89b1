from datetime import UTC, datetime, timedelta

from infra.clickhouse.operator_page import StagePosition
from pipelines.live.operator.headroom import StageWatch

START = datetime(2026, 5, 1, 20, tzinfo=UTC)


def look(watch, second, *, done, lag, stage="sink"):
    at = START + timedelta(seconds=second)
    [pace] = watch.seen([StagePosition(stage, lag, done, at, at)])
    return pace


def test_before_anything_was_watched_nothing_is_said_of_a_large_lag():
    pace = look(StageWatch(), 0, done=10, lag=50_000)
    assert (pace.done_rate, pace.catch_up_s, pace.lag_grows) == (None, None, False)
    assert look(StageWatch(), 0, done=10, lag=50).catch_up_s == 0


def test_a_stage_that_does_more_than_comes_says_when_it_has_caught_up():
    watch = StageWatch()
    look(watch, 0, done=0, lag=100_000)
    pace = look(watch, 10, done=50_000, lag=80_000)
    assert (pace.done_rate, pace.come_rate) == (5_000, 3_000)
    assert pace.catch_up_s == 40


def test_a_stage_that_does_less_than_comes_lag_grows():
    watch = StageWatch()
    look(watch, 0, done=0, lag=100_000)
    pace = look(watch, 10, done=10_000, lag=120_000)
    assert pace.lag_grows
    assert pace.catch_up_s is None


def test_what_is_on_its_way_at_any_time_is_no_lag():
    watch = StageWatch()
    look(watch, 0, done=0, lag=9_000)
    assert look(watch, 10, done=50_000, lag=9_000).catch_up_s == 0


def test_rates_are_those_of_the_last_minute():
    watch = StageWatch()
    look(watch, 0, done=0, lag=0)
    for second in range(10, 130, 10):
        pace = look(watch, second, done=1_000_000 + 100 * second, lag=0)
    assert pace.done_rate == 100


def test_another_epoch_begins_anew():
    watch = StageWatch()
    look(watch, 0, done=1_000_000, lag=0)
    pace = look(watch, 10, done=5_000, lag=900_000)
    assert (pace.done_rate, pace.lag_grows) == (None, False)

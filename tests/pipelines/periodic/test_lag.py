"""When counting is behind: votes wait, and the newest one counted is old."""

import pytest
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from pipelines.periodic.scheduler import LAGGING_S, counting_lags


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    with ready_clickhouse(tmp_path_factory.mktemp("behind")) as settings:
        client = connect(settings)
        client.command("INSERT INTO tutti.epochs (epoch, active_since) VALUES (1, now64(3))")
        yield client


@pytest.mark.parametrize(
    ("age_s", "quiescent", "lags"),
    [
        (LAGGING_S + 5, 0, True),
        (LAGGING_S + 5, 1, False),  # nobody votes
        (LAGGING_S - 10, 0, False),  # on its way, as always
    ],
)
def test_counting_is_behind_when_votes_wait_for_long(clickhouse, age_s, quiescent, lags):
    clickhouse.command("TRUNCATE TABLE tutti.cuts")
    assert not counting_lags(clickhouse)
    clickhouse.command(
        "INSERT INTO tutti.cuts (epoch, number, quiescent, as_of)"
        f" VALUES (1, 1, {quiescent}, now64(3) - INTERVAL {age_s} SECOND)"
    )
    assert counting_lags(clickhouse) is lags

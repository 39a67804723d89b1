"""When counting is behind: votes wait, and the newest one counted is old."""

import pytest

from infra.clickhouse.client import connect
from infra.local.ephemeral_clickhouse import clickhouse_alone
from pipelines.periodic.scheduler import BEHIND_S, counting_is_behind


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    with clickhouse_alone(tmp_path_factory.mktemp("behind")) as settings:
        client = connect(settings)
        client.command("INSERT INTO tutti.epochs (epoch, active_since) VALUES (1, now64(3))")
        yield client


@pytest.mark.parametrize(
    ("age_s", "at_rest", "behind"),
    [
        (BEHIND_S + 5, 0, True),
        (BEHIND_S + 5, 1, False),  # nobody votes
        (BEHIND_S - 10, 0, False),  # on its way, as always
    ],
)
def test_counting_is_behind_when_votes_wait_for_long(clickhouse, age_s, at_rest, behind):
    clickhouse.command("TRUNCATE TABLE tutti.cuts")
    assert not counting_is_behind(clickhouse)
    clickhouse.command(
        "INSERT INTO tutti.cuts (epoch, number, at_rest, as_of)"
        f" VALUES (1, 1, {at_rest}, now64(3) - INTERVAL {age_s} SECOND)"
    )
    assert counting_is_behind(clickhouse) is behind

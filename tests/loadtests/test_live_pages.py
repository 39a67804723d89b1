import os
from datetime import datetime, timedelta

import pytest
from live_rows import NAME, TICKS, proposal, serving

from infra.service.waiting import wait_until
from loadtests import live_pages as subject
from loadtests.followers import FollowPlan
from operators.core.errors import TransientError

PATH = f"/api/v1/consultations/{NAME}/events"


def test_every_follower_is_counted_and_its_delay_measured():
    """Two hundred followers of a real service, and three publications."""
    with serving(max_streams=300) as site:
        newest, looks = [TICKS[-1]], [0]

        def look() -> datetime:
            looks[0] += 1
            return newest[0]

        with subject.audience(FollowPlan(site.port, PATH, 200), os.getpid(), look) as found:
            for n in range(1, 4):
                newest[0] = TICKS[-1] + timedelta(minutes=n)
                seen = looks[0] + 2
                assert wait_until(lambda seen=seen: looks[0] >= seen, 300, every_s=0.02)
                site.rows.rows["open.leaderboard"] = [proposal("p1", as_of=newest[0], votes=n)]
                site.renew()
    [reach] = found
    assert (reach.followers, reach.lost) == (200, 0)
    assert reach.publications >= 1  # a slow follower gets the newest alone
    assert reach.missed + reach.delay_ms["markers"] == 200 * reach.publications
    assert reach.delay_ms["p50"] <= reach.delay_ms["p99"]


def test_where_no_service_listens_nobody_is_connected():
    with (
        pytest.raises(TransientError),
        subject.audience(FollowPlan(1, PATH, 3), os.getpid(), lambda: None) as found,
    ):
        assert found == []

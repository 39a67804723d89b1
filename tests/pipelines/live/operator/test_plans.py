"""The page over a ClickHouse of its own, with Redis' notifications: what was inserted is shown."""

import threading
from collections.abc import Iterator

import pytest
from clickhouse_server import show_epoch
from operator_site import OperatorSite, an_evening, operator_site, votes_lately
from own_redis import own_redis
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.redis import CHANGES
from infra.redis import connect as connect_redis
from infra.service.metrics import LIVE_READS
from pipelines.live.operator.plans import plans


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorSite]:
    with (
        ready_clickhouse(tmp_path_factory.mktemp("clickhouse")) as settings,
        own_redis(tmp_path_factory.mktemp("redis")) as redis,
        operator_site(settings, redis_url=redis.redis) as made,
    ):
        show_epoch(connect(settings))
        yield made


@pytest.fixture(scope="module")
def evening(site, cookie):
    clickhouse = connect(site.settings)
    an_evening(clickhouse, "evening", {"p1": "Plant more trees", "p2": "Fewer cars"})
    votes_lately(clickhouse, "evening", [6 + 0.05 * n for n in range(400)], source="tv")
    return site.until(cookie, "Plant more trees.*Votes by country")


def test_what_clickhouse_holds_is_on_the_page(site, cookie, evening):
    assert 'data-id="evening" data-ballots="190"' in evening
    assert "Fewer cars" in evening
    site.until(cookie, r"Participants </span>400")


def test_silence_is_an_alarm_and_so_is_what_does_not_run(site, cookie, evening):
    """The live service runs alone here."""
    shown = site.until(cookie, "Votes have stopped. In 5 minutes: 0")
    assert "(evening)" in shown.replace("\u2068", "").replace("\u2069", "")
    site.until(cookie, "Not running or not ready")


def test_a_vote_shows_after_a_change_notification(site, cookie, evening):
    version = site.readings.version
    an_evening(connect(site.settings), "later", {"p1": "Night trains"})
    connect_redis(site.settings, timeout_s=60).xadd(CHANGES, {"consultation": "later"})
    assert "Night trains" in site.until(cookie, "Night trains")
    assert site.readings.version > version


def test_what_is_read_does_not_grow_with_viewers(site, cookie, evening):
    """Twenty load the page again and again: no more is read a second than for one."""
    taken = LIVE_READS._value.get

    def readings_a_second(viewers: int) -> float:
        stop = threading.Event()

        def look() -> None:
            while not stop.is_set():
                assert site.ask("/operator", Cookie=cookie).status in {200, 429}

        threads = [threading.Thread(target=look) for _ in range(viewers)]
        before, began = taken(), site.readings.clock()
        for thread in threads:
            thread.start()
        stop.wait(10)
        stop.set()
        for thread in threads:
            thread.join()
        return (taken() - before) / (site.readings.clock() - began)

    one = readings_a_second(1)
    assert readings_a_second(20) < 2 * one


def test_every_reading_is_of_a_section_of_the_page(site, cookie, evening):
    names = [plan.name for plan in plans(site.settings)]
    assert len(names) == len(set(names)) == len(site.readings.found)
    for name in names:
        assert f"<strong>{name}</strong>" in evening

"""The task counts what the archive holds, and whatever is sent, the number of series is bounded."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_votes
from prometheus_client import Gauge
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.service.periodic_metrics import PERIODIC
from pipelines.periodic import traffic
from pipelines.periodic.traffic import MAX_SERIES, NONE, OTHER, TrafficGauges
from schemas.reserved import PROBE_CONSULTATION

TICK_MS = 1_790_000_040_000
MINUTE_MS = 60_000
RECENT = "tutti_consultation_recent_votes"
PREFIXES = ("tutti_consultation_", "tutti_country_", "tutti_source_")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with ready_clickhouse(tmp_path_factory.mktemp("traffic")) as settings:
        yield connect(settings)


@pytest.fixture
def clickhouse(server: Client) -> Client:
    for table in ("ballots", "consultations", "signals"):
        server.command(f"TRUNCATE TABLE tutti.{table}")
    # The gauges are one for the whole process: what a test left behind is taken away.
    for gauge in vars(traffic).values():
        if isinstance(gauge, Gauge):
            gauge.clear()
    return server


def announce(client: Client, name: str, opens_ms: int | None, closes_ms: int | None) -> None:
    columns = [
        "consultation_id", "title", "countries", "weights", "opens_ms", "closes_ms",
        "window_seconds", "rank_min_votes", "origin_partition", "origin_offset", "origin_ms",
    ]  # fmt: skip
    row = [name, name, [], [], opens_ms, closes_ms, 60, 30, 0, 0, 0]
    client.insert("consultations", [row], column_names=columns, database="tutti")


def send(client: Client, consultation: str, number: int, minutes_ago: float, **vote: str) -> None:
    """Ballots of as many people, received so long before the tick."""
    received_ms = int(TICK_MS - minutes_ago * MINUTE_MS)
    insert_votes(
        client,
        [
            {
                "consultation_id": consultation, "proposal_id": f"p-{minutes_ago}-{vote}",
                "participant": person, "origin_ms": received_ms, **vote,
            }
            for person in range(number)
        ],
    )  # fmt: skip


def series() -> dict[tuple[str, ...], float]:
    """The name of each series and its labels' values → its value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in PERIODIC.registry.collect()
        for sample in family.samples
        if sample.name.startswith(PREFIXES)
    }


def test_ballots_are_counted_by_the_time_at_which_the_broker_received_them(clickhouse):
    send(clickhouse, "cities", 5, 1, country="FR", source="web")
    send(clickhouse, "cities", 7, 16, country="DE", source="app")
    send(clickhouse, "cities", 9, 74, country="DE", source="")
    send(clickhouse, "cities", 11, 76, country="IT", source="web")
    send(clickhouse, "cities", 13, -1, country="FR")  # after the tick: of the next one
    TrafficGauges().measure(clickhouse, TICK_MS)
    found = series()
    assert found["tutti_consultation_recent_votes", "cities"] == 5
    assert found["tutti_consultation_earlier_votes", "cities"] == 16
    assert found["tutti_country_recent_votes", "cities", "FR"] == 5
    assert found["tutti_country_earlier_votes", "cities", "DE"] == 16
    # It sent within the day, and is silent now: that is what the series is for.
    assert found["tutti_country_recent_votes", "cities", "IT"] == 0
    assert found["tutti_source_recent_votes", "cities", "web"] == 5
    assert found["tutti_source_earlier_votes", "cities", NONE] == 9
    for kind in ("consultation", "country", "source"):
        assert (
            found[f"tutti_{kind}_recent_votes", *("cities",) * (kind != "consultation"), OTHER] == 0
        )


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [(-1, 1, 1), (-1, None, 1), (None, 1, 1), (None, None, 0), (1, None, 0), (-2, -1, 0)],
)
def test_a_consultation_is_open_as_its_campaign_announced_it(clickhouse, opens, closes, expected):
    def moment(days: int | None) -> int | None:
        return None if days is None else TICK_MS + days * 86_400_000

    announce(clickhouse, "cities", moment(opens), moment(closes))
    TrafficGauges().measure(clickhouse, TICK_MS)
    assert series()["tutti_consultation_open", "cities"] == expected
    assert series()["tutti_consultation_recent_votes", "cities"] == 0


def test_whatever_is_sent_the_number_of_series_is_bounded(clickhouse, monkeypatch):
    monkeypatch.setattr(traffic, "MAX_CONSULTATIONS", 3)
    by = tuple((label, 2, *gauges) for label, _, *gauges in traffic._BY)
    monkeypatch.setattr(traffic, "_BY", by)
    for number in range(1, 7):
        announce(clickhouse, f"announced-{number}", None, None)
        for country in ("FR", "DE", "IT", "ES"):
            send(clickhouse, f"c{number}", number, 1, country=country, source=f"{country}'\"\\\n")
    TrafficGauges().measure(clickhouse, TICK_MS)
    found = series()
    recent = {key[1]: value for key, value in found.items() if key[0] == RECENT}
    assert recent == {"c6": 24, "c5": 20, "c4": 16, OTHER: 4 * (1 + 2 + 3)}
    countries = {key[2] for key in found if key[0] == "tutti_country_recent_votes"}
    assert len(countries) == 3
    assert found["tutti_country_recent_votes", "c6", OTHER] == 12
    assert len(found) <= 2 * 4 + 3 * (2 + 2 * 3 + 2 * 3)


def test_the_bound_is_the_one_that_is_stated():
    assert MAX_SERIES == 1_762


def test_who_is_called_other_is_among_the_others(clickhouse):
    send(clickhouse, OTHER, 4, 1, country="FR", source=OTHER)
    TrafficGauges().measure(clickhouse, TICK_MS)
    assert series()["tutti_consultation_recent_votes", OTHER] == 4
    assert series()["tutti_source_recent_votes", OTHER, OTHER] == 4


def test_what_is_not_among_the_most_frequent_any_more_goes(clickhouse):
    task = TrafficGauges()
    send(clickhouse, "cities", 4, 1)
    task.measure(clickhouse, TICK_MS)
    assert series()["tutti_country_recent_votes", "cities", "FR"] == 4
    task.measure(clickhouse, TICK_MS + 2 * 86_400_000)
    assert not any("cities" in key for key in series())


def test_the_votes_of_the_probe_are_no_traffic(clickhouse):
    send(clickhouse, PROBE_CONSULTATION, 4, 1)
    TrafficGauges().measure(clickhouse, TICK_MS)
    assert series()["tutti_consultation_recent_votes", OTHER] == 0
    assert not any(PROBE_CONSULTATION in key for key in series())

"""Counts of the active epoch as cells, sums and single ones."""

import numpy as np
from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON, insert_history, insert_tallies

from infra.clickhouse import tallies
from infra.clickhouse.tables import insert_columns
from operators.core.votes.tally import COUNTERS
from schemas.reserved import PROBE_CONSULTATION

SERIES = {"trusted": "trust != 'troll'", "all": "true"}


def cell(consultation: str, proposal: str, **more: object) -> dict[str, object]:
    return {"consultation_id": consultation, "proposal_id": proposal} | more


def counts(**named: int) -> tuple[int, ...]:
    return tuple(named.get(name, 0) for name in COUNTERS)


def test_cells_are_those_of_the_active_epoch(clickhouse: Client) -> None:
    insert_tallies(clickhouse, [cell("cells", "p", agree=3, likes=0, like_it=1)])
    insert_tallies(clickhouse, [cell("cells", "p", agree=9)], epoch=0)
    found = {key: value for key, value in tallies.cells(clickhouse).items() if key[0] == "cells"}
    assert found == {("cells", "p", "FR", "trusted"): counts(agree=3, like_it=1)}
    assert tallies.count_cells(clickhouse, "cells", minutes=False) == 1


def test_cells_per_minute_have_their_minute(clickhouse: Client) -> None:
    columns = {name: [0, 0] for name in COUNTERS} | {
        "epoch": [1, 1], "consultation_id": ["minutes"] * 2, "proposal_id": ["p-1", "p-2"],
        "country": ["FR"] * 2, "trust": ["trusted"] * 2, "minute": [NOON, NOON + 1],
        "neutral": [1, 2], "version": [1, 1],
    }  # fmt: skip
    insert_columns(clickhouse, "windows", columns)
    cells = tallies.minute_cells(clickhouse)
    assert {key: value for key, value in cells.items() if key[0] == "minutes"} == {
        ("minutes", "p-1", "FR", "trusted", NOON): counts(neutral=1),
        ("minutes", "p-2", "FR", "trusted", NOON + 1): counts(neutral=2),
    }
    assert tallies.count_cells(clickhouse, "minutes", minutes=True) == 2
    chosen = tallies.select_cells(
        clickhouse, "minutes", ("p-2", "p-9"), "toUInt32(minute), toUInt32(neutral)", minutes=True
    )
    assert np.frombuffer(chosen, "<u4").tolist() == [NOON + 1, 2]


def test_the_probe_has_one_cell_that_no_view_shows(clickhouse: Client) -> None:
    assert tallies.probe_counts(clickhouse) is None
    insert_tallies(clickhouse, [cell(PROBE_CONSULTATION, "freshness", agree=1, doable=1)])
    assert tallies.probe_counts(clickhouse) == counts(agree=1, doable=1)
    assert not tallies.has_votes(clickhouse, PROBE_CONSULTATION)


def test_a_consultation_has_votes_before_it_is_announced(clickhouse: Client) -> None:
    assert not tallies.has_votes(clickhouse, "unannounced")
    insert_tallies(clickhouse, [cell("unannounced", "p", agree=1)])
    assert tallies.has_votes(clickhouse, "unannounced")


def test_counts_by_country_are_per_series_now_and_then(clickhouse: Client) -> None:
    insert_tallies(
        clickhouse,
        [
            cell("countries", "p", agree=3),
            cell("countries", "p", agree=4, trust="troll"),
            cell("countries", "p", disagree=5, country="DE"),
            cell("countries", "q", agree=7),
        ],
    )
    german, french = tallies.counts_by_country(clickhouse, "countries", "p", SERIES)
    assert (german["country"], french["country"]) == ("DE", "FR")
    assert (french["trusted_agree"], french["all_agree"], german["all_agree"]) == (3, 7, 0)
    assert german["trusted_disagree"] == 5

    insert_history(clickhouse, [cell("past", "p", agree=2, minute=NOON, version=1)])
    at = np.datetime64((NOON + 1) * 60, "s").item()
    [then] = tallies.counts_by_country(clickhouse, "past", "p", SERIES, at)
    assert then["trusted_agree"] == 2
    assert tallies.counts_by_country(clickhouse, "past", "p", SERIES) == []


def test_counts_by_proposal_are_of_the_trusted_series_in_the_order_of_hashes(
    clickhouse: Client,
) -> None:
    cells = [cell("hashes", f"p-{n}", agree=n, country=c) for n in range(9) for c in ("FR", "DE")]
    insert_tallies(clickhouse, [*cells, cell("hashes", "p-1", agree=50, trust="troll")])
    rows = tallies.counts_by_proposal(clickhouse, "hashes")
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert {row[0]: row[2:] for row in rows} == {f"p-{n}": (2 * n, 0, 0) for n in range(9)}


def test_counted_proposals_begin_with_the_one_asked_for(clickhouse: Client) -> None:
    insert_tallies(clickhouse, [cell("markers", f"m-{n}", agree=1) for n in range(4)])
    assert sorted(tallies.counted_proposals(clickhouse, "markers", "m-2")) == ["m-2", "m-3"]

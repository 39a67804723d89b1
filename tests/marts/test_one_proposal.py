"""A query for one proposal costs that proposal, not the whole board.

The measure is rows read: a filter on a proposal that reaches the tables' keys reads the parts of
them where it stands, whatever the size of the consultation. Time and CPU would show the machine.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON, insert_consultation, moment

from infra.clickhouse.views import view, view_names
from pipelines.verify.explain import Explanation, explain

PROPOSALS: Final = 50_000
"""Seven granules in every table: an index tells apart no fewer rows than a granule has."""
SMALL_PART: Final = 2
"""One proposal reads less than half of what the board reads: a granule or two of every table, and
where opinion groups stand on the board the list of proposals that take no part in them, whole."""

RANKED: Final = {
    "marts.leaderboard": ("rank", "stable_rank", "rank_consensus"),
    "marts.leaderboard_by_country": ("rank",),
    "open.leaderboard": ("rank",),
}
"""Columns that need everybody: a place among all is known when all are counted."""

WHOLE: Final = {
    "marts.signals": "its proposal is that of a signal of one kind; rows are as many as signals",
    "marts.signal_effects": "ranks without the flagged ballots need everybody; rows are few",
    "marts.agreement_by_group": "a run is one row that holds all its cells, so that it shows whole",
    "marts.group_consensus": "the same",
    "marts.group_representatives": "the same; and the five best are chosen among all",
    "tutti.group_votes": "the same",
    "marts.duplicates": "the text of the earlier one stands under another id: all are joined",
    "marts.duplicate_suggestions": "the same, for the other one of the pair",
}
"""Views of which one proposal costs as much as all, and why."""

FILL: Final = {
    "proposals": "'{c}' AS consultation_id, {p} AS proposal_id, 'x' AS text, 'accepted' AS status,"
    " 1780000000000 AS submitted_ms, number AS origin_offset",
    "tallies": "1 AS epoch, 1 AS version, '{c}' AS consultation_id, {p} AS proposal_id,"
    " 'FR' AS country, 'trusted' AS trust, 40 + number % 60 AS agree, number % 50 AS disagree",
    "windows": "1 AS epoch, 1 AS version, '{c}' AS consultation_id, {p} AS proposal_id,"
    " 'FR' AS country, 'trusted' AS trust, {noon} AS minute, 7 AS agree",
    "tallies_history": "1 AS epoch, 1 AS version, '{c}' AS consultation_id, {p} AS proposal_id,"
    " 'FR' AS country, 'trusted' AS trust, {noon} AS minute, 40 + number % 60 AS agree",
    "stable_rank_history": "'{c}' AS consultation_id, {p} AS proposal_id, {noon} AS minute,"
    " 0.5 AS agree_low",
    "open_releases": "1 AS publication, '{c}' AS consultation_id, {p} AS proposal_id,"
    " 'entry' AS kind, 'FR' AS cell, {noon} * 60 AS window_start, 60 AS window_seconds,"
    " 40 AS people, 30 AS agree, 10 AS disagree",
    "assignments": "1 AS epoch, '{c}' AS consultation_id, {p} AS proposal_id, 'k' AS cluster_id,"
    " if(number % 2, {first}, '') AS duplicate_of, 1 AS version",
    "vectors": "1 AS epoch, '{c}' AS consultation_id, {p} AS proposal_id, [1.] AS vector,"
    " 1 AS version",
    "suggestions": "1 AS epoch, '{c}' AS consultation_id, {p} AS proposal_id, {last} AS other_id,"
    " 1 AS proposal_version, 1 AS other_version, 0.9 AS similarity, 'same' AS stance",
    "result_rows": "1 AS copy, '{c}' AS consultation_id, {p} AS proposal_id, 9 AS votes",
}
"""Table → one row for each proposal."""


def proposal(number: str) -> str:
    return f"concat('p', leftPad(toString({number}), 6, '0'))"


@pytest.fixture(scope="module")
def large(clickhouse: Client) -> Client:
    """A consultation with many proposals, in every table that has a row for each."""
    insert_consultation(clickhouse, "large", {"FR": 68.0, "DE": 83.0})
    known = {
        "c": "large", "p": proposal("number"), "noon": NOON,
        "first": proposal("number - 1"), "last": proposal("number + 1"),
    }  # fmt: skip
    for table, columns in FILL.items():
        names = ", ".join(re.findall(r" AS (\w+)", columns.format(**known)))
        clickhouse.command(
            f"INSERT INTO tutti.{table} ({names})"
            f" SELECT {columns.format(**known)} FROM numbers({PROPOSALS})"
        )
    clickhouse.command(
        f"INSERT INTO tutti.open_publications (number, tick) VALUES (1, '{moment(NOON)}')"
    )
    clickhouse.command(
        "INSERT INTO tutti.cluster_progress (epoch, consultation_id, offset) VALUES (1, 'large', 1)"
    )
    clickhouse.command(
        "INSERT INTO tutti.results (consultation_id, result, copy) VALUES ('large', 'final', 1)"
    )
    return clickhouse


NAMES: Final = [name for name in view_names() if "proposal_id" in view(name).columns]
VICTIM: Final = "p033333"


def source(name: str) -> str:
    return f"{name}(at = '{moment(NOON + 5)}')" if name.endswith("_at") else name


def read_rows(clickhouse: Client, columns: str, name: str, condition: str) -> tuple[int, int]:
    """How many rows are read, and how many come out."""
    found = clickhouse.query(
        f"SELECT {columns} FROM {source(name)} WHERE consultation_id = 'large' AND {condition}"
        " SETTINGS max_threads = 1, use_query_condition_cache = 0"
    )
    return int(found.summary["read_rows"]), len(found.result_rows)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHOLE])
def test_one_proposal_reads_a_small_part_of_the_board(large: Client, name: str) -> None:
    ranks = RANKED.get(name.removesuffix("_at"), ())
    columns = f"* EXCEPT ({', '.join(ranks)})" if ranks else "*"
    whole, _ = read_rows(large, f"count(ignore({columns}))", name, "1")
    one, row = read_rows(large, columns, name, f"proposal_id = '{VICTIM}'")
    assert row in {1, 2}  # a country, and all countries
    assert whole >= PROPOSALS
    assert one * SMALL_PART < whole, (one, whole)


@pytest.mark.parametrize("name", RANKED)
def test_only_a_rank_asks_for_everybody(large: Client, name: str) -> None:
    """If this fails because it reads less: the list has an entry too many."""
    for rank in RANKED[name]:
        one, _ = read_rows(large, rank, name, f"proposal_id = '{VICTIM}'")
        assert one >= PROPOSALS


@dataclass
class CountedReads:
    """A client, and how many rows its queries have read."""

    client: Client
    rows: int = 0

    def query(self, *arguments: Any, **more: Any) -> Any:
        found = self.client.query(*arguments, **more)
        self.rows += int(found.summary["read_rows"])
        return found


def explained(clickhouse: Client, *, ranked: bool, name: str = VICTIM) -> tuple[int, Explanation]:
    """How many rows an explanation reads, and it."""
    reads = CountedReads(clickhouse)
    found = explain(reads, "large", name, ranked=ranked)  # type: ignore[arg-type]
    return reads.rows, found


def test_an_explanation_without_ranks_reads_a_small_part_of_the_board(large: Client) -> None:
    whole, ranked = explained(large, ranked=True)
    one, found = explained(large, ranked=False)
    assert (found.sql, found.numbers, found.ranks) == (ranked.sql, ranked.numbers, {})
    assert set(ranked.ranks) == set(RANKED["marts.leaderboard"])
    assert whole >= PROPOSALS
    assert one * SMALL_PART < PROPOSALS, (one, whole)


@pytest.mark.parametrize(
    ("name", "status", "agree", "ranks"),
    [
        ("few-votes", "accepted", 3, dict.fromkeys(RANKED["marts.leaderboard"])),
        ("refused", "refused", 90, {}),
    ],
)
def test_an_explanation_of_what_has_no_rank_does_not_read_the_board_for_it(
    large: Client, name: str, status: str, agree: int, ranks: dict[str, None]
) -> None:
    key = f"'large' AS consultation_id, '{name}' AS proposal_id"
    for table, columns in {
        "proposals": f"{key}, 'x' AS text, '{status}' AS status, 7 AS origin_offset",
        "tallies": f"1 AS epoch, 1 AS version, {key}, 'FR' AS country, 'trusted' AS trust,"
        f" {agree} AS agree",
    }.items():
        names = ", ".join(re.findall(r" AS (\w+)", columns))
        large.command(f"INSERT INTO tutti.{table} ({names}) SELECT {columns}")
    board = large.query(
        f"SELECT {', '.join(RANKED['marts.leaderboard'])} FROM marts.leaderboard"
        f" WHERE consultation_id = 'large' AND proposal_id = '{name}'"
    )
    assert list(board.named_results()) == ([ranks] if ranks else [])
    rows, found = explained(large, ranked=True, name=name)
    assert found.ranks == ranks
    assert rows * SMALL_PART < PROPOSALS

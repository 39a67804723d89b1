"""How far pairs have been looked for, and who is near."""

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_proposals

from infra.clickhouse import suggestions
from infra.clickhouse.suggestions import Suggestion
from infra.clickhouse.tables import insert_rows

KNOWN = ("epoch", "consultation_id", "proposal_id", "version")
VECTORS = {"a": [1.0, 0.0], "b": [0.9, 0.1], "c": [0.8, 0.2], "far": [0.0, 1.0]}


@pytest.fixture
def clustered(clickhouse: Client) -> Client:
    for table in ("assignments", "vectors", "suggestion_scans", "suggestions"):
        clickhouse.command(f"TRUNCATE TABLE tutti.{table}")
    insert_proposals(clickhouse, "near", list(VECTORS))
    rows = [(1, "near", name, 10 * n) for n, name in enumerate(VECTORS, 1)]
    insert_rows(
        clickhouse, "assignments", (*KNOWN, "cluster_id", "language"),
        [(*row, "c1", "en") for row in rows],
    )  # fmt: skip
    insert_rows(
        clickhouse, "vectors", (*KNOWN, "vector"), [(*row, VECTORS[row[2]]) for row in rows]
    )
    return clickhouse


def test_a_scan_takes_a_bounded_number_of_rows(clustered: Client) -> None:
    assert suggestions.scanned_version(clustered, "vectors") == 0
    assert suggestions.next_version(clustered, "vectors", 0, 3) == 30
    assert suggestions.next_version(clustered, "vectors", 30, 3) == 40
    assert suggestions.next_version(clustered, "vectors", 40, 3) == 40
    suggestions.record_scans(clustered, {"vectors": 30, "assignments": 0}, 1)
    assert suggestions.scanned_version(clustered, "vectors") == 30
    assert suggestions.scanned_version(clustered, "assignments") == 0


def test_the_nearest_of_what_is_new_come_first(clustered: Client) -> None:
    def pairs(near: float, nearest: int) -> list[tuple[str, str]]:
        found = suggestions.near_pairs(
            clustered, {"vectors": 10, "assignments": 40}, {"vectors": 20, "assignments": 40},
            near={"strict": 0.9999}, other=near, nearest=nearest,
        )  # fmt: skip
        return [(pair.proposal_id, pair.other_id) for pair in found]

    assert pairs(0.8, 20) == [("b", "a"), ("b", "c")] or pairs(0.8, 20) == [("b", "c"), ("b", "a")]
    assert len(pairs(0.0, 20)) == 3
    assert len(pairs(0.0, 1)) == 1
    assert pairs(0.9999, 20) == []


def test_each_encoder_has_its_own_bound(clustered: Client) -> None:
    rows = [(1, "near", name, 10 * n, VECTORS[name], "strict/1") for n, name in enumerate("ab", 1)]
    insert_rows(clustered, "vectors", (*KNOWN, "vector", "model"), rows)
    found = suggestions.near_pairs(
        clustered, {"vectors": 0, "assignments": 40}, {"vectors": 40, "assignments": 40},
        near={"strict": 0.9999}, other=0.8, nearest=20,
    )  # fmt: skip
    assert {(pair.proposal_id, pair.model) for pair in found} == {("c", "")}


def test_a_pair_that_is_found_again_is_replaced(clustered: Client) -> None:
    for found_ms, verdict in ((1, "unclear"), (2, "same")):
        row = Suggestion(1, "near", "a", "b", 10, 20, 0.9, verdict, "m/1", found_ms)
        suggestions.write_suggestions(clustered, [row])
    kept = clustered.query("SELECT * FROM tutti.suggestions FINAL").result_rows
    assert kept == [row]

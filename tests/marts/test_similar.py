"""Near in meaning is a suggestion, with a word on stance; duplicates are not suggested again."""

import pytest
from clickhouse import insert_proposals

from pipelines.cli.similar import pairs

TEXTS = {
    "more": "Build more nuclear power plants",
    "fewer": "Build fewer nuclear power plants",
    "again": "Build more nuclear power plants!",
    "other": "Free buses",
}
VECTORS = {"more": [1, 0], "fewer": [0.99, 0.14], "again": [1, 0], "other": [0, 1]}


@pytest.fixture(scope="module")
def consultation(clickhouse):
    insert_proposals(clickhouse, "stances", list(TEXTS))
    for proposal, text in TEXTS.items():
        clickhouse.command(
            "INSERT INTO tutti.proposals SELECT * REPLACE ({t:String} AS text, origin_offset + 100"
            " AS origin_offset) FROM tutti.proposals FINAL WHERE consultation_id = 'stances'"
            " AND proposal_id = {p:String}",
            parameters={"t": text, "p": proposal},
        )
    known = ["generation", "consultation_id", "proposal_id", "model", "version"]
    rows = [[1, "stances", proposal, "toy/1", 1] for proposal in TEXTS]
    copies = {"again": "more"}
    clickhouse.insert(
        "assignments",
        [[*row, "c1", "en", copies.get(row[2], "")] for row in rows],
        column_names=[*known, "cluster_id", "language", "duplicate_of"],
        database="tutti",
    )
    clickhouse.insert(
        "vectors",
        [[*row, VECTORS[row[2]]] for row in rows],
        column_names=[*known, "vector"],
        database="tutti",
    )
    clickhouse.insert(
        "clustering",
        [[1, "stances", 5, 1]],
        column_names=["generation", "consultation_id", "offset", "version"],
        database="tutti",
    )


def test_near_pairs_are_suggested_with_their_stance(consultation, analyst):
    found = pairs(analyst, "stances", 10)
    assert {(row["proposal_id"], row["other_id"]): row["stance"] for row in found} == {
        ("again", "fewer"): "opposite",
        ("fewer", "more"): "opposite",
    }
    assert all(row["similarity"] > 0.98 for row in found)

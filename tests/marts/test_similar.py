"""Near in meaning is a suggestion, with a word on stance; duplicates are not suggested again."""

import pytest
from clickhouse_server import insert_proposals

from pipelines.cli.similar import pairs
from pipelines.periodic.suggestions import suggest

TEXTS = {
    "more": "Build more nuclear power plants",
    "fewer": "Build fewer nuclear power plants",
    "again": "Build more nuclear power plants!",
    "other": "Nuclear power plants for all of us",
}
VECTORS = {"more": [1, 0], "fewer": [0.99, 0.14], "again": [1, 0], "other": [0, 1]}
KNOWN = ["epoch", "consultation_id", "proposal_id", "model", "version"]


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
    rows = [[1, "stances", proposal, "toy/1", 1_000_000 + n] for n, proposal in enumerate(TEXTS)]
    copies = {"again": "more"}
    clickhouse.insert(
        "assignments",
        [[*row, "c1", "en", copies.get(row[2], "")] for row in rows],
        column_names=[*KNOWN, "cluster_id", "language", "duplicate_of"],
        database="tutti",
    )
    clickhouse.insert(
        "vectors",
        [[*row, VECTORS[row[2]]] for row in rows],
        column_names=[*KNOWN, "vector"],
        database="tutti",
    )
    clickhouse.insert(
        "cluster_progress",
        [[1, "stances", 5, 1]],
        column_names=["epoch", "consultation_id", "offset", "version"],
        database="tutti",
    )


def verdicts(analyst):
    return {
        (row["proposal_id"], row["other_id"]): row["stance"]
        for row in pairs(analyst, "stances", 100)
    }


def move(clickhouse, version, cluster="c1", vector=None, copy_of=""):
    """Say where *other* belongs now."""
    place = [1, "stances", "other", "toy/1", version]
    clickhouse.insert(
        "assignments",
        [[*place, cluster, "en", copy_of]],
        column_names=[*KNOWN, "cluster_id", "language", "duplicate_of"],
        database="tutti",
    )
    if vector:
        clickhouse.insert(
            "vectors", [[*place, vector]], column_names=[*KNOWN, "vector"], database="tutti"
        )


NEAR = {("again", "fewer"): "opposite", ("fewer", "more"): "opposite"}


def test_near_pairs_are_suggested_with_their_stance(consultation, clickhouse, analyst):
    assert verdicts(analyst) == {}
    suggest(clickhouse, 60_000)
    assert verdicts(analyst) == NEAR
    assert all(row["similarity"] > 0.98 for row in pairs(analyst, "stances", 100))
    suggest(clickhouse, 60_000)
    assert verdicts(analyst) == NEAR


def test_another_text_is_compared_anew_and_the_old_pair_goes_at_once(
    consultation, clickhouse, analyst
):
    suggest(clickhouse, 120_000)
    move(clickhouse, 2_000_001, vector=[1, 0])
    suggest(clickhouse, 180_000)
    near = NEAR | {
        ("again", "other"): "same",
        ("fewer", "other"): "opposite",
        ("more", "other"): "same",
    }
    assert verdicts(analyst) == near
    move(clickhouse, 2_000_002, vector=[0, 1])
    assert verdicts(analyst) == NEAR
    suggest(clickhouse, 240_000)
    assert verdicts(analyst) == NEAR


def test_who_moves_to_another_cluster_or_is_a_duplicate_is_not_suggested(
    consultation, clickhouse, analyst
):
    move(clickhouse, 3_000_001, vector=[1, 0], cluster="c2")
    suggest(clickhouse, 300_000)
    assert verdicts(analyst) == NEAR
    move(clickhouse, 3_000_002)  # without another vector
    suggest(clickhouse, 360_000)
    assert len(verdicts(analyst)) == 5
    move(clickhouse, 3_000_003, copy_of="more")
    assert verdicts(analyst) == NEAR | {("fewer", "other"): "opposite"}


def test_more_than_a_mark_can_look_at_waits_for_the_next(consultation, clickhouse, analyst):
    move(clickhouse, 4_000_001, vector=[1, 0])
    for version in (4_000_002, 4_000_003):
        clickhouse.command(
            "INSERT INTO tutti.assignments SELECT * REPLACE ({v:UInt64} AS version,"
            " 'apart' AS consultation_id, {p:String} AS proposal_id) FROM tutti.assignments AS a"
            " FINAL WHERE a.consultation_id = 'stances' AND a.proposal_id = 'more'",
            parameters={"v": version, "p": f"p{version}"},
        )
    done = "SELECT max(done) FROM tutti.suggestion_scans WHERE source = 'assignments'"
    seen = []
    for tick in range(4):
        suggest(clickhouse, 420_000 + 60_000 * tick, most=1)
        seen.append(clickhouse.query(done).first_row[0])
    assert seen == [4_000_001, 4_000_002, 4_000_003, 4_000_003]
    assert len(verdicts(analyst)) == 5

from clickhouse_server import insert_consultation, insert_proposals, insert_tallies

from operators.core.scores.agreement import agreement


def test_a_board_ranks_by_the_lower_bound(clickhouse, analyst):
    insert_consultation(clickhouse, "board", rank_min_votes=10)
    insert_proposals(clickhouse, "board", ["many", "few", "none"])
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "board", "proposal_id": "few", "agree": 10},
            {"consultation_id": "board", "proposal_id": "many", "agree": 900, "disagree": 100},
            {"consultation_id": "board", "proposal_id": "many", "trust": "troll", "agree": 7},
        ],
    )
    rows = analyst.query(
        "SELECT proposal_id, rank, votes, agree_all, agree_low FROM marts.leaderboard"
        " WHERE consultation_id = 'board' ORDER BY rank IS NULL, rank"
    ).result_rows
    assert [row[:4] for row in rows] == [
        ("many", 1, 1000, 907),
        ("few", 2, 10, 10),
        ("none", None, 0, 0),
    ]
    assert abs(rows[0][4] - agreement(900, 1000).low) < 1e-12

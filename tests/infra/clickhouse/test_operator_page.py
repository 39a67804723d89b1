from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_server import (
    insert_consultation,
    insert_proposals,
    insert_tallies,
    insert_votes,
)

from infra.clickhouse import operator_page as page
from infra.clickhouse.operator_page import Flagged, LetterGroup, RefusedBy, WaitingProposal
from operators.core.clock import system_clock

AT = datetime(2026, 5, 1, 20, tzinfo=UTC)


def of(rows, consultation):
    return [row for row in rows if row.consultation_id == consultation]


@pytest.fixture
def board(clickhouse, request):
    """A consultation with three ranked proposals; its name is the test's."""
    name = request.node.name[:60]
    insert_consultation(clickhouse, name, rank_min_votes=10)
    insert_proposals(clickhouse, name, ["p1", "p2", "p3"])
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": name, "proposal_id": proposal, "agree": agree, "disagree": 20}
            for proposal, agree in (("p1", 90), ("p2", 70), ("p3", 50))
        ],
    )
    return name


def test_a_consultation_has_its_ballots_and_when_votes_were_stored(clickhouse, board):
    [before] = of(page.read_consultations(clickhouse), board)
    assert (before.title, before.ballots, before.stored_at) == (board, 270, None)
    insert_votes(clickhouse, [{"consultation_id": board, "proposal_id": "p1", "participant": 1}])
    [after] = of(page.read_consultations(clickhouse), board)
    assert abs(system_clock() - after.stored_at.timestamp() * 1000) < 3_600_000
    assert after.known >= 1


def test_votes_that_nobody_announced_are_there_and_the_probe_s_are_not(clickhouse):
    for name in ("never-announced", "tutti-probe"):
        vote = {"consultation_id": name, "proposal_id": "p", "participant": 1}
        insert_votes(clickhouse, [vote])
    found = {row.consultation_id: row for row in page.read_consultations(clickhouse)}
    assert (found["never-announced"].title, found["never-announced"].ballots) == ("", 0)
    assert "tutti-probe" not in found


def test_leaders_are_the_first_of_the_leaderboard(clickhouse, board):
    found = of(page.read_leaders(clickhouse), board)
    assert [(leader.rank, leader.proposal_id, leader.votes) for leader in found] == [
        (1, "p1", 110),
        (2, "p2", 90),
        (3, "p3", 70),
    ]
    first = found[0]
    assert 0 < first.agree_low < first.agree_rate < first.agree_high < 1


def test_a_stage_is_summed_over_its_partitions(clickhouse):
    columns = [
        "stage",
        "topic",
        "partition",
        "next_offset",
        "offset_gaps",
        "newest_ms",
        "written_at",
    ]
    newest_ms = int(AT.timestamp() * 1000)
    rows = [
        [stage, "tutti.a-topic.v1", partition, offset, 0, newest_ms, AT]
        for stage, partition, offset in (
            ("log", 0, 90),
            ("log", 1, 50),
            ("done", 0, 70),
            ("done", 1, 49),
        )
    ]
    clickhouse.insert("positions", rows, column_names=columns, database="tutti")
    [sink] = [stage for stage in page.read_stages(clickhouse) if stage.stage == "sink"]
    assert (sink.lag, sink.done, sink.newest_at, sink.observed_at) == (21, 119, AT, AT)


def test_rejected_messages_of_the_last_hour_are_grouped_by_reason_and_field(clickhouse):
    columns = ["topic", "partition", "offset", "received_at", "reason", "field", "detail", "bytes"]
    minutes = [1, 2, 59, 61]
    clickhouse.insert(
        "dead_letters",
        [
            ["tutti.votes.v1", 7, n, AT - timedelta(minutes=ago), "bad_country", "country", "x", 9]
            for n, ago in enumerate(minutes)
        ],
        column_names=columns, database="tutti",
    )  # fmt: skip
    assert page.read_letters(clickhouse, AT) == [
        LetterGroup(
            "tutti.votes.v1",
            "bad_country",
            "country",
            "x",
            2,
            3,
            AT - timedelta(minutes=1),
        )
    ]


def test_whose_rejected_messages_are_is_counted_by_what_they_name(clickhouse, board):
    columns = [
        *("topic", "partition", "offset", "received_at", "reason"),
        *("consultation_id", "source", "country"),
    ]
    named = [(board, "tv", "FR"), (board, "tv", "FR"), (board, "tv", ""), ("", "", "")]
    clickhouse.insert(
        "dead_letters",
        [
            ["tutti.votes.v1", 8, n, AT - timedelta(minutes=10 * n), "bad_time", *whose]
            for n, whose in enumerate(named)
        ],
        column_names=columns, database="tutti",
    )  # fmt: skip
    found = [one for one in page.read_refused_by(clickhouse, AT) if one.consultation_id == board]
    assert found == [
        RefusedBy(board, "tv", "FR", 1, 2, AT),
        RefusedBy(board, "tv", "", 0, 1, AT - timedelta(minutes=20)),
    ]


def test_proposals_that_wait_are_counted_and_the_oldest_are_shown(clickhouse, board):
    names = [f"w{n}" for n in range(page.MAX_WAITING + 2)]
    insert_proposals(clickhouse, board, names, status="pending")
    found = of(page.read_waiting(clickhouse), board)
    assert len(found) == page.MAX_WAITING
    assert found[0] == WaitingProposal(
        board, "w0", "w0", "en", "", datetime.fromtimestamp(1_780_000_000, UTC), len(names)
    )


def test_a_signal_has_its_text_and_the_rank_without_it(clickhouse, board):
    columns = [
        "consultation_id", "signal_id", "kind", "proposals", "votes", "agree", "from_at", "to_at",
        "observed", "expected", "first_seen", "last_seen", "method", "version",
    ]  # fmt: skip
    clickhouse.insert(
        "signals",
        [[board, "s", "burst", ["p1"], [60], [60], AT, AT, 60, 4.0, AT, AT, "burst/1", 1]],
        column_names=columns, database="tutti",
    )  # fmt: skip
    clickhouse.insert(
        "signal_scans", [["burst", "", AT, 0]],
        column_names=["kind", "consultation_id", "scanned_at", "done"], database="tutti",
    )  # fmt: skip
    found = page.read_signals(clickhouse)
    [signal] = of(found.seen, board)
    assert (signal.text, signal.ballots, signal.rank, signal.rank_without) == ("p1", 60, 1, 3)
    assert signal.active
    assert found.flagged[board, "p1"] == Flagged(60, 3)


def test_people_are_counted_once(clickhouse, board):
    votes = [
        {"consultation_id": board, "proposal_id": proposal, "participant": person}
        for proposal in ("p1", "p2")
        for person in range(4)
    ]
    insert_votes(clickhouse, votes)
    assert page.read_people(clickhouse)[board] == 4


def test_while_nothing_is_comparable_nothing_differs(clickhouse):
    assert page.read_differences(clickhouse) == []

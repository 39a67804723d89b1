import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from operators.core.scores.agreement import agreement
from pipelines.periodic.publish import publish
from schemas.reserved import PROBE_CONSULTATION

TICK_AT_MS = 1_780_000_020_000
LATER_MS = TICK_AT_MS + 60_000


def votes(consultation, people, proposal="p1", **fields):
    return [
        {"consultation_id": consultation, "proposal_id": proposal, "participant": person} | fields
        for person in people
    ]


def prepare(clickhouse, consultation, cast, proposals=("p1",)):
    insert_consultation(clickhouse, consultation, rank_min_votes=10)
    insert_proposals(clickhouse, consultation, list(proposals))
    insert_votes(clickhouse, cast)


def shown(client, consultation):
    """Everything that everybody can read about a consultation."""
    views = ("leaderboard", "agreement_by_country", "agreement_by_window", "participation")
    return {
        view: client.query(
            f"SELECT * FROM open.{view} WHERE consultation_id = '{consultation}' ORDER BY ALL"
        ).result_rows
        for view in views
    }


def test_countries_below_five_are_merged_and_the_board_is_their_sum(clickhouse, analyst):
    cast = [
        *votes("merged", range(20), country="FR"),
        *votes("merged", range(20, 23), country="LU", choice="disagree"),
        *votes("merged", range(23, 25), country="MT", choice="neutral"),
        *votes("merged", range(25, 29), country="FR", trust="troll"),
    ]
    prepare(clickhouse, "merged", cast, ("p1", "silent"))
    publish(clickhouse, TICK_AT_MS)
    rows = analyst.query(
        "SELECT country, votes, agree, disagree, neutral FROM open.agreement_by_country"
        " WHERE consultation_id = 'merged' ORDER BY country"
    ).result_rows
    assert rows == [("FR", 20, 20, 0, 0), ("XX", 5, 0, 3, 2)]
    board = analyst.query(
        "SELECT proposal_id, rank, votes, agree, votes_all, agree_low,"
        " toUnixTimestamp64Milli(as_of) FROM open.leaderboard"
        " WHERE consultation_id = 'merged' ORDER BY proposal_id"
    ).result_rows
    assert board == [
        ("p1", 1, 25, 20, 25, pytest.approx(agreement(20, 25).low), TICK_AT_MS),
        ("silent", None, 0, 0, 0, 0, None),
    ]
    insert_votes(clickhouse, votes("merged", [30], country="FR", trust="troll"))
    publish(clickhouse, LATER_MS)
    assert analyst.query(
        "SELECT votes, votes_all FROM open.leaderboard WHERE consultation_id = 'merged'"
        " AND votes > 0"
    ).result_rows == [(25, 30)]


def test_windows_are_as_short_as_five_people_allow(clickhouse, analyst):
    minute_ms = 1_780_000_020_000 // 60_000 * 60_000
    cast = [
        *votes("windows", range(6), cast_ms=minute_ms),
        *votes("windows", range(6, 9), cast_ms=minute_ms + 60_000),
        *votes("windows", range(9, 12), cast_ms=minute_ms + 120_000),
        *votes("windows", range(12, 16), cast_ms=minute_ms + 7_200_000),
    ]
    prepare(clickhouse, "windows", cast)
    publish(clickhouse, LATER_MS)
    rows = analyst.query(
        "SELECT toUnixTimestamp(window_start), window_seconds, votes FROM open.agreement_by_window"
        " WHERE consultation_id = 'windows' ORDER BY window_seconds"
    ).result_rows
    hour_s = minute_ms // 3_600_000 * 3600
    assert rows == [(minute_ms // 1000, 60, 6), (hour_s, 3600, 6)]


def test_a_change_of_mind_is_published_with_four_others(clickhouse, analyst):
    prepare(clickhouse, "minds", votes("minds", range(30)))
    publish(clickhouse, TICK_AT_MS)
    agree = "SELECT agree, disagree, votes FROM open.leaderboard WHERE consultation_id = 'minds'"
    for changed, expected in ((4, (30, 0, 30)), (5, (25, 3, 28))):
        later = {"cast_ms": 1_780_000_100_000}
        cast = votes("minds", range(min(changed, 3)), choice="disagree", **later)
        cast += votes("minds", range(3, changed), choice="withdrawn", **later)
        insert_votes(clickhouse, cast)
        publish(clickhouse, LATER_MS)
        assert analyst.query(agree).result_rows == [expected]


class Dies:
    """A client whose process is killed when it is about to write for the n-th time."""

    def __init__(self, clickhouse, writes):
        self._clickhouse, self._left = clickhouse, writes

    def query(self, *arguments, **keywords):
        return self._clickhouse.query(*arguments, **keywords)

    def __getattr__(self, name):
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return getattr(self._clickhouse, name)


def test_a_publication_that_is_killed_anywhere_is_there_wholly_or_not_at_all(clickhouse, analyst):
    prepare(clickhouse, "killed", votes("killed", range(12)), ("p1", "p2"))
    publish(clickhouse, TICK_AT_MS)
    old = shown(analyst, "killed")
    insert_votes(
        clickhouse,
        votes("killed", range(12, 40), country="DE")
        + votes("killed", range(6), choice="disagree", cast_ms=1_780_000_100_000)
        + votes("killed", range(50, 60), "p2"),
    )
    seen = [old]
    for writes in range(20):
        try:
            publish(Dies(clickhouse, writes), LATER_MS)
        except KeyboardInterrupt:
            now = shown(analyst, "killed")
            if now != seen[-1]:
                seen.append(now)
        else:
            break
    assert writes > 5
    new = shown(analyst, "killed")
    assert seen in ([old], [old, new])
    assert [row[5:9] for row in new["leaderboard"]] == [(40, 34, 6, 0), (10, 10, 0, 0)]
    publish(clickhouse, LATER_MS + 60_000)
    assert shown(analyst, "killed") == new


def test_only_accepted_proposals_are_public_and_the_probe_never_is(clickhouse, analyst):
    prepare(clickhouse, "hidden", votes("hidden", range(9)) + votes("hidden", range(9), "p2"))
    insert_proposals(clickhouse, "hidden", ["p1", "p2"], status="refused")
    prepare(clickhouse, PROBE_CONSULTATION, votes(PROBE_CONSULTATION, range(9)))
    publish(clickhouse, TICK_AT_MS)
    for consultation in ("hidden", PROBE_CONSULTATION):
        assert not any(shown(analyst, consultation).values())


def test_nobodys_pseudonym_and_no_votes_own_time_is_in_any_column(clickhouse, analyst):
    columns = analyst.query(
        "SELECT name FROM system.columns WHERE database = 'open' AND table NOT LIKE '.%'"
    ).result_rows
    assert {"as_of", "votes"} <= {name for (name,) in columns}
    assert not {"participant", "author", "cast_at", "received_at"} & {name for (name,) in columns}

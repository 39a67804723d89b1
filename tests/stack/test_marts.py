"""What analysts query: documented, consistent with Python, exact over the archive."""

import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from orjson import dumps
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from infra.clickhouse.views import view_names
from operators.core.scores.agreement import METHOD, agreement
from pipelines.exchange.send import Sender
from pipelines.verify.sync import await_clusters

COUNTRIES = ("FR", "DE", "LU", "ZZ")
CHOICES = ("agree", "agree", "disagree", "neutral")
TRUSTS = ("trusted", "trusted", "sequence", "segment", "troll")


@pytest.fixture(scope="module")
def votes(stack) -> list[dict]:
    """A consultation with windows of five minutes and one vote per person and proposal."""
    dice = random.Random(5)
    sender = Sender(stack.settings)
    sender.send(
        "consultations",
        dumps(
            {
                "consultation_id": "marts",
                "title": "Marts",
                "window_seconds": 300,
                "rank_min_votes": 20,
            }
        ),
    )
    statuses = {"p0": "accepted", "p1": "accepted", "p2": "refused", "p3": "accepted"}
    for proposal, status in statuses.items():
        sender.send(
            "proposals",
            dumps(
                {
                    "consultation_id": "marts",
                    "proposal_id": proposal,
                    "text": f"Proposal {proposal}\nwith 'quotes' and \"more\" ✓",
                    "author_id": "somebody@example",
                    "status": status,
                    "submitted_at": "2026-05-01T10:00:00Z",
                }
            ),
        )
    made = []
    for person in range(60):
        country = dice.choice(COUNTRIES)
        for proposal in ("p0", "p1", "p2", "p4"):  # p3 has no votes, p4 is not known
            if dice.random() < 0.4 and proposal != "p0":
                continue
            made.append(
                {
                    "consultation_id": "marts",
                    "proposal_id": proposal,
                    "participant_id": f"person-{person}",
                    "country": country,
                    "choice": dice.choice(CHOICES),
                    "trust": dice.choice(TRUSTS),
                    "cast_at": f"2026-05-01T{dice.randrange(12, 15)}:{dice.randrange(60):02d}:00Z",
                }
            )
    for vote in made:
        sender.send("votes", dumps(vote))
    assert not sender.finish().failed
    stack.sync()
    return made


def test_every_table_view_and_column_has_a_comment(stack):
    client = stack.clickhouse()
    silent = client.query(
        "SELECT database, name FROM system.tables WHERE database IN ('tutti', 'marts', 'open')"
        " AND comment = '' AND engine != 'MaterializedView'"
        " UNION ALL SELECT database, concat(table, '.', name) FROM system.columns"
        " WHERE database IN ('tutti', 'marts', 'open') AND comment = ''"
        " AND table NOT IN (SELECT name FROM system.tables WHERE engine = 'MaterializedView')"
    ).result_rows
    assert not silent
    views = client.query(
        "SELECT database || '.' || name FROM system.tables WHERE engine = 'View'"
        " AND database IN ('tutti', 'marts', 'open')"
    )
    assert {row[0] for row in views.result_rows} == set(view_names())


def test_the_leaderboard_equals_a_count_by_hand_and_the_formula_in_python(stack, votes):
    rows = stack.clickhouse(analyst=True).query(
        "SELECT * FROM marts.leaderboard WHERE consultation_id = 'marts' ORDER BY proposal_id"
    )
    shown = {row["proposal_id"]: row for row in rows.named_results()}
    assert set(shown) == {"p0", "p1", "p3"}
    for proposal, row in shown.items():
        cast = [vote for vote in votes if vote["proposal_id"] == proposal]
        trusted = [vote for vote in cast if vote["trust"] != "troll"]
        agree = sum(vote["choice"] == "agree" for vote in trusted)
        assert row["votes"] == len(trusted)
        assert row["votes_all"] == len(cast)
        assert row["agree"] == agree
        assert row["agree_all"] == sum(vote["choice"] == "agree" for vote in cast)
        assert row["countries"] == len({vote["country"] for vote in cast} - {"ZZ"})
        expected = agreement(agree, len(trusted))
        assert row["agree_rate"] == pytest.approx(expected.rate, abs=1e-12)
        assert row["agree_low"] == pytest.approx(expected.low, abs=1e-12)
        assert row["agree_high"] == pytest.approx(expected.high, abs=1e-12)
        assert METHOD in row["method"]
        assert row["as_of"] is not None
    assert "\n" in shown["p0"]["text"]
    assert shown["p3"]["agree_rate"] is None
    assert (shown["p3"]["agree_low"], shown["p3"]["agree_high"]) == (0, 1)


def test_rank_follows_the_lower_bound_and_needs_enough_votes(stack, votes):
    rows = stack.rows(
        "SELECT proposal_id, rank, agree_low, votes FROM marts.leaderboard"
        " WHERE consultation_id = 'marts'"
    )
    ranked = sorted((row for row in rows if row[1] is not None), key=lambda row: row[1])
    assert [row[1] for row in ranked] == list(range(1, len(ranked) + 1))
    assert [row[2] for row in ranked] == sorted((row[2] for row in ranked), reverse=True)
    assert {row[0] for row in rows if row[1] is None} == {row[0] for row in rows if row[3] < 20}


def test_agreement_by_country_also_shows_refused_and_unknown_proposals(stack, votes):
    rows = stack.rows(
        "SELECT proposal_id, country, votes_all FROM marts.agreement_by_country"
        " WHERE consultation_id = 'marts'"
    )
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for vote in votes:
        expected[vote["proposal_id"], vote["country"]] += 1
    assert {(proposal, country): count for proposal, country, count in rows} == expected


def test_windows_have_the_length_that_the_consultation_asks_for(stack, votes):
    rows = stack.rows(
        "SELECT proposal_id, country, window_start, window_seconds, votes_all"
        " FROM marts.agreement_by_window WHERE consultation_id = 'marts'"
    )
    expected: dict[tuple[str, str, datetime], int] = defaultdict(int)
    for vote in votes:
        cast = datetime.fromisoformat(vote["cast_at"])
        start = cast.replace(minute=cast.minute // 5 * 5)
        expected[vote["proposal_id"], vote["country"], start] += 1
    assert {row[3] for row in rows} == {300}
    found = {(p, c, at.replace(tzinfo=UTC)): count for p, c, at, _, count in rows}
    assert found == expected


def test_participation_counts_people_once_per_row_and_exactly(stack, votes):
    rows = stack.rows(
        "SELECT country, hour, participants, new_participants, ballots, median_ballots,"
        " troll_share FROM marts.participation WHERE consultation_id = 'marts'"
    )
    found = {(row[0], row[1] and row[1].replace(tzinfo=UTC)): row[2:] for row in rows}
    groups: dict[tuple[str, datetime | None], list[dict]] = defaultdict(list)
    for vote in votes:
        hour = datetime.fromisoformat(vote["cast_at"]).replace(minute=0)
        for country in (vote["country"], "all"):
            for at in (hour, None):
                groups[country, at].append(vote)
    first = {}
    for vote in sorted(votes, key=lambda vote: (vote["cast_at"], vote["proposal_id"])):
        first.setdefault(vote["participant_id"], vote)
    assert set(found) == set(groups)
    for group, members in groups.items():
        people, new, ballots, median_ballots, troll_share = found[group]
        per_person: dict[str, int] = defaultdict(int)
        for vote in members:
            per_person[vote["participant_id"]] += 1
        assert people == len(per_person)
        assert ballots == len(members)
        assert new == sum(first[person] in members for person in per_person)
        assert median_ballots == sorted(per_person.values())[len(per_person) // 2]
        assert troll_share == pytest.approx(
            sum(vote["trust"] == "troll" for vote in members) / len(members)
        )


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_board_of_a_country_says_who_takes_part_there(stack, votes, country):
    board = stack.json("top", "marts", "--country", country.lower())
    people = {vote["participant_id"] for vote in votes if vote["country"] == country}
    assert board["country"] == country
    assert board["activity"]["participants"] == len(people)


def test_a_country_that_none_can_be_is_no_empty_board(stack, votes):
    assert "two letters of ISO 3166-1" in stack.errors("top", "marts", "--country", "France")


def test_authors_and_participants_are_pseudonyms_everywhere(stack, votes):
    client = stack.clickhouse()
    authors = {row[0] for row in client.query("SELECT author FROM tutti.proposals").result_rows}
    assert not any("somebody" in author for author in authors)
    people = client.query(
        "SELECT toString(participant) FROM tutti.ballots WHERE consultation_id = 'marts'"
    ).result_rows
    assert not any("person" in row[0] for row in people)


def test_freshness_shows_no_lag_at_rest(stack, votes):
    assert await_clusters(stack.settings, 120) == 0  # votes do not wait for topics

    @retry(
        retry=retry_if_result(lambda lags: any(lags.values())),
        stop=stop_after_delay(60),
        wait=wait_fixed(0.2),
        retry_error_callback=lambda state: state.outcome.result(),
    )
    def lags() -> dict[tuple[str, str, int], int]:
        """The sink notes the logs' ends at ticks: its own rows may be ahead of them until then."""
        rows = stack.rows("SELECT stage, topic, partition, lag FROM marts.freshness")
        return {row[:3]: row[3] for row in rows}

    found = lags()
    assert {stage for stage, *_ in found} == {"intake", "votes", "semantics", "sink"}
    assert {place: lag for place, lag in found.items() if lag} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO tutti.epochs VALUES (99, now64(3))",
        "DROP VIEW marts.leaderboard",
        "SELECT * FROM tutti.ballots",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
        "SET max_threads = 8",
    ],
)
def test_analysts_can_read_the_marts_and_nothing_else(stack, sql):
    with pytest.raises(DatabaseError):
        stack.clickhouse(analyst=True).query(sql)

"""Every query of docs/questions.md, on a consultation that is counted here by hand."""

import random
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import count

import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, insert_votes
from places import CHECKOUT

from infra.clickhouse.client import connect
from operators.core.scores.agreement import agreement
from pipelines.groups.grouping import Grouping
from pipelines.periodic.bursts import scan_for_bursts
from schemas.events import QUALIFICATION_BITS

PAGE = (CHECKOUT / "docs" / "questions.md").read_text(encoding="utf-8")
CONSULTATION = "questions"
START_MS = 1_780_000_020_000 // 60_000 * 60_000
MINUTE_MS = 60_000
WEIGHTS = {"FR": 68.0, "DE": 83.0, "LU": 0.7, "MT": 0.5}
PROPOSALS = [f"p{n}" for n in range(12)]
TOLERANCE = 1e-9


def sections() -> dict[int, tuple[str, list[str]]]:
    """Number of a question -> its query and the columns it names."""
    found = {}
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        [sql] = re.findall(r"```sql\n(.*?)```", part, re.DOTALL)
        [columns] = re.findall(r"^Columns: (.*)$", part, re.MULTILINE)
        found[int(part.split(".")[0])] = (sql, re.findall(r"`(\w+)`", columns))
    return found


QUESTIONS = sections()


def cast() -> list[dict]:
    """Two camps vote alike within themselves; one proposal has a burst at the end."""
    dice = random.Random(17)
    votes = []
    for person in range(1, 241):
        camp = person % 2
        country = dice.choices(list(WEIGHTS), [6, 5, 2, 1])[0]
        for n, proposal in enumerate(PROPOSALS):
            if dice.random() < 0.25:
                continue
            for_it = (n % 2 == camp) if n < 8 else dice.random() < 0.75
            if dice.random() < 0.08:
                for_it = not for_it
            votes.append(
                {
                    "proposal_id": proposal,
                    "participant": person,
                    "country": country,
                    "choice": "neutral" if dice.random() < 0.1 else ("disagree", "agree")[for_it],
                    "trust": dice.choices(["trusted", "sequence", "troll"], [8, 4, 1])[0],
                    "cast_ms": START_MS + dice.randrange(300) * MINUTE_MS,
                }
            )
    votes += [
        {
            "proposal_id": "p11",
            "participant": person,
            "choice": "agree",
            "cast_ms": START_MS + (305 + person % 5) * MINUTE_MS,
        }
        for person in range(1000, 1080)
    ]
    for vote in votes:
        doable = vote["choice"] == "agree" and dice.random() < 0.4
        vote["qualifications"] = QUALIFICATION_BITS["doable"] if doable else 0
    return [
        {"consultation_id": CONSULTATION, "country": "FR", "trust": "trusted"} | v for v in votes
    ]


def cells(votes: list[dict], *names: str) -> list[dict]:
    """Count the votes, which are one per person and proposal, by these fields."""
    counts: dict[tuple, Counter] = defaultdict(Counter)
    for vote in votes:
        counts[tuple(vote[name] for name in names)][vote["choice"]] += 1
        if vote["qualifications"]:
            counts[tuple(vote[name] for name in names)]["doable"] += 1
    return [dict(zip(names, key, strict=True)) | dict(counter) for key, counter in counts.items()]


@pytest.fixture(scope="module")
def votes(clickhouse, clickhouse_settings):
    made = cast()
    insert_consultation(clickhouse, CONSULTATION, WEIGHTS, rank_min_votes=20)
    insert_proposals(clickhouse, CONSULTATION, PROPOSALS)
    insert_votes(clickhouse, made)
    for vote in made:
        vote["minute"] = vote["cast_ms"] // MINUTE_MS
    key = ("consultation_id", "proposal_id", "country", "trust")
    insert_tallies(clickhouse, cells(made, *key))
    insert_windows(clickhouse, cells(made, *key, "minute"))
    # A stopwatch that runs ahead: groups rest between runs, and noise is tested a run at a time.
    grouping = Grouping(connect(clickhouse_settings), stopwatch=count(step=3_600_000).__next__)
    while not noise_is_tested(clickhouse):
        grouping.step()
    scan_for_bursts(clickhouse, START_MS + 310 * MINUTE_MS)
    return made


def noise_is_tested(clickhouse) -> bool:
    found = clickhouse.query("SELECT dimensions FROM marts.opinion_groups").result_rows
    return bool(found) and all(row[0] is not None for row in found)


def insert_windows(clickhouse, rows) -> None:
    columns = ["consultation_id", "proposal_id", "country", "trust", "minute"]
    counted = ["agree", "disagree", "neutral", "doable"]
    clickhouse.insert(
        "windows",
        [
            [1, 1, *(row[name] for name in columns), *(row.get(name, 0) for name in counted)]
            for row in rows
        ],
        column_names=["epoch", "version", *columns, *counted],
        database="tutti",
    )


@pytest.fixture
def ask(analyst, votes):
    def answer(number: int) -> list[dict]:
        sql, _ = QUESTIONS[number]
        given = {"consultation": CONSULTATION, "proposal": "p1", "country": "DE"}
        now = datetime.now(UTC)  # noqa: TID251 - the server's clock wrote the history
        found = analyst.query(sql, parameters=given | {"at": now})
        return [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]

    return answer


def trusted(votes: list[dict], **wanted: str) -> list[dict]:
    return [
        vote
        for vote in votes
        if vote["trust"] != "troll" and all(vote[name] == value for name, value in wanted.items())
    ]


def rate(votes: list[dict]) -> float:
    return sum(vote["choice"] == "agree" for vote in votes) / len(votes)


def test_there_are_at_least_fifteen_questions_each_with_its_purpose():
    assert list(QUESTIONS) == list(range(1, len(QUESTIONS) + 1))
    assert len(QUESTIONS) >= 15


@pytest.mark.parametrize("number", QUESTIONS)
def test_every_query_answers_with_the_columns_it_names(ask, number):
    rows = ask(number)
    assert rows, "the known data give every question an answer"
    assert list(rows[0]) == QUESTIONS[number][1]


def test_most_agreement(ask, votes):
    expected = {}
    for proposal in PROPOSALS:
        cast = trusted(votes, proposal_id=proposal)
        expected[proposal] = agreement(sum(v["choice"] == "agree" for v in cast), len(cast)).low
    rows = ask(1)
    assert [row["proposal_id"] for row in rows] == sorted(
        expected, key=lambda p: expected[p], reverse=True
    )
    assert all(abs(row["agree_low"] - expected[row["proposal_id"]]) < TOLERANCE for row in rows)


def test_one_proposal_in_each_country(ask, votes):
    for row in ask(3):
        cast = trusted(votes, proposal_id="p1", country=row["country"])
        assert row["votes"] == len(cast)
        assert abs(row["agree_rate"] - rate(cast)) < TOLERANCE


def test_liked_in_one_country(ask, votes):
    for row in ask(4):
        here = trusted(votes, proposal_id=row["proposal_id"], country="DE")
        everywhere = trusted(votes, proposal_id=row["proposal_id"])
        assert row["votes"] == len(here)
        assert abs(row["difference"] - (rate(here) - rate(everywhere))) < TOLERANCE


def test_who_is_missing(ask, votes):
    people = {c: {v["participant"] for v in votes if v["country"] == c} for c in WEIGHTS}
    everyone = sum(len(found) for found in people.values())
    for row in ask(5):
        share = len(people[row["country"]]) / everyone
        weight = WEIGHTS[row["country"]] / sum(WEIGHTS.values())
        assert row["participants"] == len(people[row["country"]])
        assert abs(row["ratio"] - share / weight) < TOLERANCE


def test_participation_by_hour(ask, votes):
    hours = defaultdict(set)
    for vote in votes:
        hours[vote["cast_ms"] // 3_600_000].add(vote["participant"])
    rows = ask(6)
    assert [row["participants"] for row in rows] == [len(hours[hour]) for hour in sorted(hours)]
    assert sum(row["new_participants"] for row in rows) == len(set().union(*hours.values()))


def test_the_two_camps_are_found_and_what_divides_them(ask):
    assert [row["k"] for row in ask(8)] == [2, 2]
    assert {row["groups_significant"] for row in ask(8)} == {1}
    first = ask(7)[0]
    assert first["proposal_id"] in PROPOSALS[:8]
    assert first["group_spread"] > 0.5
    assert ask(9)[0]["proposal_id"] in PROPOSALS[8:]


def test_what_is_thought_doable(ask, votes):
    for row in ask(10):
        agreed = trusted(votes, proposal_id=row["proposal_id"], choice="agree")
        doable = sum(vote["qualifications"] > 0 for vote in agreed)
        assert row["agree"] == len(agreed)
        assert abs(row["doable_share"] - doable / len(agreed)) < TOLERANCE


def test_agreement_so_far(ask, votes):
    cast = trusted(votes, proposal_id="p1")
    last = ask(12)[-1]
    assert last["votes_so_far"] == len(cast)
    assert abs(last["agree_rate_so_far"] - rate(cast)) < TOLERANCE
    for row in ask(12):
        until = row["window_start"].replace(tzinfo=UTC).timestamp() * 1000 + MINUTE_MS
        assert row["votes_so_far"] == sum(vote["cast_ms"] < until for vote in cast)


def test_before_the_first_minute_ended_there_was_nothing(ask):
    """The rows were written in this very minute; the history's own tests go further."""
    assert {row["rank_then"] for row in ask(13)} <= {None, *range(13)}


def test_what_trolls_would_change(ask, votes):
    for row in ask(14):
        cast = [vote for vote in votes if vote["proposal_id"] == row["proposal_id"]]
        assert row["troll_votes"] == sum(vote["trust"] == "troll" for vote in cast)
        assert abs(row["agree_rate_all"] - rate(cast)) < TOLERANCE


def test_the_burst_is_seen_with_what_it_does(ask):
    [burst] = ask(15)
    assert (burst["kind"], burst["proposal_id"]) == ("burst", "p11")
    assert burst["ballots"] == 80
    assert burst["rank_without"] > burst["rank"]

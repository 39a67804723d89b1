"""The verdict in two parts, groups of countries and of people who were drawn, through the views."""

from math import isclose

import numpy as np
import pytest
from clickhouse_server import insert_votes
from conversations import simulated
from grouped import CHOICES, number, rows, send

from infra.clickhouse import opinions as reads
from infra.clickhouse.migrations import migrations
from infra.clickhouse.opinions import read_opinions
from operators.core.groups.run import share_error
from operators.core.groups.significance import separate

COLUMNS = ["consultation_id", "country", "run", "status", "k", "dimensions", "gap", "grouped",
           "eligible", "group_ids", "sizes"]  # fmt: skip


def insert_run(clickhouse, name, *, k=2, dimensions=1, gap=0.1, grouped=400, eligible=400, of=""):
    sizes = [grouped // 2, grouped // 2] if k else []
    row = [name, of, 1, "grouped", k, dimensions, gap, grouped, eligible, [*range(k)], sizes]
    clickhouse.insert("group_runs", [row], column_names=COLUMNS, database="tutti")


@pytest.mark.parametrize(
    ("found", "verdict", "quoted"),
    [
        ({"k": 0, "grouped": 0}, "too little to group", "Too few people"),
        ({"dimensions": None}, "not tested yet", "being tested"),
        ({"dimensions": 0}, "no disagreement beyond chance", "no camps to report"),
        ({"gap": 0.02}, "a continuum, no separate groups", "not camps"),
        ({"dimensions": 2}, "separate groups", "2 lines, more than chance explains, and fall into"),
        ({"dimensions": 5}, "separate groups", "5 or more lines"),
    ],
    ids=["few", "untested", "chance", "continuum", "groups", "many lines"],
)
def test_both_parts_are_said_in_words(clickhouse, analyst, found, verdict, quoted):
    name = f"g-words-{verdict}-{found.get('dimensions')}"
    insert_run(clickhouse, name, **found)
    row = rows(analyst, "opinion_groups", name, "group")[0]
    assert row["verdict"] == verdict
    assert quoted in row["explanation"]
    known = verdict in ("separate groups", "a continuum, no separate groups")
    assert (row["groups_significant"], row["groups_separate"]) == (
        int(known),
        int(verdict == "separate groups"),
    )


def test_sql_and_python_say_the_same_of_gaps_and_errors(clickhouse, analyst):
    random = np.random.default_rng(2)
    for n in range(40):
        drawn = int(random.integers(10, 3_000))
        of = drawn + int(random.choice([0, 500, 90_000]))
        gap = float(random.uniform(0, 0.12))
        insert_run(clickhouse, f"g-formula-{n}", gap=gap, grouped=drawn, eligible=of)
        row = rows(analyst, "opinion_groups", f"g-formula-{n}", "group")[0]
        assert row["groups_separate"] == separate(gap, drawn)
        assert isclose(row["share_error"], share_error(drawn, of), abs_tol=1e-12)


def test_each_country_has_groups_of_its_own_ballots(clickhouse, analyst, worker):
    """One country is split, in one people wander, one is too small."""
    name = "g-countries"
    split = simulated(2, people=120, proposals=20, camps=2)
    wander = simulated(3, people=110, proposals=20, camps=1)
    small = simulated(4, people=30, proposals=20, camps=2)
    offset = 0
    for country, shift, conversation in (("DE", 0, split), ("FR", 1_000, wander),
                                         ("LU", 2_000, small)):  # fmt: skip
        votes = [
            {
                "consultation_id": name, "proposal_id": p, "participant": number(int(v) + shift),
                "choice": CHOICES[value], "country": country,
            }
            for (v, p), value in conversation.ballots.items()
        ]  # fmt: skip
        insert_votes(clickhouse, votes, first_offset=offset)
        offset += len(votes)
    worker()
    found = rows(analyst, "opinion_groups_by_country", name, "country, group")
    assert {row["country"] for row in found} == {"DE", "FR"}
    verdicts = {row["country"]: row["verdict"] for row in found}
    assert verdicts == {"DE": "separate groups", "FR": "no disagreement beyond chance"}
    assert sum(row["size"] for row in found if row["country"] == "DE") <= 120
    everyone = rows(analyst, "opinion_groups", name, "group")
    voters = sum(len({v for v, _ in c.ballots}) for c in (split, wander, small))
    assert everyone[0]["participants"] == voters
    # The views of counts are of all countries together, as before.
    total = sum(row["votes"] for row in rows(analyst, "agreement_by_group", name))
    in_a_group = sum(row["size"] for row in everyone)
    assert 0 < total <= everyone[0]["ballots"]
    assert (total == everyone[0]["ballots"]) == (in_a_group == voters)


def test_of_too_many_people_the_same_are_drawn_every_time(clickhouse, analyst, monkeypatch, worker):
    name = "g-drawn"
    conversation = simulated(2, people=200, proposals=30, camps=2)
    send(clickhouse, name, conversation)
    whole = read_opinions(clickhouse, name)
    monkeypatch.setattr(reads, "MAX_BALLOTS", 100)
    monkeypatch.setattr(reads, "SAMPLE_PROPOSALS", 20)
    monkeypatch.setattr(reads, "sample_size", lambda people, _: min(people, 80))
    first, again = read_opinions(clickhouse, name), read_opinions(clickhouse, name)
    drawn = first.opinions
    assert len(drawn.participants) == 80
    assert len(drawn.proposals) == 20
    assert drawn.ballots.min() >= 7
    assert np.array_equal(drawn.participants, again.opinions.participants)
    assert np.array_equal(drawn.votes, again.opinions.votes)
    assert whole.participants == len(whole.opinions.participants) == 200
    assert first.participants == 200
    most = np.sort(np.bincount(whole.opinions.columns))[-20:].sum()
    voted = set(drawn.proposals)
    assert sum(p in voted for _, p in conversation.ballots) == most
    worker()
    shown = rows(analyst, "opinion_groups", name, "group")
    assert {row["verdict"] for row in shown} == {"separate groups"}
    assert (shown[0]["grouped"], shown[0]["eligible"]) == (80, first.eligible)
    assert shown[0]["share_error"] == pytest.approx(share_error(80, first.eligible))


def test_the_tables_may_be_changed_twice(clickhouse):
    """A start may be killed in between."""
    [migration] = [m for m in migrations() if m.number == 8]
    for statement in migration.statements():
        clickhouse.command(statement)

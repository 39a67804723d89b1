"""Signals end to end: the steps on a ClickHouse, and what analysts read."""

import numpy as np
import pytest
from clickhouse_server import insert_consultation

from infra.clickhouse import signals as kept
from infra.clickhouse.tables import insert_columns
from loadtests.evaluation.signals.bursts import FIRST_MINUTE, outcomes
from loadtests.evaluation.signals.rings import (
    Crowd,
    Ring,
    crowd,
    find_rings,
    insert_people,
    members,
    scan,
)
from loadtests.evaluation.signals.scenarios import NEWCOMER, WATCHED
from loadtests.evaluation.signals.traffic import (
    Attack,
    Peak,
    Scenario,
    insert,
    simulate,
)
from operators.core.scores.agreement import agreement
from operators.core.votes.tally import COUNTERS
from pipelines.cli.signals import draw_signals, read_signals
from pipelines.periodic.bursts import LATE_MIN, MINUTE_MS, scan_for_bursts
from pipelines.periodic.identical import EVERY_MS, scan_for_identical

BOARD = "SELECT * FROM marts.leaderboard WHERE consultation_id = {c:String} ORDER BY proposal_id"


def rows(client, sql: str, consultation: str) -> list[dict]:
    return list(client.query(sql, parameters={"c": consultation}).named_results())


def signals_of(client, consultation: str) -> list[dict]:
    return rows(
        client, "SELECT * FROM marts.signals WHERE consultation_id = {c:String}", consultation
    )


def watch(clickhouse, first: int, last: int) -> None:
    for minute in range(first, last):
        scan_for_bursts(clickhouse, (FIRST_MINUTE + minute) * MINUTE_MS)


@pytest.fixture(scope="module")
def simulated(clickhouse):
    """An attack, a peak of everything, and a newcomer's start, all in the same hour."""
    scenarios = [
        Scenario("attacked", "", 50, WATCHED + 40, attacks=(Attack(WATCHED + 5, 5, 120, 3, "a"),)),
        Scenario("peak", "", 50, WATCHED + 40, peaks=(Peak(WATCHED + 5, 15, 20),)),
        Scenario("newcomer", "", 200, WATCHED + 40, born={NEWCOMER: WATCHED}, popular=0.1,
                 attacks=(Attack(WATCHED + 5, 5, 100, NEWCOMER, "a"),)),
    ]  # fmt: skip
    for scenario in scenarios:
        insert(clickhouse, scenario, simulate(scenario, 1), FIRST_MINUTE, WATCHED - 60)
    insert_consultation(clickhouse, "attacked", rank_min_votes=20)
    before = rows(clickhouse, BOARD, "attacked")
    watch(clickhouse, WATCHED + 4, WATCHED + 18)
    return {scenario.name: scenario for scenario in scenarios} | {"before": before}


def test_an_attack_is_seen_within_three_minutes_with_its_evidence(clickhouse, analyst, simulated):
    scenario = simulated["attacked"]
    found = [s for s in kept.read_signals(clickhouse, "burst") if s.consultation_id == "attacked"]
    [outcome], unexplained = outcomes(clickhouse, scenario, found)
    assert outcome.after is not None
    assert outcome.after <= 3
    assert not unexplained
    [row] = signals_of(analyst, "attacked")
    assert row["kind"] == "burst"
    assert row["proposal_id"] == "p0003"
    assert 120 <= row["ballots"] == row["participants"] <= 125
    assert row["observed"] > 3 * row["expected"]
    assert row["p_value"] < 1e-6
    assert row["agree_rate_during"] > 0.95 > row["agree_rate_before"]
    assert (row["to_at"] - row["from_at"]).total_seconds() == 300
    assert row["as_of"] > row["first_seen"]


def test_an_honest_peak_of_the_whole_consultation_flags_nothing(clickhouse, simulated):
    assert signals_of(clickhouse, "peak") == []


def test_a_proposal_without_a_past_of_an_hour_is_not_judged(clickhouse, simulated):
    assert signals_of(clickhouse, "newcomer") == []


def test_the_leaderboard_does_not_change(clickhouse, simulated):
    assert rows(clickhouse, BOARD, "attacked") == simulated["before"]


def test_the_effect_is_that_of_a_recount_without_the_flagged_ballots(
    clickhouse, analyst, simulated
):
    board = rows(clickhouse, BOARD, "attacked")
    [row] = signals_of(analyst, "attacked")
    [effect] = rows(
        analyst, "SELECT * FROM marts.signal_effects WHERE consultation_id = {c:String}", "attacked"
    )
    ranks = {}
    for name, ballots, agree in (
        ("rank", 0, 0),
        ("rank_without", effect["flagged_votes"], effect["flagged_agree"]),
    ):
        order = []
        for proposal in board:
            hit = proposal["proposal_id"] == row["proposal_id"]
            votes = proposal["votes"] - hit * ballots
            if votes >= 20:
                low = agreement(proposal["agree"] - hit * agree, votes).low
                order.append((-low, -votes, proposal["proposal_id"]))
        ranks[name] = 1 + [place[2] for place in sorted(order)].index(row["proposal_id"])
    assert ranks == {name: effect[name] for name in ranks} == {name: row[name] for name in ranks}
    assert ranks["rank"] < ranks["rank_without"]
    assert row["largest_rank_shift"] == ranks["rank_without"] - ranks["rank"]


def test_a_burst_ends_and_is_kept_and_follows_votes_that_change(clickhouse, simulated):
    [row] = signals_of(clickhouse, "attacked")
    watch(clickhouse, WATCHED + 30, WATCHED + 32)
    [later] = signals_of(clickhouse, "attacked")
    assert later["active"] == 0
    assert (later["first_seen"], later["signal_id"]) == (row["first_seen"], row["signal_id"])
    # The people of one minute change their votes: they stand in another minute now.
    clickhouse.command(
        "INSERT INTO tutti.windows (* EXCEPT (version, is_deleted), version, is_deleted)"
        " SELECT * EXCEPT (version, is_deleted), 2, 1 FROM tutti.windows FINAL"
        " WHERE consultation_id = 'attacked' AND proposal_id = 'p0003'"
        f" AND minute = {FIRST_MINUTE + WATCHED + 6}"
    )
    watch(clickhouse, WATCHED + 33, WATCHED + 34)
    [moved] = signals_of(clickhouse, "attacked")
    assert row["ballots"] - 30 < moved["ballots"] < row["ballots"] - 20
    assert moved["observed"] == row["observed"]


def test_a_burst_that_arrives_late_is_seen_late(clickhouse):
    start = WATCHED + 100
    scenario = Scenario("late", "", 50, start + 40)
    insert(clickhouse, scenario, simulate(scenario, 2), FIRST_MINUTE, WATCHED)
    watch(clickhouse, start + 3, start + 6)
    watch(clickhouse, start + 10, start + 14)
    assert signals_of(clickhouse, "late") == []
    columns = {counter: [0] for counter in COUNTERS} | {
        "epoch": [1], "consultation_id": ["late"], "proposal_id": ["p0007"], "country": ["FR"],
        "trust": ["sequence"], "minute": [FIRST_MINUTE + start + 5], "version": [1], "agree": [90],
    }  # fmt: skip
    insert_columns(clickhouse, "windows", columns)
    watch(clickhouse, start + LATE_MIN + 14, start + LATE_MIN + 16)
    [row] = signals_of(clickhouse, "late")
    assert row["proposal_id"] == "p0007"
    assert row["active"] == 0


def test_a_ring_is_a_signal_whose_people_nobody_sees(clickhouse, analyst):
    [found], honest = find_rings(clickhouse, Crowd("ring", ""), [Ring(12, 30, extra=3)], seed=5)
    assert (found.members, found.others, honest) == (12, 0, 0)
    [row] = signals_of(analyst, "ring")
    assert (row["kind"], row["participants"], row["ballots"]) == ("identical", 12, 12 * 33)
    assert row["common_proposals"] == 30
    assert row["common_agree"] + row["common_disagree"] + row["common_neutral"] == 30
    assert row["expected_groups"] < 1e-3
    assert row["proposal_id"] is row["rank"] is None
    [internal] = kept.read_signals(clickhouse, "identical", "ring")
    effects = rows(
        analyst, "SELECT * FROM marts.signal_effects WHERE consultation_id = {c:String}", "ring"
    )
    assert sum(effect["flagged_votes"] for effect in effects) == row["ballots"]
    shown = f"{row} {effects}"
    assert not any(
        f"{person:032x}" in shown or str(person) in shown.split()
        for person in internal.participants
    )


def test_a_signal_stays_itself_when_its_people_vote_on_and_rests_while_nothing_arrives(clickhouse):
    rng = np.random.default_rng(6)
    people = crowd(Crowd("going-on", ""), rng)[:300]
    insert_people(clickhouse, "going-on", people + members(Ring(8, 25), rng))
    scan(clickhouse, "going-on")
    [first] = kept.read_signals(clickhouse, "identical", "going-on")
    seen = kept.read_scan(clickhouse, "identical", "going-on")
    scan_for_identical(clickhouse, seen.scanned_ms + 100 * EVERY_MS)
    assert kept.read_scan(clickhouse, "identical", "going-on") == seen
    clickhouse.command(
        "INSERT INTO tutti.ballots SELECT * REPLACE ('p0199' AS proposal_id, 'agree' AS choice,"
        " received_at + 1 AS received_at)"
        " FROM tutti.ballots WHERE consultation_id = 'going-on' AND participant >= 300"
        " LIMIT 1 BY participant"
    )
    scan_for_identical(clickhouse, seen.scanned_ms + 100 * EVERY_MS)
    [second] = kept.read_signals(clickhouse, "identical", "going-on")
    assert second.signal_id == first.signal_id
    assert second.first_seen == first.first_seen < second.last_seen
    assert sorted(second.participants) == sorted(first.participants)


def test_trolls_are_in_no_signal(clickhouse):
    rng = np.random.default_rng(7)
    people = crowd(Crowd("trolls", ""), rng)[:200]
    insert_people(clickhouse, "trolls", people + members(Ring(9, 30), rng))
    clickhouse.command(
        "INSERT INTO tutti.ballots SELECT * REPLACE ('troll' AS trust, version + 1 AS version)"
        " FROM tutti.ballots WHERE consultation_id = 'trolls' AND participant >= 204"
    )
    scan(clickhouse, "trolls")
    assert kept.read_signals(clickhouse, "identical", "trolls") == []


def test_the_command_names_evidence_and_effect(clickhouse, simulated):
    found = read_signals(clickhouse, "attacked")
    drawn = draw_signals("attacked", found)
    assert len(drawn.cells) == 1
    assert "nothing is applied" in str(drawn.caption)
    assert len(draw_signals("ring", read_signals(clickhouse, "ring")).cells) == 1
    with pytest.raises(Exception, match="There is no consultation nowhere"):
        read_signals(clickhouse, "nowhere")

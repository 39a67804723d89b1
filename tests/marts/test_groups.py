"""Opinion groups through ClickHouse: ballots in, views out, against the pure functions."""

import random
from collections import Counter
from math import isclose

import pytest
from clickhouse_server import insert_proposals
from conversations import read_conversation, simulated
from grouped import BASE, CHOICES, insert_ballots, number, rows, send
from places import FIXTURES

from infra.clickhouse.group_runs import Scope, read_former
from infra.clickhouse.opinions import read_opinions
from operators.core.groups.consensus import group_consensus
from operators.core.groups.representatives import representativeness
from operators.core.groups.run import find_groups


def test_ballots_are_read_as_they_are_current(clickhouse):
    insert_ballots(
        clickhouse,
        "g-read",
        [("b", 7, "agree"), ("a", 7, "neutral"), ("a", 1 << 127, "disagree"), ("c", 5, "agree")],
    )
    insert_ballots(clickhouse, "g-read", [("b", 7, "disagree")], first_offset=9)  # a later vote
    insert_ballots(clickhouse, "g-read", [("c", 5, "withdrawn")], first_offset=10)
    insert_ballots(clickhouse, "g-read", [("d", 7, "agree")], trust="troll", first_offset=11)
    opinions = read_opinions(clickhouse, "g-read").opinions
    assert opinions.proposals == ("a", "b")
    assert opinions.ballots.tolist() == [1, 2] or opinions.ballots.tolist() == [2, 1]
    found = Counter(zip(opinions.columns.tolist(), opinions.votes.tolist(), strict=True))
    assert found == Counter([(0, 0), (0, -1), (1, -1)])


def test_the_views_say_what_the_pure_functions_say(clickhouse, analyst, worker):
    conversation = read_conversation(FIXTURES / "polis")
    send(clickhouse, "g-views", conversation)
    worker()
    opinions = read_opinions(clickhouse, "g-views").opinions
    expected = find_groups(opinions)

    shown = rows(analyst, "opinion_groups", "g-views", "group")
    assert [(row["group"], row["size"]) for row in shown] == list(
        zip(expected.ids, expected.sizes.tolist(), strict=True)
    )
    assert shown[0]["dimensions"] > 0
    assert shown[0]["silhouette"] == expected.silhouette
    assert shown[0]["gap"] == expected.gap
    assert shown[0]["first_share"] == expected.shares[0] > shown[0]["noise_share"]
    assert shown[0]["share_error"] == 0
    assert shown[0]["ballots"] == len(conversation.ballots)

    by_cell = {
        (row["proposal_id"], row["group"]): row
        for row in rows(analyst, "agreement_by_group", "g-views")
    }
    assert len(by_cell) == expected.k * len(opinions.proposals)
    for column, proposal in enumerate(opinions.proposals):
        for group in range(expected.k):
            row = by_cell[proposal, expected.ids[group]]
            assert row["agree"] == expected.votes.agree[group, column]
            assert row["disagree"] == expected.votes.disagree[group, column]
            assert row["votes"] == expected.votes.seen[group, column]
            assert isclose(row["pa"], (row["agree"] + 1) / (row["votes"] + 2))


def cells(client, consultation):
    """Proposal → (agree, disagree, seen) of each group, in the order of the groups."""
    found = {}
    for row in rows(client, "agreement_by_group", consultation, "proposal_id, group"):
        found.setdefault(row["proposal_id"], []).append(
            (row["agree"], row["disagree"], row["votes"])
        )
    return found


def invented_run(clickhouse, consultation, run=1, dimensions=1):
    """Groups whose counts are random, empty and extreme."""
    chance = random.Random(4)
    columns = {name: [] for name in ("proposals", "groups", "agree", "disagree", "neutral")}
    sizes = (0, 1, 4, 5, 6, 40, 3_000, 4_000_000_000)
    for proposal in range(200):
        for group in range(3):
            seen = chance.choice(sizes)
            agree = chance.choice((0, seen, chance.randint(0, seen)))
            disagree = chance.choice((0, seen - agree, chance.randint(0, seen - agree)))
            values = (f"p-{proposal}", group, agree, disagree, seen - agree - disagree)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    names = [f"cell_{name}" for name in columns]
    clickhouse.insert(
        "group_runs",
        [[consultation, run, "grouped", 3, dimensions, [0, 1, 2], [3, 2, 1], *columns.values()]],
        column_names=[
            "consultation_id", "run", "status", "k", "dimensions",
            "group_ids", "sizes", *names,
        ],
        database="tutti",
    )  # fmt: skip


def test_sql_and_python_give_the_same_consensus(clickhouse, analyst):
    invented_run(clickhouse, "g-sql")
    counts = cells(analyst, "g-sql")
    shown = {row["proposal_id"]: row for row in rows(analyst, "group_consensus", "g-sql")}
    assert len(shown) == len(counts) == 200
    unknown = 0
    for proposal, groups in counts.items():
        row, expected = shown[proposal], group_consensus(groups)
        if expected is None:
            unknown += 1
            assert all(row[name] is None for name in row if name.startswith(("gic", "bridging")))
            assert row["group_spread"] is None
            continue
        for name in ("gic", "gic_geomean", "bridging"):
            bounded = getattr(expected, name)
            assert isclose(row[name], bounded.value, abs_tol=1e-9)
            assert isclose(row[f"{name}_low"], bounded.low, abs_tol=1e-9)
            assert isclose(row[f"{name}_high"], bounded.high, abs_tol=1e-9)
        assert isclose(row["group_spread"], expected.group_spread, abs_tol=1e-9)
        assert row["groups"] == 3
    assert 20 < unknown < 180


def test_the_leaderboard_has_the_spread_of_supported_groups(clickhouse, analyst):
    invented_run(clickhouse, "g-board")
    insert_proposals(clickhouse, "g-board", [f"p-{n}" for n in range(200)])

    def board(view="leaderboard"):
        return {row["proposal_id"]: row["group_spread"] for row in rows(analyst, view, "g-board")}

    expected = {
        row["proposal_id"]: row["group_spread"]
        for row in rows(analyst, "group_consensus", "g-board")
    }
    assert board() == expected
    assert board("leaderboard_at(at = '2026-01-01 00:00:00')") == expected
    invented_run(clickhouse, "g-board", run=2, dimensions=0)
    assert set(board().values()) == {None}


def test_sql_and_python_choose_the_same_representatives(clickhouse, analyst):
    invented_run(clickhouse, "g-rep")
    counts = cells(analyst, "g-rep")
    for group in range(3):
        scored = {}
        for proposal, groups in counts.items():
            others = tuple(
                sum(cell[n] for g, cell in enumerate(groups) if g != group) for n in range(3)
            )
            if groups[group][2]:
                scored[proposal] = representativeness(groups[group], others)
        significant = {p: found for p, found in scored.items() if found.significant}
        best = sorted(significant, key=lambda p: (-significant[p].score, p))[:5]
        shown = [
            row
            for row in rows(analyst, "group_representatives", "g-rep", "group, rank")
            if row["group"] == group
        ]
        assert [row["proposal_id"] for row in shown] == best
        for row in shown:
            expected = scored[row["proposal_id"]]
            assert row["side"] == expected.side
            for name in ("p", "p_test", "repness", "repness_test", "score"):
                assert isclose(row[name], getattr(expected, name), rel_tol=1e-9), name


def test_without_a_significant_one_the_best_represents_a_group(clickhouse, analyst):
    clickhouse.insert(
        "group_runs",
        [["g-weak", 1, "grouped", 2, 0.5, [0, 1], [3, 3],
          ["a", "b"] * 2, [0, 0, 1, 1], [2, 3, 2, 2], [2, 1, 2, 2], [0] * 4]],
        column_names=[
            "consultation_id", "run", "status", "k", "silhouette", "group_ids", "sizes",
            "cell_proposals", "cell_groups", "cell_agree", "cell_disagree", "cell_neutral",
        ],
        database="tutti",
    )  # fmt: skip
    shown = rows(analyst, "group_representatives", "g-weak", "group, rank")
    assert [(row["group"], row["proposal_id"], row["side"]) for row in shown] == [
        (0, "b", "agree"),
        (1, "b", "disagree"),
    ]
    assert not any(row["significant"] for row in shown)
    assert {row["verdict"] for row in rows(analyst, "opinion_groups", "g-weak")} == {
        "not tested yet"
    }


def test_noise_is_no_distinct_groups(clickhouse, analyst, worker):
    send(clickhouse, "g-noise", simulated(1, people=60, proposals=20, camps=1))
    worker()
    shown = rows(analyst, "opinion_groups", "g-noise")
    assert {(row["groups_significant"], row["verdict"]) for row in shown} == {
        (0, "no disagreement beyond chance")
    }


@pytest.mark.parametrize(("status", "meta"), [("refused", False), ("accepted", True)])
def test_what_is_refused_or_meta_stands_for_no_group_and_in_no_consensus(
    clickhouse, analyst, status, meta
):
    name = f"g-left-out-{status}"
    invented_run(clickhouse, name)
    first = rows(analyst, "group_representatives", name, "group, rank")[0]["proposal_id"]
    before = {row["proposal_id"] for row in rows(analyst, "group_consensus", name)}
    insert_proposals(clickhouse, name, [first], status=status, meta=meta)
    shown = rows(analyst, "group_representatives", name, "group, rank")
    assert first not in {row["proposal_id"] for row in shown}
    assert len(shown) == 15
    assert {row["proposal_id"] for row in rows(analyst, "group_consensus", name)} == before - {
        first
    }
    # What the groups voted is still told, whatever the proposal is.
    assert first in {row["proposal_id"] for row in rows(analyst, "agreement_by_group", name)}
    board = rows(analyst, "leaderboard", name)
    assert [(row["proposal_id"], row["group_spread"]) for row in board] == (
        [(first, None)] if meta else []
    )


def test_groups_follow_opinions_and_not_what_is_said_of_the_consultation(
    clickhouse, analyst, worker
):
    """Odd and even people differ on the subject, the first and the last of them on the tool."""
    dice = random.Random(4)

    def ballots(name, count, camp):
        return [
            (f"{name}{p}", number(n), CHOICES[(1 - 2 * camp(n)) * dice.choice([1, 1, 1, 1, -1])])
            for p in range(count)
            for n in range(60)
        ]

    def likeness(camp):
        """Share of the people who are grouped as a camp says."""
        members = read_former(clickhouse)[Scope("g-meta")].members
        people = [int.from_bytes(m.ljust(16, b"\0"), "little") - BASE for m in members.people]
        pairs = Counter(zip(map(camp, people), members.ids.tolist(), strict=True))
        return sum(max(pairs[c, g] for c in (0, 1)) for g in set(members.ids.tolist())) / 60

    subject, tool = [f"s{p}" for p in range(8)], [f"t{p}" for p in range(30)]
    by_subject, by_tool = (lambda n: n % 2), (lambda n: n // 30)
    insert_proposals(clickhouse, "g-meta", subject + tool)
    insert_ballots(clickhouse, "g-meta", ballots("s", 8, by_subject) + ballots("t", 30, by_tool))
    worker()
    assert likeness(by_tool) > 0.9
    clickhouse.command("ALTER TABLE tutti.proposals DELETE WHERE consultation_id = 'g-meta'")
    insert_proposals(clickhouse, "g-meta", tool, meta=True)
    worker()  # no vote has come since: the flag alone is reason enough
    assert likeness(by_subject) > 0.9 > likeness(by_tool)
    shown = rows(analyst, "group_representatives", "g-meta")
    assert {row["proposal_id"] for row in shown} <= set(subject)
    assert {row["proposal_id"] for row in rows(analyst, "group_consensus", "g-meta")} == set(
        subject
    )

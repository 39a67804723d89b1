"""Held lower bounds in ClickHouse: the pure function folded over the history, whatever happens."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON, insert_consultation, insert_history, insert_proposals, moment
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from operators.core.scores.agreement import agreement
from operators.core.scores.stable_rank import MOVED, with_hysteresis
from pipelines.periodic.stable_ranks import stabilise_ranks

MINUTES = 30
SWITCH = NOON + 17
"""The tick at which another count is shown."""

Fold = dict[tuple[str, int], float]
"""(proposal, tick) → the value held from then on."""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Client]:
    with ready_clickhouse(tmp_path_factory.mktemp("held")) as settings:
        client = connect(settings)
        epochs = [[1, (NOON - 1) * 60_000], [2, SWITCH * 60_000 - 100]]
        client.insert("epochs", epochs, column_names=["epoch", "active_since"], database="tutti")
        insert_history(client, HISTORY)
        yield client


@pytest.fixture
def clickhouse(server) -> Client:
    """With all of the history, and nothing held yet."""
    for table in ("stable_rank_history", "periodic_ticks"):
        server.command(f"TRUNCATE TABLE tutti.{table}")
    return server


def history() -> list[dict[str, Any]]:
    """Two counts; cells grow, are emptied, and of one proposal nothing is left."""
    dice = random.Random(3)
    rows: list[dict[str, Any]] = []
    state: dict[Any, dict[str, Any]] = {}
    for version, minute in enumerate(sorted(dice.choices(range(MINUTES), k=400)), start=1):
        epoch = dice.choice((1, 1, 1, 2)) if NOON + minute < SWITCH else 2
        cell = (
            epoch,
            f"p{dice.randrange(8)}",
            dice.choice("ABC"),
            dice.choice(("trusted", "troll")),
        )
        before = state.get(cell, {"agree": 40, "disagree": 20, "neutral": 5})
        counts = {name: count + dice.randrange(2) for name, count in before.items()}
        gone = dice.random() < 0.03 or (cell[1] == "p7" and minute > 25)
        rows.append(
            {
                "consultation_id": "held",
                "epoch": epoch,
                "proposal_id": cell[1],
                "country": cell[2] * 2,
                "trust": cell[3],
                "minute": NOON + minute,
                "version": version,
                "is_deleted": int(gone),
            }
            | ({} if gone else counts)
        )
        state[cell] = counts
    return rows


HISTORY = history()


def folded() -> Fold:
    """Python's answer: at every tick, every proposal that has ever been there."""
    kept: dict[str, float] = {}
    fold: Fold = {}
    for tick in range(NOON, NOON + MINUTES + 1):
        shown = 2 if tick >= SWITCH else 1
        seen = [row for row in HISTORY if row["minute"] < tick]
        cells = {
            (row["proposal_id"], row["country"], row["trust"]): row
            for row in seen
            if row["epoch"] == shown
        }
        for proposal in {row["proposal_id"] for row in seen if row["epoch"] == shown} | set(kept):
            trusted = [
                row
                for cell, row in cells.items()
                if cell[0] == proposal and cell[2] != "troll" and not row["is_deleted"]
            ]
            agree = sum(row["agree"] for row in trusted)
            votes = sum(row["agree"] + row["disagree"] + row["neutral"] for row in trusted)
            low, before = agreement(agree, votes).low, kept.get(proposal)
            assert (
                before is None or abs(abs(low - before) - MOVED) > 1e-9
            )  # rounding decides nothing
            kept[proposal] = with_hysteresis(before, low)
            if kept[proposal] != before:
                fold[proposal, tick] = kept[proposal]
    return fold


def written(clickhouse: Client) -> Fold:
    rows = clickhouse.query(
        "SELECT DISTINCT proposal_id, minute, agree_low FROM tutti.stable_rank_history ORDER BY ALL"
    ).result_rows
    assert len({row[:2] for row in rows}) == len(rows)
    return {row[:2]: row[2] for row in rows}


def test_what_is_written_each_minute_equals_the_fold_of_the_history(clickhouse):
    expected = folded()
    assert len(expected) > 60
    assert len({tick for _, tick in expected}) > 15
    for tick in range(NOON, NOON + MINUTES + 1):
        stabilise_ranks(clickhouse, tick * 60_000)
    assert written(clickhouse) == pytest.approx(expected, abs=1e-12)


def test_after_any_downtime_and_death_the_values_are_the_same(clickhouse, monkeypatch):
    class DeadError(Exception):
        """What kill -9 leaves: nothing is done any more."""

    dice = random.Random(8)
    insert, command = clickhouse.insert, clickhouse.command

    def dies(run):
        def maybe(*arguments, **options):
            if dice.random() < 0.04:
                raise DeadError
            answer = run(*arguments, **options)
            if dice.random() < 0.04:
                raise DeadError
            return answer

        return maybe

    monkeypatch.setattr(clickhouse, "insert", dies(insert))
    monkeypatch.setattr(clickhouse, "command", dies(command))
    deaths = 0
    for tick in (NOON + 4, NOON + 5, NOON + 22, NOON + MINUTES):
        done = False
        while not done:
            try:
                stabilise_ranks(clickhouse, tick * 60_000)
                done = True
            except DeadError:
                deaths += 1
    assert deaths > 1
    assert written(clickhouse) == pytest.approx(folded(), abs=1e-12)


def test_a_board_shows_what_is_held_and_one_of_then_what_was_held_then(clickhouse):
    insert_consultation(clickhouse, "calm", rank_min_votes=10)
    insert_proposals(clickhouse, "calm", ["a", "b", "few", "new"])
    minutes = (
        {"a": (6000, 4000), "b": (6010, 3990), "few": (5, 0)},
        {"a": (6015, 3985), "b": (6010, 3990), "few": (5, 0)},  # a is better, but hardly
        {"a": (7000, 3000), "b": (6010, 3990), "few": (5, 0), "new": (90, 10)},
    )
    for number, board in enumerate(minutes):
        insert_history(
            clickhouse,
            [
                {
                    "consultation_id": "calm",
                    "proposal_id": proposal,
                    "agree": agree,
                    "disagree": disagree,
                    "minute": NOON + 20 + number,
                    "version": number + 1,
                    "epoch": 2,
                }
                for proposal, (agree, disagree) in board.items()
            ],
        )

    def ranks(tick: int) -> dict[str, tuple[int | None, int | None]]:
        rows = clickhouse.query(
            "SELECT proposal_id, rank, stable_rank"
            f" FROM marts.leaderboard_at(at = '{moment(tick)}') WHERE consultation_id = 'calm'"
        ).result_rows
        return {row[0]: row[1:] for row in rows}

    nothing_kept = {"b": (1, 1), "a": (2, 2), "few": (None, None), "new": (None, None)}
    assert ranks(NOON + 21) == nothing_kept
    for tick in (NOON + 21, NOON + 22, NOON + 23):
        stabilise_ranks(clickhouse, tick * 60_000)
    assert ranks(NOON + 21) == nothing_kept
    assert ranks(NOON + 22) == nothing_kept | {"a": (1, 2), "b": (2, 1)}
    assert ranks(NOON + 23) == {"new": (1, 1), "a": (2, 2), "b": (3, 3), "few": (None, None)}

"""Boards as of a past moment, on a ClickHouse whose minutes the tests write themselves."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import (
    NOON,
    insert_consultation,
    insert_history,
    insert_proposals,
    insert_tallies,
    moment,
    show_epoch,
)
from ready_clickhouse import ready_clickhouse

from infra.clickhouse import migrations, views
from infra.clickhouse.client import connect, scalar
from infra.clickhouse.migrations import migrate
from infra.clickhouse.views import view_names
from operators.core.clock import system_clock
from operators.core.votes.tally import COUNTERS
from pipelines.periodic.history_snapshots import take_snapshot
from schemas.reserved import PROBE_CONSULTATION


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory) -> Iterator[Client]:
    with ready_clickhouse(tmp_path_factory.mktemp("history")) as settings:
        client = connect(settings)
        show_epoch(client)
        yield client


def counts_at(clickhouse: Client, minute: float, consultation: str) -> dict[Any, tuple[int, ...]]:
    rows = clickhouse.query(
        f"SELECT proposal_id, country, trust, {', '.join(COUNTERS)}"
        f" FROM tutti.cells_at(at = '{moment(minute)}') WHERE consultation_id = '{consultation}'"
    ).result_rows
    return {row[:3]: row[3:] for row in rows}


def agree_at(clickhouse: Client, minute: float, consultation: str) -> dict[str, int]:
    found = counts_at(clickhouse, minute, consultation)
    return {proposal: counts[0] for (proposal, _, _), counts in found.items()}


def test_the_board_of_now_and_of_the_end_of_this_minute_are_one(clickhouse):
    """Every insert writes history by itself; both boards come from one text."""
    dice = random.Random(4)
    names = [f"p{n}" for n in range(20)]
    insert_consultation(clickhouse, "now", {"FR": 1.0, "DE": 2.0}, rank_min_votes=10)
    insert_proposals(clickhouse, "now", names)
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "now", "proposal_id": name, "country": country, "trust": trust}
            | {counter: dice.randrange(100) for counter in COUNTERS}
            for name in names[:-1]
            for country in ("FR", "DE", "LU", "ZZ")
            for trust in ("trusted", "segment", "troll")
        ],
    )
    at = moment(system_clock() / 60_000 + 2)
    for view in (name for name in view_names() if f"{name}_at" in view_names()):
        where = "" if view.startswith("tutti.active") else "WHERE consultation_id = 'now'"
        now = clickhouse.query(f"SELECT * FROM {view} {where} ORDER BY ALL")
        then = clickhouse.query(
            f"SELECT * EXCEPT shown_at FROM {view}_at(at = '{at}') {where} ORDER BY ALL"
            if view.startswith(("marts.", "open."))
            else f"SELECT * FROM {view}_at(at = '{at}') {where} ORDER BY ALL"
        )
        assert now.column_names == then.column_names
        assert now.result_rows == then.result_rows, view
        # What is published has a test of its own: test_open_history.
        unpublished = view == "tutti.releases" or view.startswith("open.")
        assert now.result_rows or unpublished or view in {"tutti.stable_ranks", "tutti.active_cut"}


def test_the_probe_has_no_history(clickhouse):
    insert_tallies(clickhouse, [{"consultation_id": PROBE_CONSULTATION, "proposal_id": "f"}])
    probe = f"consultation_id = '{PROBE_CONSULTATION}'"
    assert scalar(clickhouse, f"SELECT count() FROM tutti.tallies WHERE {probe}") == 1
    assert scalar(clickhouse, f"SELECT count() FROM tutti.tallies_history WHERE {probe}") == 0


def test_a_moment_shows_the_end_of_its_last_whole_minute(clickhouse):
    cell = {"consultation_id": "whole", "proposal_id": "p"}
    insert_history(
        clickhouse,
        [
            cell | {"minute": NOON, "version": 1, "agree": 1},
            cell | {"minute": NOON + 1, "version": 2, "agree": 2},
        ],
    )
    assert agree_at(clickhouse, NOON, "whole") == {}
    assert agree_at(clickhouse, NOON + 0.999, "whole") == {}
    assert agree_at(clickhouse, NOON + 1, "whole") == {"p": 1}
    assert agree_at(clickhouse, NOON + 1.999, "whole") == {"p": 1}
    assert agree_at(clickhouse, NOON + 2, "whole") == {"p": 2}
    shown = clickhouse.query(
        f"SELECT DISTINCT shown_at FROM marts.agreement_by_country_at(at = '{moment(NOON + 1.5)}')"
    ).result_rows
    assert shown == [(datetime(2026, 6, 20, 12, 1),)]  # noqa: DTZ001 - UTC without saying so


def test_a_batch_that_is_repeated_later_does_not_step_back(clickhouse):
    cell = {"consultation_id": "again", "proposal_id": "p"}
    rows = [
        cell | {"minute": NOON, "version": 1, "agree": 1},
        cell | {"minute": NOON + 1, "version": 2, "agree": 2},
        cell | {"minute": NOON + 2, "version": 1, "agree": 1},
    ]
    insert_history(clickhouse, rows)
    insert_history(clickhouse, rows)
    assert [agree_at(clickhouse, NOON + n, "again").get("p") for n in range(5)] == [
        None, 1, 2, 2, 2,
    ]  # fmt: skip


def test_a_cell_that_was_emptied_is_gone_from_then_on_and_may_come_back(clickhouse):
    cell = {"consultation_id": "empty", "proposal_id": "p"}
    insert_history(
        clickhouse,
        [
            cell | {"minute": NOON, "version": 1, "agree": 1},
            cell | {"minute": NOON + 1, "version": 2, "is_deleted": 1},
            cell | {"minute": NOON + 2, "version": 3, "agree": 5},
        ],
    )
    found = [agree_at(clickhouse, NOON + n, "empty") for n in (1, 2, 3)]
    assert found == [{"p": 1}, {}, {"p": 5}]


def test_every_minute_equals_a_naive_fold_of_what_was_written(clickhouse):
    """Repeats, disorder within a minute, emptied cells, merged and unmerged parts."""
    dice = random.Random(9)
    rows: list[dict[str, Any]] = []
    version = 0
    for minute in range(NOON, NOON + 12):
        written = []
        for _ in range(dice.randrange(60)):
            version += 1
            written.append(
                {
                    "consultation_id": "fold",
                    "proposal_id": f"p{dice.randrange(4)}",
                    "country": dice.choice(("FR", "DE", "ZZ")),
                    "trust": dice.choice(("trusted", "troll")),
                    "minute": minute,
                    "version": version,
                    "is_deleted": int(dice.random() < 0.2),
                }
                | {counter: dice.randrange(1000) for counter in COUNTERS}
            )
        repeats = dice.sample(rows, min(len(rows), 20))
        written += [row | {"minute": minute} for row in repeats]
        dice.shuffle(written)
        insert_history(clickhouse, written)
        rows += written
    for tick in range(NOON, NOON + 13):
        newest: dict[Any, dict[str, Any]] = {}
        for row in rows:
            cell = (row["proposal_id"], row["country"], row["trust"])
            if row["minute"] < tick and row["version"] >= newest.get(cell, row)["version"]:
                newest[cell] = row
        expected = {
            cell: tuple(row[counter] for counter in COUNTERS)
            for cell, row in newest.items()
            if not row["is_deleted"]
        }
        assert counts_at(clickhouse, tick, "fold") == expected
    clickhouse.command("OPTIMIZE TABLE tutti.tallies_history FINAL")
    assert counts_at(clickhouse, tick, "fold") == expected


@pytest.fixture
def own(tmp_path) -> Iterator[Client]:
    """A server whose epochs and tables a test may turn over."""
    with ready_clickhouse(tmp_path) as settings:
        yield connect(settings)


def test_a_moment_shows_the_count_that_was_shown_then(own):
    """Also after the rows of the former count were deleted."""
    old = {"consultation_id": "epochs", "proposal_id": "p", "epoch": 1}
    insert_history(
        own,
        [
            old | {"minute": NOON, "version": 900, "agree": 9},
            old | {"epoch": 2, "minute": NOON + 1, "version": 3, "agree": 4},
            old | {"epoch": 2, "minute": NOON + 3, "version": 4, "agree": 10},
        ],
    )
    for epoch, minute in ((1, NOON), (2, NOON + 3.5)):
        own.insert(
            "epochs", [[epoch, int(minute * 60_000)]], column_names=["epoch", "active_since"],
            database="tutti",
        )  # fmt: skip
    for epoch, minute, number, as_of in (
        (1, NOON, 70, 1),
        (2, NOON + 2, 5, 2),
        (2, NOON + 3, 8, 3),
    ):
        own.command(
            "INSERT INTO tutti.cuts_history (epoch, minute, number, as_of) VALUES"
            f" ({epoch}, {minute}, {number}, {as_of})"
        )
    boards = []
    for tick in range(NOON, NOON + 5):
        rows = own.query(
            "SELECT votes, toUnixTimestamp64Milli(as_of) FROM"
            f" marts.agreement_by_country_at(at = '{moment(tick)}')"
        ).result_rows
        boards += rows or [None]
    assert boards == [None, (9, 1000), (9, 1000), (9, 1000), (10, 3000)]


def test_an_installation_of_before_begins_its_history_with_what_is_current(own, monkeypatch):
    for (name,) in own.query(
        "SELECT name FROM system.tables WHERE database = 'tutti' AND name NOT LIKE '.%'"
    ).result_rows:
        own.command(f"DROP TABLE tutti.{name} SYNC")
    with monkeypatch.context() as earlier:
        earlier.setattr(views, "view_names", tuple)
        migrate(own, migrations.migrations()[:1])
    show_epoch(own)
    insert_tallies(own, [{"consultation_id": "old", "proposal_id": "p", "agree": 7}], version=3)
    own.command("INSERT INTO tutti.cuts (epoch, number, as_of) VALUES (1, 5, 60)")
    migrate(own)
    own.command(
        "DELETE FROM tutti.migrations WHERE number >= 2"
    )  # a start that died before its note
    migrate(own)
    later = system_clock() / 60_000 + 2
    assert agree_at(own, later, "old") == {"p": 7}
    cut = "SELECT number FROM tutti.cuts_history WHERE epoch = 1"
    assert {row[0] for row in own.query(cut).result_rows} == {5}
    as_of = scalar(own, f"SELECT as_of FROM tutti.active_cut_at(at = '{moment(later)}')")
    assert as_of == datetime(1970, 1, 1) + timedelta(minutes=1)  # noqa: DTZ001


def test_a_base_changes_no_answer_and_needs_nothing_before_it(own):
    """Emptied cells are carried too: an old row that is repeated later must not revive them."""
    show_epoch(own)
    dice = random.Random(2)
    base = (NOON + 90) // 60 * 60 - 60
    rows = [
        {
            "consultation_id": "base",
            "proposal_id": f"p{dice.randrange(6)}",
            "minute": base - 40 + version // 3,
            "version": version,
            "agree": version,
            "is_deleted": int(dice.random() < 0.3),
        }
        for version in range(1, 240)
    ]
    insert_history(own, rows)
    insert_history(own, [row | {"minute": base + 5} for row in rows[:60]])
    ticks = range(base - 40, base + 60, 3)
    before = [agree_at(own, tick, "base") for tick in ticks]
    take_snapshot(own, (base + 61) * 60_000, min_rows=1)
    take_snapshot(own, (base + 60) * 60_000)
    assert (
        scalar(own, "SELECT count() FROM tutti.history_snapshots") == 0
    )  # not the time, or too few
    take_snapshot(own, (base + 60) * 60_000, min_rows=1)
    assert scalar(own, "SELECT max(minute) FROM tutti.history_snapshots") == base
    assert [agree_at(own, tick, "base") for tick in ticks] == before
    own.command(f"DELETE FROM tutti.tallies_history WHERE minute < {base}")
    after = [agree_at(own, tick, "base") for tick in ticks if tick > base]
    assert after == before[-len(after) :]
    assert len({str(board) for board in after}) > 10

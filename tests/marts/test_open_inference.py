"""Does `open` say anything beside the counts that `test_open_attacks` attacks?

Everything else in it, its past included, must follow from those counts and from texts: whoever has
them learns nothing more, so that an attack on them is one on all of `open`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import attacker
import pytest
from clickhouse_server import insert_proposals, insert_votes, moment
from crowd import START_MS, Crowd, observe, trickle

from infra.clickhouse import open_boards
from operators.core.clusters.cluster_agreement import cluster_agreement
from pipelines.periodic import publish as subject

DAY_MS = 86_400_000
FIRST_MS = START_MS + 30 * DAY_MS
"""Ticks are those of all consultations: these are no other test's."""
TICKS = 9
PROPOSALS = ("p1", "p2", "p3")
NAME = "inferred"


def quiet(crowd: Crowd, n: int, tick_ms: int) -> list[dict[str, Any]]:
    """Minutes of the night, in which one or two people vote, and peaks."""
    if n in {3, 5, 6}:
        return [
            crowd.vote(tick_ms, "p1", 10_000 + 10 * n + k, choice="agree", country="MT")
            for k in range(1 + n % 2)
        ]
    return [] if n == 7 else trickle(crowd, 4 if n % 4 == 0 else n, tick_ms)


@dataclass
class Notes:
    """What the views say that the attacker does not read, at each tick."""

    seen: attacker.Observed = field(default_factory=attacker.Observed)
    consultations: list[Any] = field(default_factory=list)
    clusters: list[Any] = field(default_factory=list)
    boards: list[Any] = field(default_factory=list)

    def changed(self) -> list[int]:
        """The ticks at which a number changed."""
        before: dict[Any, Any] = {}
        found = []
        for n, numbers in enumerate(self.seen.numbers):
            if numbers != before:
                found.append(n)
            before = numbers
        return found


def tick(n: int, first_ms: int = FIRST_MS) -> datetime:
    return datetime.fromtimestamp((first_ms + n * 60_000) / 1000, UTC)


def cluster(clickhouse: Any, name: str, proposals: tuple[str, ...], medoid: str = "p1") -> None:
    """One cluster of these proposals."""
    own = ["epoch", "consultation_id", "at_ms", "version"]
    for table, columns, rows in (
        (
            "assignments",
            ["proposal_id", "cluster_id", "cluster_id_at_arrival", "similarity", "model"],
            [[proposal, "c1", "c1", 0.5, "toy/1"] for proposal in proposals],
        ),
        (
            "clusters",
            ["cluster_id", "label", "terms", "size", "medoid"],
            [["c1", f"text of {medoid}", ["one"], len(proposals), medoid]],
        ),
        ("cluster_progress", ["offset", "model", "proposals"], [[10, "toy/1", len(proposals)]]),
    ):
        values = [[1, name, 0, 1, *row] for row in rows]
        clickhouse.insert(table, values, column_names=[*own, *columns], database="tutti")


@pytest.fixture(scope="module")
def notes(clickhouse, analyst) -> Iterator[Notes]:
    cluster(clickhouse, NAME, PROPOSALS)
    found = Notes()

    def look() -> None:
        [of_it] = [
            each for each in open_boards.consultations(analyst) if each.consultation_id == NAME
        ]
        found.consultations.append(of_it)
        found.clusters.append(open_boards.clusters(analyst, NAME))
        found.boards.append(open_boards.proposals(analyst, NAME))

    found.seen = observe(
        clickhouse, analyst, NAME, script=quiet, ticks=TICKS, proposals=PROPOSALS,
        first_ms=FIRST_MS, look=look,
    )  # fmt: skip
    return found


def ballots(numbers: dict[attacker.Block, tuple[int, int, int]], proposal: str) -> int:
    return sum(numbers.get(("total", proposal), (0, 0, 0)))


def test_there_are_minutes_in_which_nothing_becomes_public(notes):
    assert {3, 5, 6, 7} - set(notes.changed())
    assert attacker.attack(notes.seen) == []


def test_moments_of_publication_are_those_at_which_a_number_changed(notes, analyst):
    """Otherwise a moment would say that somebody voted, also when it was one person."""
    ticks = [each for each in open_boards.ticks(analyst) if each >= tick(0)]
    assert ticks == [tick(n) for n in notes.changed()]


def test_what_a_consultation_says_follows_from_its_counts(notes):
    named: set[str] = set()
    changed = notes.changed()
    for n, (row, numbers) in enumerate(zip(notes.consultations, notes.seen.numbers, strict=True)):
        named |= {b[2] for b in numbers if b[0] == "country" and b[2] not in {"XX", "ZZ"}}
        assert row.ballots == sum(ballots(numbers, proposal) for proposal in PROPOSALS)
        assert row.countries_named == len(named)
        assert row.as_of == tick(max(m for m in changed if m <= n))
        assert row.proposals == len(PROPOSALS)


def test_what_a_cluster_says_follows_from_the_counts_of_its_proposals(notes):
    compared = 0
    for [row], numbers in zip(notes.clusters, notes.seen.numbers, strict=True):
        counts = [numbers.get(("total", proposal), (0, 0, 0)) for proposal in PROPOSALS]
        assert row.votes == sum(map(sum, counts))
        expected = cluster_agreement([(each[0], sum(each)) for each in counts])
        assert row.proposals_counted == expected.proposals
        if expected.mean is not None:
            compared += 1
            assert row.agreement == pytest.approx(expected.mean, abs=1e-9)
        assert row.size == len(PROPOSALS)
    assert compared


def test_when_a_proposal_was_new_is_when_its_count_was(notes):
    for board, n in ((notes.boards[-1], TICKS - 1), (notes.boards[0], 0)):
        for row in board:
            first = [m for m in range(n + 1) if ballots(notes.seen.numbers[m], row.proposal_id)]
            assert row.published_at == (tick(first[0]) if first else None)


@pytest.mark.parametrize("n", range(TICKS))
def test_a_past_board_read_later_says_what_everybody_could_read_then(notes, analyst, n):
    at = moment(tick(n).timestamp() / 60)
    then = attacker.read_open(analyst, NAME, at)
    assert then == {
        block: counts for block, counts in notes.seen.numbers[n].items() if block[0] != "window"
    }
    assert open_boards.proposals(analyst, NAME, tick(n)) == notes.boards[n]


def test_what_each_publication_added_is_the_difference_of_two_boards(notes, analyst):
    for proposal in PROPOSALS:
        added = analyst.query(
            "SELECT tick, agree, disagree, neutral FROM open.agreement_history"
            f" WHERE consultation_id = '{NAME}' AND proposal_id = '{proposal}'"
        ).result_rows
        before = (0, 0, 0)
        expected = {}
        for n, numbers in enumerate(notes.seen.numbers):
            now = numbers.get(("total", proposal), (0, 0, 0))
            if now != before:
                expected[tick(n)] = tuple(b - a for a, b in zip(before, now, strict=True))
            before = now
        assert {row[0].replace(tzinfo=UTC): row[1:] for row in added} == expected


def test_members_of_clusters_do_not_change_with_votes(notes, analyst):
    assert set(open_boards.cluster_members(analyst, NAME)) == set(PROPOSALS)


def test_the_text_of_a_proposal_that_moderation_took_away_labels_no_cluster(clickhouse, analyst):
    name = "relabelled"
    insert_proposals(clickhouse, name, ["p1", "p2"])
    cluster(clickhouse, name, ("p1", "p2"), medoid="p1")
    assert [row.label for row in open_boards.clusters(analyst, name)] == ["text of p1"]
    insert_proposals(clickhouse, name, ["p1"], status="refused")
    assert [row.label for row in open_boards.clusters(analyst, name)] == [""]
    assert open_boards.cluster_members(analyst, name) == {"p2": "c1"}


def test_without_its_protection_a_moment_says_that_one_person_voted(
    clickhouse, analyst, monkeypatch
):
    monkeypatch.setattr(subject, "_shown_tick", lambda tick_ms, _: tick_ms)
    night_ms = FIRST_MS + DAY_MS
    insert_proposals(clickhouse, "night", ["p1"])
    insert_votes(clickhouse, [{"consultation_id": "night", "proposal_id": "p1", "participant": 1}])
    subject.publish(clickhouse, night_ms)
    assert open_boards.ticks(analyst)[-1] == tick(0, night_ms)

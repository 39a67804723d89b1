"""What the search of near-identical ballots reads of the archive."""

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_votes

from infra.clickhouse.ballots import archived, read_ballots
from operators.core.votes.tally import COUNTED_CHOICES
from schemas.reserved import PROBE_CONSULTATION

LARGE = 2**100 + 7
"""A pseudonym that needs both halves."""


def vote(consultation: str, participant: int, **more: object) -> dict[str, object]:
    known = {"consultation_id": consultation, "proposal_id": "p", "participant": participant}
    return known | more


def test_a_consultation_is_told_with_its_newest_ballot(clickhouse: Client) -> None:
    insert_votes(
        clickhouse,
        [
            vote("archive", 1, origin_ms=1_780_000_001_000),
            vote("archive", 2, origin_ms=1_780_000_009_123),
            vote(PROBE_CONSULTATION, 1),
        ],
    )
    found = {row.consultation_id: row for row in archived(clickhouse)}
    assert (found["archive"].newest_ms, found["archive"].ballots) == (1_780_000_009_123, 2)
    assert PROBE_CONSULTATION not in found


def test_slices_hold_every_person_once_and_only_what_counts(clickhouse: Client) -> None:
    people = [1, 2, 3, LARGE]
    votes = [vote("slices", n, choice="disagree", cast_ms=1_780_000_005_999) for n in people]
    votes += [vote("slices", 5, trust="troll"), vote("slices", 6, choice="withdrawn")]
    insert_votes(clickhouse, votes)
    slices = [read_ballots(clickhouse, "slices", 3, number) for number in range(3)]
    rows = [row for part in slices for row in part.tolist()]
    assert sorted(high << 64 | low for low, high, *_ in rows) == people
    assert {row[3:] for row in rows} == {(COUNTED_CHOICES.index("disagree"), 1_780_000_005)}
    assert [len(part) for part in slices] == [sum(n % 3 == m for n in people) for m in range(3)]

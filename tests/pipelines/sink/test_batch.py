"""A batch comes to the last value per key, as lines that ClickHouse reads."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sink.batch import APPENDED, TOPICS, UPSERTED, Batch
from schemas.topics import (
    ACCEPTED_PROPOSALS,
    ACCEPTED_VOTES,
    ASSIGNMENTS,
    CLUSTER_PROGRESS,
    DEAD_LETTERS,
    PROGRESS,
    TALLIES,
    WINDOWS,
)


def cell_key(consultation: str = "w", proposal: str = "p1", epoch: int = 1) -> bytes:
    """A key as Flink writes it."""
    return (
        f'{{"epoch":{epoch},"consultation_id":"{consultation}","proposal_id":"{proposal}",'
        '"country":"FR","trust":"trusted"}'
    ).encode()


def cell(key: bytes, agree: int) -> bytes:
    return key[:-1] + b',"agree":%d}' % agree


def rows(batch: Batch) -> dict[str, list[dict]]:
    found = {}
    for insert in itertools.chain(*batch.inserts()):
        found[insert.table] = [json.loads(line) for line in insert.lines.split(b"\n")]
        assert insert.rows == len(found[insert.table])
    return found


def test_the_last_value_of_a_key_wins_with_its_offset_as_version() -> None:
    batch = Batch()
    for offset, agree in [(5, 1), (6, 2), (9, 3)]:
        batch.add(TALLIES.name, offset, cell_key(), cell(cell_key(), agree))
    batch.add(TALLIES.name, 7, cell_key(proposal="p2"), cell(cell_key(proposal="p2"), 7))
    shown = [
        (row["proposal_id"], row["agree"], row["version"]) for row in rows(batch)["tutti.tallies"]
    ]
    assert sorted(shown) == [("p1", 3, 9), ("p2", 7, 7)]


def test_a_row_has_every_field_of_its_record_and_its_version() -> None:
    batch = Batch()
    batch.add(TALLIES.name, 12, cell_key(), cell(cell_key(), 4))
    assert rows(batch)["tutti.tallies"] == [
        {
            "version": 12,
            "epoch": 1,
            "consultation_id": "w",
            "proposal_id": "p1",
            "country": "FR",
            "trust": "trusted",
            "agree": 4,
        }
    ]


def test_a_tombstone_is_the_key_marked_as_deleted() -> None:
    batch = Batch()
    batch.add(TALLIES.name, 5, cell_key(), cell(cell_key(), 1))
    batch.add(TALLIES.name, 8, cell_key(), None)
    assert rows(batch)["tutti.tallies"] == [
        {"version": 8, "is_deleted": 1} | json.loads(cell_key())
    ]


def test_a_cell_that_fills_again_after_a_tombstone_is_there_again() -> None:
    batch = Batch()
    batch.add(TALLIES.name, 8, cell_key(), None)
    batch.add(TALLIES.name, 9, cell_key(), cell(cell_key(), 1))
    [row] = rows(batch)["tutti.tallies"]
    assert (row["version"], row.get("is_deleted", 0)) == (9, 0)


def test_the_same_key_in_two_topics_stays_two_rows() -> None:
    batch = Batch()
    batch.add(TALLIES.name, 1, cell_key(), cell(cell_key(), 1))
    batch.add(WINDOWS.name, 2, cell_key(), cell(cell_key(), 2))
    found = rows(batch)
    assert found["tutti.tallies"][0]["agree"] == 1
    assert found["tutti.windows"][0]["agree"] == 2


def test_records_of_an_appended_topic_are_all_rows_as_they_are() -> None:
    batch = Batch()
    for offset in (1, 2, 2):
        batch.add(ACCEPTED_VOTES.name, offset, b"same", b'{"origin_offset":%d}' % offset)
    batch.add(ACCEPTED_PROPOSALS.name, 3, b"c/p", b'{"text":"a\\nb"}')
    found = rows(batch)
    assert [row["origin_offset"] for row in found["tutti.accepted_votes"]] == [1, 2, 2]
    assert found["tutti.proposals"] == [{"text": "a\nb"}]


def test_a_tombstone_in_an_appended_topic_is_no_row() -> None:
    batch = Batch()
    batch.add(ACCEPTED_VOTES.name, 1, b"key", None)
    assert batch.inserts() == ([], [])


def test_what_promises_the_others_is_inserted_last() -> None:
    batch = Batch()
    batch.add(PROGRESS.name, 1, b'{"epoch":1,"partition":0}', b'{"epoch":1,"partition":0}')
    batch.add(WINDOWS.name, 1, cell_key(), cell(cell_key(), 1))
    batch.add(TALLIES.name, 1, cell_key(), cell(cell_key(), 1))
    batch.add(DEAD_LETTERS.name, 1, b"k", b"{}")
    batch.add(ACCEPTED_VOTES.name, 1, b"k", b"{}")
    batch.add(CLUSTER_PROGRESS.name, 1, b"k", b"{}")
    batch.add(ASSIGNMENTS.name, 1, b"k", b"{}")
    facts, promises = batch.inserts()
    assert {insert.table for insert in facts} == {
        "tutti.dead_letters",
        "tutti.accepted_votes",
        "tutti.tallies",
        "tutti.windows",
        "tutti.assignments",
    }
    assert {insert.table for insert in promises} == {"tutti.cluster_progress", "tutti.progress"}


def test_a_batch_of_nothing_inserts_nothing() -> None:
    assert Batch().inserts() == ([], [])
    assert Batch().consultations() == set()
    assert Batch().progress() == []


def test_consultations_are_read_off_the_keys_as_flink_writes_them() -> None:
    batch = Batch()
    for consultation in ("w", "w", "a.b_c-9", "x" * 64):
        for epoch in (1, 27):
            batch.add(TALLIES.name, 1, cell_key(consultation, epoch=epoch), None)
    batch.add(WINDOWS.name, 1, cell_key("only-in-windows"), None)
    assert batch.consultations() == {"w", "a.b_c-9", "x" * 64}


def test_progress_is_the_newest_per_partition_and_no_tombstone() -> None:
    batch = Batch()
    batch.add(PROGRESS.name, 1, b"0", b'{"partition":0,"offset":4}')
    batch.add(PROGRESS.name, 2, b"0", b'{"partition":0,"offset":9}')
    batch.add(PROGRESS.name, 3, b"1", b'{"partition":1,"offset":2}')
    batch.add(PROGRESS.name, 4, b"2", None)
    assert sorted(batch.progress()) == [
        b'{"partition":0,"offset":9}',
        b'{"partition":1,"offset":2}',
    ]


def test_every_topic_that_the_sink_reads_has_a_table_and_only_one() -> None:
    assert set(APPENDED) | set(UPSERTED) == {topic.name for topic in TOPICS}
    assert not set(APPENDED) & set(UPSERTED)
    tables = [*APPENDED.values(), *UPSERTED.values()]
    assert len(set(tables)) == len(tables)


def test_a_topic_that_the_sink_does_not_read_is_an_error() -> None:
    with pytest.raises(KeyError):
        Batch().add("tutti.votes.v1", 1, b"k", b"{}")


records = st.lists(st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.none() | st.integers(0, 99)))


@given(records, st.integers(0, 30))
def test_cutting_a_stream_into_batches_elsewhere_gives_the_same_cells(arrived, cut) -> None:
    # A crash repeats records in other batches: the greatest version must decide the same.
    def final(*batches: list) -> dict:
        cells: dict = {}
        for numbered in batches:
            batch = Batch()
            for offset, (proposal, agree) in numbered:
                key = cell_key(proposal=proposal)
                batch.add(TALLIES.name, offset, key, None if agree is None else cell(key, agree))
            for row in rows(batch).get("tutti.tallies", []):
                known = cells.get(row["proposal_id"])
                if known is None or known["version"] <= row["version"]:
                    cells[row["proposal_id"]] = row
        return cells

    numbered = list(enumerate(arrived))
    whole = final(numbered)
    assert final(numbered[:cut], numbered[cut:]) == whole
    assert final(numbered[:cut], numbered) == whole
    assert final(numbered, numbered[:cut]) == whole


def test_the_archive_waits_only_while_nothing_else_does() -> None:
    batch = Batch()
    assert batch.archived == 0
    batch.add(ACCEPTED_VOTES.name, 1, b"k", b"{}")
    batch.add(ACCEPTED_VOTES.name, 2, b"k", b"{}")
    batch.add(DEAD_LETTERS.name, 1, b"k", b"{}")
    assert batch.archived == 3
    for topic in (TALLIES, WINDOWS, PROGRESS, ACCEPTED_PROPOSALS):
        hurried = Batch()
        hurried.add(ACCEPTED_VOTES.name, 1, b"k", b"{}")
        hurried.add(topic.name, 1, cell_key(), b"{}")
        assert hurried.archived is None

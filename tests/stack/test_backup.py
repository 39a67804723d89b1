"""``tutti backup`` and ``tutti restore`` of a stack that has counted."""

import pytest
from stack.conftest import Stack, new_stack
from stack.test_kills import starts_of_the_job
from stack.test_rebuild import all_is_right, crowd, total, wait_for

VOTES = 5_000
ALL = (
    ("tutti.cells", "*"),
    ("tutti.minute_cells", "*"),
    ("tutti.ballots FINAL", "*"),
    ("tutti.dead_letters FINAL", "topic, partition, offset, reason"),
    ("marts.agreement_by_country", "* EXCEPT as_of"),
)


def contents(stack: Stack) -> dict[str, tuple[object, ...]]:
    """Rows of each table, and a checksum that does not depend on their order."""
    clickhouse = stack.clickhouse()
    return {
        table: tuple(
            clickhouse.query(
                f"SELECT count(), groupBitXor(cityHash64(*)) FROM (SELECT {columns} FROM {table})"
            ).first_row
        )
        for table, columns in ALL
    }


@pytest.mark.prove
def test_a_restored_stack_shows_the_same_and_counts_on(stack, tmp_path):
    copy = tmp_path / "a copy"
    with crowd(stack, "kept", rate=2_000) as voting:
        wait_for(lambda: voting.sent > VOTES)
    all_is_right(stack, "kept", voting.sent)
    before = contents(stack)
    stack.run("backup", str(copy))
    assert stack.json("status")["ready"]
    assert contents(stack) == before

    other = new_stack()
    try:
        other.run("restore", str(copy))
        other.run("up")
        other.sync()
        assert contents(other) == before
        [start] = starts_of_the_job(other)
        assert start["checkpoint"]
        assert start["epoch"] == starts_of_the_job(stack)[-1]["epoch"]
        with crowd(other, "kept-after", rate=2_000) as more:
            wait_for(lambda: more.sent > VOTES)
        all_is_right(other, "kept-after", more.sent)
        assert total(other, "kept") == voting.sent
        assert other.json("reconcile")["verdict"] == "equal"
    finally:
        other.tear_down()
    assert contents(stack) == before

"""Only open transactions of jobs that no longer run are aborted."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from pipelines.flink import transactions


def answering(value: object) -> SimpleNamespace:
    return SimpleNamespace(all=lambda: SimpleNamespace(get=lambda: value))


class Admin:
    """Kafka's administration client, as Java has it."""

    def __init__(self, states: dict[str, str]) -> None:
        self.states, self.fenced = states, []

    def listTransactions(self) -> SimpleNamespace:  # noqa: N802 - Java's name
        return answering([
            SimpleNamespace(
                transactionalId=lambda name=name: name,
                state=lambda state=state: SimpleNamespace(toString=lambda: state),
            )
            for name, state in self.states.items()
        ])  # fmt: skip

    def fenceProducers(self, names: list[str]) -> SimpleNamespace:  # noqa: N802 - Java's name
        self.fenced.append(names)
        return answering(None)


@pytest.fixture
def abort(monkeypatch):
    """Abort among transactions with these states; returns what was fenced."""

    def run(states: dict[str, str]) -> tuple[list[str], list[list[str]]]:
        admin = Admin(states)

        @contextmanager
        def made(_settings: object) -> Iterator[Admin]:
            yield admin

        monkeypatch.setattr(transactions, "_admin", made)
        return transactions.abort_transactions(
            None, "tutti-votes-", ["tutti-votes-3-"]
        ), admin.fenced

    return run


def test_what_a_former_job_left_open_is_aborted_and_nobody_else_s(abort):
    found, fenced = abort(
        {
            "tutti-votes-2-tallies-0-1": "Ongoing",
            "tutti-votes-2-windows-0-1": "PrepareCommit",
            "tutti-votes-2-progress-0-1": "CompleteCommit",
            "tutti-votes-3-tallies-0-1": "Ongoing",
            "campaign-1": "Ongoing",
        }
    )
    assert found == ["tutti-votes-2-tallies-0-1", "tutti-votes-2-windows-0-1"]
    assert fenced == [found]


def test_an_epoch_is_not_taken_for_another_one_that_begins_like_it(abort):
    found, _ = abort({"tutti-votes-31-tallies-0-1": "Ongoing"})
    assert found == ["tutti-votes-31-tallies-0-1"]


def test_without_any_nothing_is_asked_of_the_broker(abort):
    assert abort({"campaign-1": "Ongoing"}) == ([], [])

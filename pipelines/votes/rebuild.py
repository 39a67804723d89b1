"""Rebuild: count everything again beside the running count, and show it when it has caught up.

`begin` writes a record and starts the service ``rebuild``; from then on the services do the rest by
themselves, whoever is watching: the sink makes the new epoch active once it has everything the
old one has, ``rebuild`` ends, ``votes`` goes on with its state and retires the old epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from infra.clickhouse.client import connect
from infra.clickhouse.state import active_epoch, counted_votes
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.local.epochs import (
    RebuildRecord,
    epochs_with_folder,
    read_rebuild_record,
    update_rebuild_record,
)
from infra.local.services import SERVICES
from infra.local.supervisor import Supervisor
from infra.service.heartbeat import last_beat
from infra.service.waiting import wait_until
from operators.core.errors import TerminalError, TransientError
from pipelines.votes.accepted_log import reaches_back
from pipelines.votes.main import run
from pipelines.votes.retirement import read_outputs
from schemas.topics import ACCEPTED_VOTES

POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a rebuild is.

    Attributes:
        counted: Accepted votes it has counted.
        wanted: Accepted votes there are.
    """

    counted: int
    wanted: int


def begin(settings: Settings) -> int | None:
    """Begin a rebuild, or find the one that is going on.

    Returns:
        The epoch that is counted; None: the running count cannot go on, so that the votes job
        itself counts anew.

    Raises:
        TerminalError: Nothing runs, or the log of accepted votes does not reach back.
    """
    supervisor = _supervisor(settings)
    record = read_rebuild_record(settings)
    if record.rebuilding is None:
        _check_log(settings)
        blocked = _blocked_epoch(settings)
        if blocked is not None:
            update_rebuild_record(settings, lambda known: known.abandon(blocked))
            return None
        outputs = read_outputs(settings)
        with connect(settings) as clickhouse:
            used = outputs.ever | epochs_with_folder(settings) | {active_epoch(clickhouse)}

        def reserve(known: RebuildRecord) -> RebuildRecord:
            if known.rebuilding is not None:
                return known
            return RebuildRecord(max(used | set(known.abandoned)) + 1, known.abandoned)

        record = update_rebuild_record(settings, reserve)
    supervisor.start("rebuild")
    return record.rebuilding


def follow(
    settings: Settings,
    epoch: int | None,
    timeout_s: float,
    report: Callable[[RebuildProgress], None],
) -> int:
    """Wait until the new epoch is active and runs as the only one; returns its epoch.

    Args:
        settings: Of the installation.
        epoch: What `begin` answered.
        timeout_s: Longest wait, s.
        report: Receives how far it is.

    Raises:
        TransientError: Not within `timeout_s`; it goes on by itself.
        TerminalError: It was given up, or cannot go on.
    """
    supervisor = _supervisor(settings)
    service = next(service for service in SERVICES if service.name == "votes")

    def done() -> bool:
        record = read_rebuild_record(settings)
        beat = last_beat(settings, "rebuild" if record.rebuilding else "votes")
        # What was just abandoned may still report that it is blocked: the votes job starts anew.
        begins = epoch is None and bool(record.abandoned)
        if beat is not None and "blocked" in beat.facts and not begins:
            process = supervisor.processes()["rebuild" if record.rebuilding else "votes"]
            if process.pid == beat.pid:
                raise TerminalError(str(beat.facts["blocked"]))
        report(_progress(settings, record))
        if record.rebuilding is not None:
            return False
        with connect(settings) as clickhouse:
            active = active_epoch(clickhouse)
        if epoch is not None and active < epoch:
            raise TerminalError("The rebuild was abandoned: the active epoch has not changed.")
        if active in record.abandoned:
            return False
        process = supervisor.processes()["votes"]
        if beat is None or beat.pid != process.pid or beat.facts.get("epoch") != active:
            return False
        return process.state == "RUNNING" and service.probe(settings, process.pid).ready

    if not wait_until(done, timeout_s, POLL_S):
        raise TransientError(
            f"The new epoch is not active after {timeout_s:g} s; it goes on: run tutti rebuild"
            " again to follow it, or tutti rebuild --cancel."
        )
    with connect(settings) as clickhouse:
        return active_epoch(clickhouse)


def cancel(settings: Settings) -> bool:
    """Give a rebuild up; returns whether there was one. Its output is retired by the votes job."""
    record = read_rebuild_record(settings)
    if record.rebuilding is None:
        return False
    epoch = record.rebuilding
    supervisor = Supervisor(settings)
    update_rebuild_record(
        settings, lambda known: known.abandon(epoch) if known.rebuilding else known
    )
    if supervisor.alive and supervisor.processes()["rebuild"].state == "RUNNING":
        supervisor.stop("rebuild")
    return True


def _supervisor(settings: Settings) -> Supervisor:
    supervisor = Supervisor(settings)
    if not supervisor.alive:
        raise TerminalError("Nothing runs: start the stack with tutti up.")
    if "rebuild" not in supervisor.processes():
        raise TerminalError("The stack was started by an older version: tutti down, tutti up.")
    return supervisor


def _check_log(settings: Settings) -> None:
    if not reaches_back(settings):
        raise TerminalError(
            "The beginning of tutti.accepted-votes.v1 is gone, so that a rebuild would lose"
            " votes: nothing was done."
        )


def _blocked_epoch(settings: Settings) -> int | None:
    """The epoch whose state the votes job refuses to resume."""
    process = Supervisor(settings).processes()["votes"]
    beat = last_beat(settings, "votes")
    if beat is None or beat.pid != process.pid or "blocked" not in beat.facts:
        return None
    return max(
        epochs_with_folder(settings) - set(read_rebuild_record(settings).abandoned), default=None
    )


def _progress(settings: Settings, record: RebuildRecord) -> RebuildProgress:
    ends = kafka.ends(
        kafka.admin(settings), [(ACCEPTED_VOTES.name, p) for p in range(ACCEPTED_VOTES.partitions)]
    )
    epoch = record.rebuilding or max(epochs_with_folder(settings), default=0)
    with connect(settings) as clickhouse:
        return RebuildProgress(counted_votes(clickhouse, epoch), sum(ends.values()))


def main() -> None:
    """Run the service ``rebuild``."""
    run("rebuild")


if __name__ == "__main__":
    main()

"""The service votes: choose where to start, run the job, watch it.

The same code counts the active epoch (service ``votes``) and one beside it (service ``rebuild``);
the latter ends when its epoch is active, and ``votes`` goes on with its newest checkpoint.
"""

import sys
from threading import Event
from typing import Final

import structlog

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.clickhouse.state import active_epoch
from infra.config.settings import Settings
from infra.local.epochs import RebuildRecord, read_rebuild_record, update_rebuild_record
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from operators.flink.plan import current_plan
from operators.flink.votes import TRANSACTIONS, transactions_of
from pipelines.flink.restore import RestorePlan
from pipelines.flink.runtime import (
    check_checkpoint,
    configure_flink,
    counting_heap,
    know_connector,
)
from pipelines.flink.transactions import abort_transactions
from pipelines.votes.accepted_log import reaches_back
from pipelines.votes.job import Job
from pipelines.votes.restore_policy import CannotRestoreError, RestorePolicy, may_be_kept_in
from pipelines.votes.retirement import read_outputs

POLL_S: Final = 0.5

log = structlog.get_logger()


def main() -> None:
    """Run the service ``votes``."""
    run("votes")


def run(service: str) -> None:
    """Run a service until its job fails for good, is superseded, or the process is told to stop."""
    settings = Settings()
    configure_logging(service)
    record = read_rebuild_record(settings)
    beside = service == "rebuild"
    heap_mb = settings.votes_heap_mb(may_be_kept_in(settings, record, beside=beside))
    configure_flink(settings, service, counting_heap(heap_mb))
    heartbeat = Heartbeat(settings, service)
    if beside and record.rebuilding is None:
        log.info("nothing_to_rebuild")
        return
    outputs = read_outputs(settings)
    policy = RestorePolicy(
        settings, current_plan(), outputs, reaches_back(settings), check_checkpoint
    )
    active = _active_epoch(settings)
    try:
        restore = policy.rebuild(record, active) if beside else policy.votes(record, active)
    except CannotRestoreError as error:
        log.error("votes_job_not_started", reason=str(error))  # noqa: TRY400 - it is a sentence
        if record.rebuilding is not None and not beside:
            # What this epoch left open hides the output of the one that takes its place.
            know_connector(settings)
            abort_transactions(settings, TRANSACTIONS, [transactions_of(record.rebuilding)])
        _wait_for_another_record(settings, record, heartbeat, str(error))
        sys.exit(1)
    if beside and restore.epoch != record.rebuilding:
        _begin_another(settings, record, restore)
    Job(settings, service, restore, outputs, heartbeat).run()


def _begin_another(settings: Settings, record: RebuildRecord, restore: RestorePlan) -> None:
    """The former attempt cannot go on, and nothing is counted into an epoch that has output."""
    update_rebuild_record(
        settings,
        lambda known: RebuildRecord(restore.epoch, known.abandon(record.rebuilding or 0).abandoned),
    )


def _wait_for_another_record(
    settings: Settings, record: RebuildRecord, heartbeat: Heartbeat, reason: str
) -> None:
    """Stay, so that people are told why; what they do about it changes the record."""
    pause = Event()
    while read_rebuild_record(settings) == record:
        heartbeat.beat(ready=False, blocked=reason)
        pause.wait(POLL_S)


def _active_epoch(settings: Settings) -> int:
    """The active epoch; 0 before the first, or while ClickHouse does not answer."""
    try:
        with connect(settings, timeout_s=5) as clickhouse:
            return active_epoch(clickhouse)
    except (*ERRORS, ClickHouseUnavailableError):
        return 0


if __name__ == "__main__":
    main()

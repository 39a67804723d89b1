"""The process of the votes job: choose where to start, run Flink, watch the job.

The same code counts the running epoch (service ``votes``) and one beside it (service ``rebuild``);
the latter ends when people see its count, and ``votes`` goes on with its newest checkpoint.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaException

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.clickhouse.state import active_epoch
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.kafka.security import java
from infra.local.epochs import (
    RebuildRecord,
    epoch_folder,
    epochs_with_folder,
    read_rebuild_record,
    update_rebuild_record,
)
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metrics import FLINK
from operators.flink.plan import current_plan
from operators.flink.settings import reporter_settings, restore_settings
from operators.flink.votes import (
    TRANSACTIONS,
    VotesJob,
    job_settings,
    mini_batch_ms,
    transactions_of,
)
from pipelines.flink.checkpoint_trigger import FLINKS_OWN, trigger_checkpoints
from pipelines.flink.job_monitor import JobMonitor
from pipelines.flink.runtime import (
    CONNECTOR,
    abort_transactions,
    check_checkpoint,
    configure_flink,
    counting_heap,
    environment,
    know_connector,
    load,
    set_system_properties,
)
from pipelines.votes import restore_policy
from pipelines.votes.restore_policy import CannotRestoreError, Outputs, RestorePlan, RestorePolicy
from pipelines.votes.retirement import read_outputs, retire
from schemas.topics import ACCEPTED_VOTES

POLL_S: Final = 0.5
POLLS_PER_STEP: Final = 4
"""Flink is looked at more often than ClickHouse is asked which count is shown: that takes CPU."""

log = structlog.get_logger()


def main() -> None:
    """Run the service ``votes``."""
    run("votes")


def run(service: str) -> None:
    """Run a service until its job fails for good, is superseded, or the process is told to stop."""
    settings = Settings()
    configure_logging(service)
    configure_flink(settings, service, counting_heap(settings.flink_heap_mb))
    heartbeat = Heartbeat(settings, service)
    note = read_rebuild_record(settings)
    beside = service == "rebuild"
    if beside and note.rebuilding is None:
        log.info("nothing_to_rebuild")
        return
    shown = _shown(settings)
    outputs = read_outputs(settings)
    policy = RestorePolicy(
        settings, current_plan(), outputs, _log_is_whole(settings), check_checkpoint
    )
    try:
        restore = policy.rebuild(note, shown) if beside else policy.votes(note, shown)
    except CannotRestoreError as error:
        log.error("votes_job_not_started", reason=str(error))  # noqa: TRY400 - it is a sentence
        if note.rebuilding is not None and not beside:
            # What this count left open hides the output of the one that takes its place.
            know_connector(settings)
            abort_transactions(settings, TRANSACTIONS, [transactions_of(note.rebuilding)])
        _wait_for_another_note(settings, note, heartbeat, str(error))
        sys.exit(1)
    if beside and restore.epoch != note.rebuilding:
        # The former attempt cannot go on, and nothing is counted into an epoch that has output.
        note = update_rebuild_record(
            settings,
            lambda known: RebuildRecord(
                restore.epoch, known.abandon(note.rebuilding or 0).abandoned
            ),
        )
    Job(settings, service, restore, outputs, heartbeat).run()


@dataclass(slots=True)
class Job:
    """One run of Flink.

    Attributes:
        settings: Of the installation.
        service: ``votes`` or ``rebuild``.
        restore: What it counts.
        outputs: The epochs that had output when it started.
        heartbeat: How it says that it is alive.
    """

    settings: Settings
    service: str
    restore: RestorePlan
    outputs: Outputs
    heartbeat: Heartbeat
    _retired: set[int] = field(default_factory=set)
    _cleaned: RebuildRecord | None = None
    _clickhouse: Client | None = None

    def run(self) -> None:
        """Start the job and watch it."""
        settings, epoch, checkpoint = self.settings, self.restore.epoch, self.restore.checkpoint
        folder = epoch_folder(settings, epoch)
        folder.mkdir(parents=True, exist_ok=True)
        parallelism = settings.parallelism or min(os.cpu_count() or 1, 4)
        port = settings.flink_port if self.service == "votes" else _free_port()
        options = job_settings(
            connector_jar=settings.jars / CONNECTOR,
            state=folder,
            parallelism=parallelism,
            checkpoint_ms=FLINKS_OWN * settings.checkpoint_interval_ms,
            rest_port=port,
        )
        if self.service == "votes":
            options |= reporter_settings(
                f"http://127.0.0.1:{settings.metrics_port}", [m.name for m in FLINK.metrics]
            )
        if checkpoint is None:
            restore_policy.record_plan(folder, current_plan())
        else:
            options |= restore_settings(checkpoint)
            restore_policy.record_try(checkpoint, folder)
        security = java(settings, settings.run / self.service)
        set_system_properties(security.system)
        flink = environment(options, VotesJob(settings.brokers, epoch, security.properties))
        self._abort_transactions()
        log.info(
            "votes_job_starting",
            epoch=epoch,
            checkpoint=None if checkpoint is None else checkpoint.name,
            parallelism=parallelism,
        )
        monitor = JobMonitor(self.service, port, self.restore, folder, self.heartbeat)
        try:
            latency = mini_batch_ms(settings.checkpoint_interval_ms)
            client = load(flink, current_plan(), epoch, latency).execute().get_job_client()
            longest_s = settings.checkpoint_interval_ms / 1000
            pacing = (port, str(client.get_job_id()), longest_s)
            Thread(target=trigger_checkpoints, args=pacing, name="pacing", daemon=True).start()
            self._watch(client, monitor)
        except Exception as error:
            # The Java stack in it says why; the supervisor starts the process anew.
            log.exception("votes_job_failed")
            monitor.record_failure(str(error))
        sys.exit(1)

    def _watch(self, client: Any, monitor: JobMonitor) -> None:
        pause = Event()
        for look in count():
            pause.wait(POLL_S)
            monitor.poll(client)
            if look % POLLS_PER_STEP == 0:
                self._step(client, monitor)

    def _step(self, client: Any, monitor: JobMonitor) -> None:
        """Hand over if it is time; otherwise clean up behind counts that ended."""
        note = read_rebuild_record(self.settings)
        epoch = self.restore.epoch
        try:
            self._clickhouse = self._clickhouse or connect(self.settings, timeout_s=5)
            shown = active_epoch(self._clickhouse)
        except (*ERRORS, ClickHouseUnavailableError):
            return
        if self.service == "rebuild":
            if note.rebuilding != epoch:
                log.info("rebuild_given_up", epoch=epoch)
                self._end(client, 0)
            if shown >= epoch and monitor.completed:
                log.info("rebuild_shown", epoch=epoch)
                client.cancel().result()
                update_rebuild_record(
                    self.settings, lambda known: RebuildRecord(None, known.abandoned)
                )
                sys.exit(0)
            return
        others = epochs_with_folder(self.settings) - {note.rebuilding} - set(note.abandoned)
        if max(others) > epoch or (shown > epoch and note.rebuilding != shown):
            log.info("votes_job_superseded", epoch=epoch, shown=shown)
            self._end(client, 1)
        self._clean_up(note, shown, monitor)

    def _end(self, client: Any, status: int) -> None:
        client.cancel().result()
        sys.exit(status)

    def _clean_up(self, note: RebuildRecord, shown: int, monitor: JobMonitor) -> None:
        """Bury what is neither running nor shown."""
        epoch = self.restore.epoch
        former = {e for e in self.outputs.live if e < epoch} if shown >= epoch else set()
        dead = (former | set(note.abandoned)) - self._retired - {epoch, shown}
        if not dead:
            return
        if note != self._cleaned:
            self._abort_transactions()
            self._cleaned = note
        for other in sorted(dead):
            try:
                if retire(self.settings, other):
                    self._retired.add(other)
            except (KafkaException, OSError, *ERRORS, ClickHouseUnavailableError) as error:
                log.warning("retirement_postponed", epoch=other, error=type(error).__name__)
        if shown >= epoch and monitor.completed:
            forget_former(self.settings, epoch)

    def _abort_transactions(self) -> None:
        """Of the other epochs, but of no job that may be running; our own the connector aborts."""
        if self.service != "votes":
            return
        rebuilding = read_rebuild_record(self.settings).rebuilding
        running = {self.restore.epoch} | ({rebuilding} if rebuilding else set())
        abandoned = abort_transactions(
            self.settings, TRANSACTIONS, [transactions_of(epoch) for epoch in running]
        )
        if abandoned:
            log.info("transactions_aborted", transactions=abandoned)


def forget_former(settings: Settings, epoch: int) -> None:
    """Remove the state of former counts."""
    for former in epochs_with_folder(settings):
        if former < epoch:
            shutil.rmtree(epoch_folder(settings, former), ignore_errors=True)


def _wait_for_another_note(
    settings: Settings, note: RebuildRecord, heartbeat: Heartbeat, reason: str
) -> None:
    """Stay, so that people are told why; what they do about it changes the note."""
    pause = Event()
    while read_rebuild_record(settings) == note:
        heartbeat.beat(ready=False, blocked=reason)
        pause.wait(POLL_S)


def _shown(settings: Settings) -> int:
    try:
        with connect(settings, timeout_s=5) as clickhouse:
            return active_epoch(clickhouse)
    except (*ERRORS, ClickHouseUnavailableError):
        return 0


def _log_is_whole(settings: Settings) -> bool:
    reader = kafka.consumer(settings, "tutti-votes-epochs")
    try:
        return log_is_whole(lambda: kafka.watermarks(reader, ACCEPTED_VOTES))
    finally:
        reader.close()


def log_is_whole(watermarks: Callable[[], dict[int, tuple[int, int]]]) -> bool:
    """Whether accepted votes reach back to their start."""
    return all(first == 0 for first, _ in watermarks().values())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()

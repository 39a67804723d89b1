"""One run of the votes job: start Flink, watch it, hand over, and retire epochs that have ended."""

import os
import shutil
import socket
import sys
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaException

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.clickhouse.state import active_epoch
from infra.config.secrets import own_secret
from infra.config.settings import Settings
from infra.flink.rest import FlinkRest
from infra.flink.tls import flink_options
from infra.kafka import client as kafka
from infra.kafka.security import java
from infra.local.epochs import (
    RebuildRecord,
    epoch_folder,
    epochs_with_folder,
    read_rebuild_record,
    update_rebuild_record,
)
from infra.service.flink_metrics import FLINK
from infra.service.heartbeat import Heartbeat
from infra.service.metrics_server import PUSH_TOKEN
from operators.flink.plan import current_plan
from operators.flink.settings import reporter_settings, restore_settings
from operators.flink.votes import (
    TRANSACTIONS,
    VotesJob,
    job_settings,
    mini_batch_ms,
    transactions_of,
)
from pipelines.flink.checkpoint_records import record_try
from pipelines.flink.checkpoint_trigger import FLINKS_OWN, Stillness, trigger_checkpoints
from pipelines.flink.job_monitor import JobMonitor
from pipelines.flink.restore import RestorePlan
from pipelines.flink.runtime import (
    CONNECTOR,
    close_gateway,
    environment,
    load,
    set_system_properties,
)
from pipelines.flink.transactions import abort_transactions
from pipelines.votes.restore_policy import EpochOutputs, kept_in, record_plan, still_kept_in
from pipelines.votes.retirement import retire
from schemas.topics import ACCEPTED_VOTES, VOTES_OUTPUTS, partitions_of

POLL_S: Final = 0.5
POLLS_PER_STEP: Final = 4
"""Flink is polled more often than ClickHouse is asked which epoch is active: that takes CPU."""

log = structlog.get_logger()


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
    outputs: EpochOutputs
    heartbeat: Heartbeat
    _retired: set[int] = field(default_factory=set)
    _cleaned: RebuildRecord | None = None
    _clickhouse: Client | None = None

    def run(self) -> None:
        """Start the job and watch it."""
        settings, epoch, checkpoint = self.settings, self.restore.epoch, self.restore.checkpoint
        folder = epoch_folder(settings, epoch)
        folder.mkdir(parents=True, exist_ok=True)
        kind = settings.state if checkpoint is None else kept_in(settings, epoch)
        parallelism = settings.parallelism or min(os.cpu_count() or 1, 4)
        port = settings.flink_port if self.service == "votes" else _free_port()
        options = job_settings(
            connector_jar=settings.jars / CONNECTOR,
            state=folder,
            parallelism=parallelism,
            checkpoint_ms=FLINKS_OWN * settings.checkpoint_interval_ms,
            rest_port=port,
            kind=kind,
            memory_mb=settings.state_memory_mb,
        ) | flink_options(settings)
        if self.service == "votes":
            options |= reporter_settings(
                f"http://127.0.0.1:{settings.metrics_port}",
                own_secret(settings, PUSH_TOKEN),
                [m.name for m in FLINK.metrics],
            )
        if checkpoint is None:
            record_plan(folder, current_plan(), kind)
        else:
            options |= restore_settings(checkpoint)
            record_try(checkpoint, folder)
        security = java(settings, settings.run / self.service)
        set_system_properties(security.system)
        flink = environment(options, VotesJob(settings.brokers, epoch, security.properties))
        self._abort_transactions()
        log.info(
            "votes_job_starting",
            epoch=epoch,
            checkpoint=None if checkpoint is None else checkpoint.name,
            parallelism=parallelism,
            state=kind,
        )
        rest = FlinkRest(settings, port)
        facts = {} if kind == settings.state else {"warning": still_kept_in(kind)}
        monitor = JobMonitor(self.service, rest, self.restore, folder, self.heartbeat, facts)
        try:
            latency = mini_batch_ms(settings.checkpoint_interval_ms)
            client = load(flink, current_plan(), epoch, latency).execute().get_job_client()
            longest_s = settings.checkpoint_interval_ms / 1000
            broker, places = kafka.admin(settings), partitions_of((ACCEPTED_VOTES, *VOTES_OUTPUTS))
            quiet = Stillness(lambda: kafka.ends(broker, places))
            triggers = (rest, str(client.get_job_id()), longest_s, quiet)
            Thread(
                target=trigger_checkpoints, args=triggers, name="checkpoints", daemon=True
            ).start()
            close_gateway()
            self._watch(client, monitor)
        except Exception as error:
            # The Java stack in it says why; the supervisor starts the process anew.
            log.exception("votes_job_failed")
            monitor.record_failure(str(error))
        sys.exit(1)

    def _watch(self, client: Any, monitor: JobMonitor) -> None:
        pause = Event()
        for polls in count():
            pause.wait(POLL_S)
            monitor.poll(client)
            if polls % POLLS_PER_STEP == 0:
                self._step(client, monitor)

    def _step(self, client: Any, monitor: JobMonitor) -> None:
        """Hand over if it is time; otherwise clean up behind counts that ended."""
        record = read_rebuild_record(self.settings)
        epoch = self.restore.epoch
        try:
            self._clickhouse = self._clickhouse or connect(self.settings, timeout_s=5)
            active = active_epoch(self._clickhouse)
        except (*ERRORS, ClickHouseUnavailableError):
            return
        if self.service == "rebuild":
            if record.rebuilding != epoch:
                log.info("rebuild_abandoned", epoch=epoch)
                self._end(client, 0)
            if active >= epoch and monitor.completed:
                log.info("rebuild_active", epoch=epoch)
                client.cancel().result()
                update_rebuild_record(
                    self.settings, lambda known: RebuildRecord(None, known.abandoned)
                )
                sys.exit(0)
            return
        others = epochs_with_folder(self.settings) - {record.rebuilding} - set(record.abandoned)
        if max(others) > epoch or (active > epoch and record.rebuilding != active):
            log.info("votes_job_superseded", epoch=epoch, active=active)
            self._end(client, 1)
        self._clean_up(record, active, monitor)

    def _end(self, client: Any, status: int) -> None:
        client.cancel().result()
        sys.exit(status)

    def _clean_up(self, record: RebuildRecord, active: int, monitor: JobMonitor) -> None:
        """Retire what is neither running nor active."""
        epoch = self.restore.epoch
        former = {e for e in self.outputs.live if e < epoch} if active >= epoch else set()
        dead = (former | set(record.abandoned)) - self._retired - {epoch, active}
        if not dead:
            return
        if record != self._cleaned:
            self._abort_transactions()
            self._cleaned = record
        for other in sorted(dead):
            try:
                if retire(self.settings, other):
                    self._retired.add(other)
            except (KafkaException, OSError, *ERRORS, ClickHouseUnavailableError) as error:
                log.warning("retirement_postponed", epoch=other, error=type(error).__name__)
        if active >= epoch and monitor.completed:
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
    """Remove the state of former epochs."""
    for former in epochs_with_folder(settings):
        if former < epoch:
            shutil.rmtree(epoch_folder(settings, former), ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The process of the semantics job: choose where to start, run Flink, watch the job."""

import json
import os
import sys
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaException

from infra.config.settings import Settings
from infra.flink.rest import FlinkRest
from infra.flink.tls import flink_options
from infra.kafka import client as kafka
from infra.kafka.security import java
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metrics import SEMANTICS, SEMANTICS_LAG
from operators.core.clusters.clusters import METHOD
from operators.flink.semantics import (
    CONSUMER_GROUP,
    JAVA_OPTIONS,
    LAYOUT,
    TRANSACTIONS,
    SemanticsJob,
    job_settings,
    transactions_of,
)
from operators.flink.settings import restore_settings
from pipelines.flink.checkpoint_records import record_try
from pipelines.flink.job_monitor import JobMonitor
from pipelines.flink.runtime import (
    CONNECTOR,
    check_checkpoint,
    close_gateway,
    configure_flink,
    set_system_properties,
)
from pipelines.flink.transactions import abort_transactions
from pipelines.semantics.counters import Reporter, load_watched, page_of
from pipelines.semantics.encoder import InstalledEncoders
from pipelines.semantics.epochs import EmittedEpochs, MadeBy, choose, epoch_folder
from schemas.topics import ACCEPTED_PROPOSALS, CLUSTER_PROGRESS

SERVICE: Final = "semantics"
FIRST_COMPILER_ONLY: Final = "-XX:TieredStopAtLevel=1"
"""The work is done in Python and by the encoder: Java's second compiler would only compete."""
NICE: Final = 15
"""Topics may wait; votes may not."""

CHECKPOINT_MS: Final = 2_000
POLL_S: Final = 0.5

log = structlog.get_logger()


def main() -> None:
    """Run until the job fails for good or the process is told to stop."""
    settings = Settings()
    configure_logging(SERVICE)
    os.nice(NICE)
    heap = f"-Xmx{settings.semantics_heap_mb}m -Xms64m -XX:+UseSerialGC"
    configure_flink(settings, SERVICE, f"{heap} {FIRST_COMPILER_ONLY} {JAVA_OPTIONS}")
    # Python within Java finds packages by this variable, not by the environment it is started in.
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if Path(p).is_dir())
    heartbeat = Heartbeat(settings, SERVICE, metrics=SEMANTICS)
    reporter = Reporter(page_of(settings))
    maker = MadeBy(InstalledEncoders(settings).models, METHOD, LAYOUT)
    restore = choose(settings, maker, _emitted_epochs(settings), check_checkpoint)
    folder = epoch_folder(settings, restore.epoch)
    options = job_settings(
        connector_jar=settings.jars / CONNECTOR,
        state=folder,
        checkpoint_ms=CHECKPOINT_MS,
        rest_port=settings.semantics_port,
    ) | flink_options(settings)
    if restore.checkpoint is not None:
        options |= restore_settings(restore.checkpoint)
        record_try(restore.checkpoint, folder)
    security = java(settings, settings.run / SERVICE)
    set_system_properties(security.system)
    # PyFlink is imported late: it looks for its configuration folder when it starts Java.
    from operators.flink.clustering import graph  # noqa: PLC0415

    job = SemanticsJob(settings.brokers, restore.epoch, security.properties)
    flink = graph(options, job, load_watched)
    abandoned = abort_transactions(settings, TRANSACTIONS, [transactions_of(restore.epoch)])
    checkpoint = None if restore.checkpoint is None else restore.checkpoint.name
    log.info(
        "semantics_job_starting",
        epoch=restore.epoch,
        checkpoint=checkpoint,
        transactions_aborted=abandoned,
    )
    rest = FlinkRest(settings, settings.semantics_port)
    monitor = JobMonitor(SERVICE, rest, restore, folder, heartbeat)
    try:
        client = flink.execute_async()
        close_gateway()
        pause = Event()
        with closing(kafka.consumer(settings, CONSUMER_GROUP)) as group:
            while not pause.wait(POLL_S):
                reporter.report()
                with suppress(KafkaException):  # the broker's trouble is not that of the job
                    SEMANTICS_LAG.set(_lag_of(group))
                monitor.poll(client)
    except Exception as error:
        # The Java stack in it says why; the supervisor starts the process anew.
        log.exception("semantics_job_failed")
        monitor.record_failure(str(error))
    sys.exit(1)


def _lag_of(group: Consumer) -> int:
    """Accepted proposals behind what the newest checkpoint holds, as Flink tells the broker."""
    [(_, end)] = kafka.watermarks(group, ACCEPTED_PROPOSALS).values()
    [done] = kafka.committed(group, ACCEPTED_PROPOSALS).values()
    return max(0, int(end) - max(0, int(done.offset)))


def _emitted_epochs(settings: Settings) -> EmittedEpochs:
    """The epochs of which the output topics hold something."""
    reader = kafka.consumer(settings, "tutti-epochs")
    try:
        found = [
            json.loads(message.value())
            for message in kafka.read_to_end(reader, CLUSTER_PROGRESS)
            if message.value()
        ]
    finally:
        reader.close()
    # Records of before consultations could change their encoder name the job's epoch alone.
    return EmittedEpochs(
        of_jobs=frozenset(record.get("job_epoch", record["epoch"]) for record in found),
        newest=max((record["epoch"] for record in found), default=0),
    )


if __name__ == "__main__":
    main()

"""The process of the votes job: choose where to resume, start Flink, watch the job."""

import json
import os
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import structlog

from infra import kafka
from infra.kafka_security import java
from infra.logs import configure_logging
from infra.metrics import FLINK
from infra.settings import Settings
from operators.flink.resume import newest_checkpoint
from operators.flink.votes import VotesJob, job_settings, reporter_settings, restore_settings
from schemas.topics import PROGRESS

FLUSH_MS: Final = 200
CONNECTOR: Final = "flink/flink-sql-connector-kafka-5.0.0-2.2.jar"

_LOG4J: Final = """\
status = warn
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.checkpoints.name = org.apache.flink.runtime.checkpoint
logger.checkpoints.level = warn
logger.job.name = org.apache.flink.runtime.executiongraph.ExecutionGraph
logger.job.level = warn
# Operators of one name; what is measured is not among those names.
logger.names.name = org.apache.flink.metrics.MetricGroup
logger.names.level = error
# A push that fails is tried again in 5 s; that none arrives, the metrics themselves say.
logger.push.name = org.apache.flink.metrics.prometheus
logger.push.level = error
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
"""

log = structlog.get_logger()


def epoch_folder(settings: Settings, epoch: int) -> Path:
    """Where an epoch's checkpoints and changelog are."""
    return settings.home / "votes" / f"epoch-{epoch}"


def choose_start(settings: Settings, used: set[int]) -> tuple[int, Path | None]:
    """The epoch to count into, and the checkpoint to resume it from.

    Without a checkpoint everything is counted again, and never into an epoch that has output:
    a cell that the former run wrote and the new one never touches would stay.

    Args:
        settings: Where the checkpoints are.
        used: The epochs that have output.
    """
    names = (folder.name for folder in (settings.home / "votes").glob("epoch-*"))
    epochs = {int(match[1]) for name in names if (match := re.fullmatch(r"epoch-(\d+)", name))}
    newest = max(epochs | used, default=1)
    checkpoint = newest_checkpoint(epoch_folder(settings, newest) / "checkpoints")
    if checkpoint is None and newest in used:
        return newest + 1, None
    return newest, checkpoint


def forget_former(settings: Settings, epoch: int) -> None:
    """Remove the state of former counts: this one has a checkpoint and is resumed from now on."""
    for folder in (settings.home / "votes").glob("epoch-*"):
        if folder != epoch_folder(settings, epoch):
            shutil.rmtree(folder, ignore_errors=True)


def used_epochs(settings: Settings) -> set[int]:
    """The epochs of which the topic of progress holds output."""
    reader = kafka.consumer(settings, "tutti-votes-epochs")
    try:
        return {
            json.loads(message.key())["epoch"]
            for message in kafka.read_to_end(reader, PROGRESS)
            if message.value() is not None
        }
    finally:
        reader.close()


def configure_flink(settings: Settings) -> None:
    """Write the configuration folder that Flink's Java machine reads."""
    folder = settings.run / "votes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log4j.properties").write_text(_LOG4J)
    heap = settings.flink_heap_mb
    # Throughput matters more here than short pauses: measured with the object reuse of the job.
    # All of the heap from the start: each step of its growth is a collection of all ballots.
    options = (
        f"-Xmx{heap}m -Xms{heap}m -Xmn{heap * 2 // 5}m -XX:+UseParallelGC"
        " -XX:MaxMetaspaceSize=512m"
        " -XX:+ExitOnOutOfMemoryError"
    )
    (folder / "config.yaml").write_text(f'env.java.opts.all: "{options}"\n')
    os.environ["FLINK_CONF_DIR"] = str(folder)
    os.environ["LOG4J_PROPERTIES"] = str(folder / "log4j.properties")
    os.environ["FLINK_LOG_DIR"] = str(settings.logs)
    # A Flink inside one process loads no plugins: its reporter must be on the class path, and
    # this is the variable by which PyFlink takes more.
    plugin = files("pyflink") / "plugins" / "metrics-prometheus"
    os.environ["HADOOP_CLASSPATH"] = os.pathsep.join(str(jar) for jar in plugin.iterdir())
    # The job has no Python functions; PyFlink would open a port for them on every address.
    os.environ["_python_worker_execution_mode"] = "process"  # noqa: SIM112 - PyFlink's name


def set_system_properties(properties: dict[str, str]) -> None:
    """Set them in Flink's Java machine; its command line would have to quote spaces."""
    from pyflink.java_gateway import get_gateway  # noqa: PLC0415 - as in statement_set

    for name, value in properties.items():
        get_gateway().jvm.java.lang.System.setProperty(name, value)


def statement_set(options: dict[str, str], job: VotesJob) -> Any:
    """The job's statements in a Flink of its own, not yet running."""
    # Imported late: PyFlink looks for its configuration folder when it starts Java.
    from pyflink.common import Configuration  # noqa: PLC0415
    from pyflink.table import EnvironmentSettings, TableEnvironment  # noqa: PLC0415

    configuration = Configuration()
    for key, value in options.items():
        configuration.set_string(key, value)
    environment = TableEnvironment.create(
        EnvironmentSettings.new_instance()
        .in_streaming_mode()
        .with_configuration(configuration)
        .build()
    )
    for statement in job.tables():
        environment.execute_sql(statement)
    statements = environment.create_statement_set()
    for statement in job.inserts():
        statements.add_insert_sql(statement)
    return statements


def main() -> None:
    """Run the job until it fails for good or the process is told to stop."""
    settings = Settings()
    configure_logging("votes")
    configure_flink(settings)
    epoch, checkpoint = choose_start(settings, used_epochs(settings))
    folder = epoch_folder(settings, epoch)
    folder.mkdir(parents=True, exist_ok=True)
    parallelism = settings.parallelism or min(os.cpu_count() or 1, 4)
    options = job_settings(
        connector_jar=settings.jars / CONNECTOR,
        state=folder,
        parallelism=parallelism,
        checkpoint_ms=settings.checkpoint_interval_ms,
        rest_port=settings.flink_port,
    )
    options |= reporter_settings(
        f"http://127.0.0.1:{settings.metrics_port}", [metric.name for metric in FLINK.metrics]
    )
    if checkpoint is not None:
        options |= restore_settings(checkpoint)
        forget_former(settings, epoch)
    security = java(settings, settings.run / "votes")
    set_system_properties(security.system)
    job = VotesJob(settings.brokers, epoch, parallelism, FLUSH_MS, security.properties)
    statements = statement_set(options, job)
    log.info(
        "votes_job_starting",
        epoch=epoch,
        checkpoint=None if checkpoint is None else checkpoint.name,
        parallelism=parallelism,
    )
    try:
        statements.execute().wait()
    except Exception:
        # The Java stack in it says why; the supervisor starts the process anew.
        log.exception("votes_job_failed")
    sys.exit(1)


if __name__ == "__main__":
    main()

"""Apache Kafka itself as one process: broker and KRaft controller in one Java machine."""

import os
import subprocess
from pathlib import Path
from typing import Final

from infra.config.settings import Settings
from infra.service.tempdirs import java_tempdir

CLUSTER_ID: Final = "dHV0dGktb25lLW1hY2hpbg"

_LOG4J: Final = """\
status = warn
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


def properties(settings: Settings, data: Path) -> str:
    """The broker's configuration file."""
    lines = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{settings.kafka_controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{settings.kafka_port},"
        f"CONTROLLER://127.0.0.1:{settings.kafka_controller_port}",
        "advertised.listeners": f"PLAINTEXT://{settings.brokers}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": data,
        # After a kill the controller waits for the end of the former broker's session first, though
        # that one died with it: with Kafka's 9 s and 2 s the start takes 12 s, with these 5 s.
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
        # Topics are reviewed data (schemas/topics.toml): a misspelt one is an error.
        "auto.create.topics.enable": "false",
        # One machine, one copy.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # A stack that was down for a year still knows what it has read.
        "offsets.retention.minutes": 525_600,
        "num.network.threads": 2,
        "num.io.threads": 2,
        "background.threads": 2,
        "log.cleaner.threads": 1,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def write_log4j(settings: Settings) -> None:
    """Write the configuration of the broker's log."""
    folder = settings.run / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log4j2.properties").write_text(_LOG4J)


def java(settings: Settings, main_class: str, *arguments: str, heap_mb: int) -> list[str]:
    """The command that runs a class of the broker's jars."""
    return [
        _executable(),
        f"-Xmx{heap_mb}m",
        f"-Xms{min(heap_mb, 256)}m",
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={settings.run / 'kafka' / 'log4j2.properties'}",
        "-cp",
        f"{settings.jars / 'kafka'}/*",
        main_class,
        *arguments,
    ]


def _executable() -> str:
    """Java of JAVA_HOME, as Flink and the set-up take it, otherwise the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


def main() -> None:
    """Write the configuration, format the storage once, and become the broker."""
    settings = Settings()
    data, run = settings.home / "kafka", settings.run / "kafka"
    write_log4j(settings)
    os.environ.update(java_tempdir(settings, "kafka"))
    configuration = run / "server.properties"
    configuration.write_text(properties(settings, data))
    if not (data / "meta.properties").exists():
        data.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            java(
                settings,
                "kafka.tools.StorageTool",
                *("format", "-t", CLUSTER_ID, "-c", str(configuration)),
                heap_mb=128,
            ),
            check=True,
        )
    command = java(settings, "kafka.Kafka", str(configuration), heap_mb=settings.kafka_heap_mb)
    os.execvp(command[0], command)  # noqa: S606 - becomes the broker, so that signals reach it


if __name__ == "__main__":
    main()

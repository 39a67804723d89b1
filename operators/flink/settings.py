"""Flink's settings, whatever the job."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from operators.flink.state import StateKind, flink_path, state_settings

RETAINED: Final = 3
"""Complete checkpoints that Flink keeps: the oldest goes when a newer one is complete."""

TRANSACTION_TIMEOUT_MS: Final = 600_000
"""Longer than any restart, below the broker's limit of 15 minutes."""


def kafka_options(brokers: str, security: Mapping[str, str]) -> str:
    """The options of a table that tell Kafka's client where and how to connect."""
    options = {"bootstrap.servers": brokers, **security}
    return ",\n                ".join(
        f"'properties.{name}' = '{_quoted(value)}'" for name, value in options.items()
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def flink_settings(
    *,
    name: str,
    connector_jar: Path,
    state: Path,
    parallelism: int,
    checkpoint_ms: int,
    rest_port: int,
    kind: StateKind = "memory",
    memory_mb: int = 0,
) -> dict[str, str]:
    """Flink's settings of a job, each with its reason.

    Args:
        name: Of the job, for people.
        connector_jar: The Kafka connector.
        state: Folder of this count's state.
        parallelism: Tasks per operator.
        checkpoint_ms: Time between checkpoints, ms; outputs become visible with them.
        rest_port: Of Flink's web interface.
        kind: Where it keeps its state.
        memory_mb: What RocksDB may use, MiB, if that is the disk.
    """
    return {
        "parallelism.default": str(parallelism),
        "taskmanager.numberOfTaskSlots": str(parallelism),
        "pipeline.name": name,
        # State is divided by it for good; the number of tasks may change.
        "pipeline.max-parallelism": "128",
        "pipeline.jars": connector_jar.resolve().as_uri(),
        # Everything stays on this machine.
        "rest.port": str(rest_port),
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "jobmanager.bind-host": "127.0.0.1",
        "jobmanager.rpc.address": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.host": "127.0.0.1",
        "web.submit.enable": "false",
        "web.cancel.enable": "false",
        # Checkpoints: off by default; kept when the job ends, because that is what it resumes.
        "execution.checkpointing.interval": f"{checkpoint_ms}ms",
        # At full load checkpoints take long, so there are fewer: more votes share a row of output.
        "execution.checkpointing.min-pause": f"{checkpoint_ms}ms",
        "execution.checkpointing.timeout": "10min",
        "execution.checkpointing.dir": flink_path(state / "checkpoints"),
        "execution.checkpointing.num-retained": str(RETAINED),
        # protects: checkpoints outlive the job
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        **state_settings(kind, state, memory_mb),
        # A failed task restarts the job in place; a failed process is the supervisor's.
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "500ms",
        "restart-strategy.exponential-delay.max-backoff": "10s",
        "table.local-time-zone": "UTC",
    }


def reporter_settings(url: str, job_name: str, metrics: Iterable[str]) -> dict[str, str]:
    """Settings of Flink's own reporter for Prometheus.

    Of its two, the one that waits to be asked listens on every address of the machine; this one
    sends, to what would be a push gateway.

    Args:
        url: Where to.
        job_name: The end of the path that it sends to.
        metrics: Names of the metrics to send: of some 3,000 series, a few say how it is.
    """
    options = {
        "factory.class": "org.apache.flink.metrics.prometheus.PrometheusPushGatewayReporterFactory",
        "hostUrl": url,
        "jobName": job_name,
        "randomJobNameSuffix": "false",
        "deleteOnShutdown": "false",
        "interval": "5s",
        # Flink compares with its own spelling, scope by scope.
        "allowList": ",".join(name.removeprefix("flink_").replace("_", ".") for name in metrics),
        # They would make new series at each start.
        "scope.variables.excludes": (
            "job_id;task_id;task_attempt_id;task_attempt_num;operator_id;tm_id;host;job_name"
        ),
    }
    return {"metrics.reporters": "prometheus"} | {
        f"metrics.reporter.prometheus.{name}": value for name, value in options.items()
    }


def restore_settings(checkpoint: Path) -> dict[str, str]:
    """Settings that resume from a checkpoint.

    With CLAIM the job owns the checkpoint; without it every checkpoint after a restore fails
    where there is a changelog.
    """
    return {
        "execution.state-recovery.path": flink_path(checkpoint),
        # protects: claiming the checkpoint that is resumed
        "execution.state-recovery.claim-mode": "CLAIM",
    }

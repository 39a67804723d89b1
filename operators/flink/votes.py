"""The votes job in Flink SQL: which ballot counts, and how many there are.

Three results from one ranking: tallies, the same per minute, and how far the job has read. It is
plain SQL because Python per vote with keyed state is 60 to 400 times slower; it groups by the
minute instead of using window functions, because over a stream of changing ballots those count a
moved vote twice and drop late corrections.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from operators.core.ballots import MINUTE_MS
from operators.core.tally import COUNTED_CHOICES, QUALIFICATION_COLUMNS
from schemas.events import QUALIFICATION_BITS
from schemas.topics import ACCEPTED_VOTES, PROGRESS, TALLIES, WINDOWS, Topic

CONSUMER_GROUP: Final = "tutti-votes"
TRANSACTION_TIMEOUT_MS: Final = 600_000
"""Longer than any restart, below the broker's limit of 15 minutes."""


TRANSACTIONS: Final = "tutti-votes-"


def transactions_of(epoch: int) -> str:
    """What the ids of an epoch's transactions begin with: two epochs may be counted at once."""
    return f"{TRANSACTIONS}{epoch}-"


@dataclass(frozen=True, slots=True)
class VotesJob:
    """What the statements depend on.

    Attributes:
        brokers: Kafka's bootstrap servers.
        epoch: Written into every output key.
        parallelism: Of the sinks.
        flush_ms: Longest time a sink holds back a change, ms.
        security: More options of Kafka's client. Never a secret: options can be seen.
    """

    brokers: str
    epoch: int
    parallelism: int
    flush_ms: int
    security: Mapping[str, str] = field(default_factory=dict)

    def _kafka(self) -> str:
        """The options that tell Kafka's client where and how to connect."""
        options = {"bootstrap.servers": self.brokers, **self.security}
        return ",\n                ".join(
            f"'properties.{name}' = '{_quoted(value)}'" for name, value in options.items()
        )

    def tables(self) -> list[str]:
        """The statements that declare source and sinks."""
        counters = ", ".join(f"{name} BIGINT" for name in _counter_columns())
        cell = "epoch INT, consultation_id STRING, proposal_id STRING, country STRING, trust STRING"
        cell_key = "epoch, consultation_id, proposal_id, country, trust"
        return [
            f"""CREATE TEMPORARY TABLE accepted_votes (
                consultation_id STRING, proposal_id STRING, participant STRING, country STRING,
                choice STRING, trust STRING, qualifications INT, cast_ms BIGINT,
                origin_partition INT, origin_offset BIGINT, origin_ms BIGINT,
                `partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL
            ) WITH (
                'connector' = 'kafka',
                'topic' = '{ACCEPTED_VOTES.name}',
                {self._kafka()},
                'properties.group.id' = '{CONSUMER_GROUP}',
                'properties.isolation.level' = 'read_committed',
                'properties.fetch.min.bytes' = '65536',
                'properties.fetch.max.wait.ms' = '50',
                'scan.startup.mode' = 'earliest-offset',
                'format' = 'json'
            )""",
            self._sink("tallies", TALLIES, f"{cell}, {counters}", cell_key),
            self._sink(
                "windows", WINDOWS, f"{cell}, `minute` BIGINT, {counters}", f"{cell_key}, `minute`"
            ),
            self._sink(
                "progress",
                PROGRESS,
                "epoch INT, `partition` INT, `offset` BIGINT, origin_ms BIGINT",
                "epoch, `partition`",
            ),
            # The one ranking. Both aggregates must select the same columns from it, otherwise
            # the planner ranks twice.
            f"""CREATE TEMPORARY VIEW ballots AS
            SELECT consultation_id, proposal_id, country, choice, trust, qualifications,
                   cast_ms / {MINUTE_MS} AS `minute`
            FROM (
                SELECT *, ROW_NUMBER() OVER (
                    PARTITION BY consultation_id, proposal_id, participant
                    ORDER BY cast_ms DESC, origin_partition DESC, origin_offset DESC
                ) AS rn
                FROM accepted_votes
            )
            WHERE rn = 1 AND choice <> 'withdrawn'""",
        ]

    def inserts(self) -> list[str]:
        """The statements of the statement set."""
        cell = "consultation_id, proposal_id, country, trust"
        epoch = f"CAST({self.epoch} AS INT)"
        counts = ", ".join(_counters())
        return [
            f"INSERT INTO tallies SELECT {epoch}, {cell}, {counts} FROM ballots GROUP BY {cell}",
            f"""INSERT INTO windows SELECT {epoch}, {cell}, `minute`, {counts}
                FROM ballots GROUP BY {cell}, `minute`""",
            f"""INSERT INTO progress SELECT {epoch}, `partition`, MAX(`offset`), MAX(origin_ms)
                FROM accepted_votes GROUP BY `partition`""",
        ]

    def _sink(self, table: str, topic: Topic, columns: str, key: str) -> str:
        return f"""CREATE TEMPORARY TABLE {table} (
                {columns}, PRIMARY KEY ({key}) NOT ENFORCED
            ) WITH (
                'connector' = 'upsert-kafka',
                'topic' = '{topic.name}',
                {self._kafka()},
                'key.format' = 'json',
                'value.format' = 'json',
                'sink.parallelism' = '{self.parallelism}',
                'sink.buffer-flush.max-rows' = '20000',
                'sink.buffer-flush.interval' = '{self.flush_ms}ms',
                'sink.delivery-guarantee' = 'exactly-once',
                'sink.transactional-id-prefix' = '{transactions_of(self.epoch)}{table}',
                'sink.transaction-naming-strategy' = 'POOLING',
                'properties.transaction.timeout.ms' = '{TRANSACTION_TIMEOUT_MS}',
                'properties.compression.type' = 'lz4'
            )"""


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _counter_columns() -> tuple[str, ...]:
    return COUNTED_CHOICES + QUALIFICATION_COLUMNS


def _counters() -> list[str]:
    choices = [f"COUNT(*) FILTER (WHERE choice = '{choice}')" for choice in COUNTED_CHOICES]
    qualifications = [
        f"COUNT(*) FILTER (WHERE MOD(qualifications / {bit}, 2) = 1)"
        for bit in QUALIFICATION_BITS.values()
    ]
    return choices + qualifications


def mini_batch_ms(checkpoint_ms: int) -> int:
    """The longest time a change waits for others, ms."""
    return 2 * checkpoint_ms


def job_settings(
    *, connector_jar: Path, state: Path, parallelism: int, checkpoint_ms: int, rest_port: int
) -> dict[str, str]:
    """Flink's settings of the votes job, each with its reason.

    Args:
        connector_jar: The Kafka connector.
        state: Folder of this epoch's checkpoints and changelog.
        parallelism: Tasks per operator.
        checkpoint_ms: Time between checkpoints, ms; outputs become visible with them.
        rest_port: Of Flink's web interface.
    """
    return {
        "parallelism.default": str(parallelism),
        "taskmanager.numberOfTaskSlots": str(parallelism),
        "pipeline.name": "tutti votes",
        # State is divided by it for good; the number of tasks may change.
        "pipeline.max-parallelism": "128",
        # The compiled plan names tables; what they are stands in the statements.
        "table.plan.compile.catalog-objects": "IDENTIFIER",
        "table.plan.restore.catalog-objects": "IDENTIFIER",
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
        "execution.checkpointing.min-pause": f"{checkpoint_ms // 4}ms",
        "execution.checkpointing.timeout": "10min",
        "execution.checkpointing.dir": _flink_path(state / "checkpoints"),
        "execution.checkpointing.num-retained": "3",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        # A changelog makes a checkpoint of millions of ballots take 0.3 s instead of 10 s.
        "state.backend.type": "hashmap",
        "state.changelog.enabled": "true",
        "state.changelog.storage": "filesystem",
        "state.changelog.dstl.dfs.base-path": _flink_path(state / "changelog"),
        # A failed task restarts the job in place; a failed process is the supervisor's.
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "500ms",
        "restart-strategy.exponential-delay.max-backoff": "10s",
        # Expiry retracts nothing: a later re-vote would count twice.
        "table.exec.state.ttl": "0",
        "table.local-time-zone": "UTC",
        "table.exec.mini-batch.enabled": "true",
        # A checkpoint ends a bundle: waiting for it costs no freshness and saves output.
        "table.exec.mini-batch.allow-latency": f"{mini_batch_ms(checkpoint_ms)}ms",
        "table.exec.mini-batch.size": "100000",
        "table.exec.source.idle-timeout": "5s",
        "table.optimizer.non-deterministic-update.strategy": "TRY_RESOLVE",
        # Measured: with the collector below 91 k votes/s become 139 k. Built-in SQL operators
        # keep no reference to the rows they are handed.
        "pipeline.object-reuse": "true",
        "table.exec.rank.topn-cache-size": "1",
    }


def reporter_settings(url: str, metrics: Iterable[str]) -> dict[str, str]:
    """Settings of Flink's own reporter for Prometheus.

    Of its two, the one that waits to be asked listens on every address of the machine; this one
    sends, to what would be a push gateway.

    Args:
        url: Where to.
        metrics: Names of the metrics to send: of some 3,000 series, a few say how it is.
    """
    options = {
        "factory.class": "org.apache.flink.metrics.prometheus.PrometheusPushGatewayReporterFactory",
        "hostUrl": url,
        "jobName": "votes",
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
        "execution.state-recovery.path": _flink_path(checkpoint),
        "execution.state-recovery.claim-mode": "CLAIM",
    }


def _flink_path(path: Path) -> str:
    """A local path as Flink takes it: no URL, it would keep ``%20`` as part of a name."""
    return f"file://{path.resolve()}"

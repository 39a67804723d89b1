"""The votes job in Flink SQL: which ballot counts, and how many there are.

Three results from one ranking: tallies, the same per minute, and how far the job has read. It is
plain SQL because Python per vote with keyed state is 60 to 400 times slower; it groups by the
minute instead of using window functions, because over a stream of changing ballots those count a
moved vote twice and drop late corrections.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from operators.core.votes.ballots import MINUTE_MS
from operators.core.votes.tally import COUNTED_CHOICES, QUALIFICATION_COLUMNS
from operators.flink.settings import TRANSACTION_TIMEOUT_MS, flink_settings, kafka_options
from operators.flink.state import StateKind
from schemas.events import QUALIFICATION_BITS
from schemas.topics import ACCEPTED_VOTES, PROGRESS, TALLIES, WINDOWS, Topic

CONSUMER_GROUP: Final = "tutti-votes"
TRANSACTIONS: Final = "tutti-votes-"
SINK_BATCH_BYTES: Final = 262_144
SINK_LINGER_MS: Final = 50
"""Few large requests. Nobody waits for it: a checkpoint sends what is left before it commits."""


def transactions_of(epoch: int) -> str:
    """What the ids of an epoch's transactions begin with: two epochs may be counted at once."""
    return f"{TRANSACTIONS}{epoch}-"


@dataclass(frozen=True, slots=True)
class VotesJob:
    """What the statements depend on.

    Attributes:
        brokers: Kafka's bootstrap servers.
        epoch: Written into every output key.
        security: More options of Kafka's client. Never a secret: options can be seen.
    """

    brokers: str
    epoch: int
    security: Mapping[str, str] = field(default_factory=dict)

    def _kafka(self) -> str:
        return kafka_options(self.brokers, self.security)

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
                'properties.fetch.min.bytes' = '1048576',
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
                    -- protects: the latest ballot by `cast_at`, not by arrival
                    ORDER BY cast_ms DESC, origin_partition DESC, origin_offset DESC
                ) AS rn
                FROM accepted_votes
            )
            -- protects: one current ballot per participant and proposal
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
                -- protects: exactly-once output of the votes job
                'sink.delivery-guarantee' = 'exactly-once',
                'sink.transactional-id-prefix' = '{transactions_of(self.epoch)}{table}',
                'sink.transaction-naming-strategy' = 'POOLING',
                'properties.transaction.timeout.ms' = '{TRANSACTION_TIMEOUT_MS}',
                'properties.batch.size' = '{SINK_BATCH_BYTES}',
                'properties.linger.ms' = '{SINK_LINGER_MS}',
                'properties.compression.type' = 'lz4'
            )"""


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
    """The longest time a change waits for others, ms: a checkpoint ends the wait long before."""
    return 10 * checkpoint_ms


def job_settings(
    *,
    connector_jar: Path,
    state: Path,
    parallelism: int,
    checkpoint_ms: int,
    rest_port: int,
    kind: StateKind,
    memory_mb: int,
) -> dict[str, str]:
    """The settings of the votes job; the arguments are those of `flink_settings`."""
    return flink_settings(
        name="tutti votes",
        connector_jar=connector_jar,
        state=state,
        parallelism=parallelism,
        checkpoint_ms=checkpoint_ms,
        rest_port=rest_port,
        kind=kind,
        memory_mb=memory_mb,
    ) | {
        # The compiled plan names tables; what they are stands in the statements.
        "table.plan.compile.catalog-objects": "IDENTIFIER",
        "table.plan.restore.catalog-objects": "IDENTIFIER",
        # Expiry retracts nothing: a later re-vote would count twice.
        "table.exec.state.ttl": "0",
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
        # An aggregate's rows have their sink's key already: each sink runs in its aggregate's task.
        "table.exec.sink.keyed-shuffle": "NONE",
    }

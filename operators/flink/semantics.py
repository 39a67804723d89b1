"""The semantics job: proposals in the order of their topic, through Python, to five topics.

Consultations come beside them and say with which encoder their proposals are clustered. Nothing
orders the two topics: what is clustered with another encoder by then is clustered anew.

Tables read and write Kafka, as in the votes job; between them stands one function of Python
(`operators.flink.clustering`), keyed by consultation. One sink writes all topics in one
transaction, so a checkpoint shows an item with all that it changed, or not at all.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from operators.flink.settings import TRANSACTION_TIMEOUT_MS, flink_settings, kafka_options
from schemas.topics import ACCEPTED_CONSULTATIONS, ACCEPTED_PROPOSALS, SEMANTICS_OUTPUTS, Topic

LAYOUT: Final = "2"
"""Version of the job's graph and state: raise it when a checkpoint of before no longer fits."""

CONSUMER_GROUP: Final = "tutti-semantics"
TRANSACTIONS: Final = "tutti-semantics-"
UID: Final = "clustering"
PROPOSAL: Final = "proposal"
CONSULTATION: Final = "consultation"
"""What a row of the source is."""

JAVA_OPTIONS: Final = " ".join(
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        *("java.io", "java.lang", "java.net", "java.nio", "java.time", "java.util"),
        *("java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks"),
    )
)
"""What PyFlink's operators reach into; Flink's own start scripts open the same."""


def transactions_of(epoch: int) -> str:
    """What the ids of a epoch's transactions begin with."""
    return f"{TRANSACTIONS}{epoch}-"


@dataclass(frozen=True, slots=True)
class SemanticsJob:
    """What the job depends on.

    Attributes:
        brokers: Kafka's bootstrap servers.
        epoch: Written into every output key.
        security: More options of Kafka's client. Never a secret: options can be seen.
    """

    brokers: str
    epoch: int
    security: Mapping[str, str] = field(default_factory=dict)

    def tables(self) -> list[str]:
        """The statements that declare source and sink."""
        kafka = kafka_options(self.brokers, self.security)
        topics = ";".join(topic.name for topic in SEMANTICS_OUTPUTS)
        proposal = "proposal_id STRING, text STRING, `language` STRING, status STRING"
        consultation = "languages ARRAY<STRING>, encoder STRING"
        return [
            self._source(ACCEPTED_PROPOSALS, proposal, kafka),
            self._source(ACCEPTED_CONSULTATIONS, consultation, kafka),
            f"""CREATE TEMPORARY TABLE emitted (
                topic STRING METADATA, record_key STRING, record STRING
            ) WITH (
                'connector' = 'kafka',
                'topic' = '{topics}',
                {kafka},
                'key.format' = 'raw',
                'key.fields' = 'record_key',
                'value.format' = 'raw',
                'value.fields-include' = 'EXCEPT_KEY',
                'sink.delivery-guarantee' = 'exactly-once',
                'sink.transactional-id-prefix' = '{transactions_of(self.epoch)}',
                'sink.transaction-naming-strategy' = 'POOLING',
                'properties.transaction.timeout.ms' = '{TRANSACTION_TIMEOUT_MS}',
                'properties.compression.type' = 'lz4'
            )""",
        ]

    def _source(self, topic: Topic, fields: str, kafka: str) -> str:
        """The table of accepted events."""
        return f"""CREATE TEMPORARY TABLE {_table(topic)} (
                consultation_id STRING, {fields},
                origin_ms BIGINT, `offset` BIGINT METADATA VIRTUAL
            ) WITH (
                'connector' = 'kafka',
                'topic' = '{topic.name}',
                {kafka},
                'properties.group.id' = '{CONSUMER_GROUP}',
                'properties.isolation.level' = 'read_committed',
                'scan.startup.mode' = 'earliest-offset',
                'format' = 'json'
            )"""

    def source(self) -> str:
        """The query whose rows are a key, and what the function gets."""
        return f"""SELECT consultation_id, ROW(
            kind, consultation_id, proposal_id, text, `language`, status, languages, encoder,
            origin_ms, `offset`
        ) FROM (
            SELECT
                CAST('{PROPOSAL}' AS STRING) AS kind, consultation_id, proposal_id, text,
                `language`, status, CAST('' AS STRING) AS languages, CAST('' AS STRING) AS encoder,
                origin_ms, `offset`
            FROM {_table(ACCEPTED_PROPOSALS)}
            UNION ALL
            SELECT
                CAST('{CONSULTATION}' AS STRING) AS kind, consultation_id,
                CAST('' AS STRING) AS proposal_id, CAST('' AS STRING) AS text,
                CAST('' AS STRING) AS `language`, CAST('' AS STRING) AS status,
                COALESCE(ARRAY_JOIN(languages, ' '), '') AS languages,
                COALESCE(encoder, '') AS encoder, origin_ms, `offset`
            FROM {_table(ACCEPTED_CONSULTATIONS)}
        )"""


def _table(topic: Topic) -> str:
    """Flink's name of a source."""
    return topic.name.split(".")[1].replace("-", "_")


def job_settings(
    *, connector_jar: Path, state: Path, checkpoint_ms: int, rest_port: int
) -> dict[str, str]:
    """The settings of the semantics job; the arguments are those of `flink_settings`."""
    return flink_settings(
        name="tutti semantics",
        connector_jar=connector_jar,
        state=state,
        # The order of the topic is the order of clustering.
        parallelism=1,
        checkpoint_ms=checkpoint_ms,
        rest_port=rest_port,
    ) | {
        # Python within Flink's Java process. The other way, a process beside it, makes Flink
        # listen on every address of the machine, because Apache Beam's server does.
        "python.execution-mode": "thread",
        "python.executable": sys.executable,
    }

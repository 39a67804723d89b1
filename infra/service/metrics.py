"""Metrics: every name, once, with type, unit, labels and meaning.

``make documents`` writes them to ``docs/reference/metrics.md``.

The services change these objects per batch, never per vote. Names follow Prometheus's conventions:
base units, ``_total`` for counters. The services write their metrics to a file each
second, with their heartbeat; the probe's process reads the files and serves them all
(`infra.service.metrics_server`).
"""

from typing import Final

from infra.service.flink_metrics import FLINK
from infra.service.metric_types import LONG_S, SHORT_S, SIZES, Metric, Source
from infra.service.periodic_metrics import PERIODIC

INTAKE: Final = Source("intake")
INTAKE_MESSAGES: Final = INTAKE.counter(
    "tutti_intake_messages_total", "messages", "Messages read from the input topics."
)
INTAKE_ACCEPTED: Final = INTAKE.counter(
    "tutti_intake_accepted_total", "messages", "Messages that passed the rules."
)
INTAKE_REJECTED: Final = INTAKE.counter(
    "tutti_intake_rejected_total",
    "messages",
    "Messages that were rejected, by topic and reason.",
    ("topic", "reason"),
)
INTAKE_BYTES: Final = INTAKE.counter(
    "tutti_intake_bytes_total", "bytes", "Size of the messages read, as sent."
)
INTAKE_BATCH: Final = INTAKE.histogram(
    "tutti_intake_batch_messages", "messages", "Messages passed on together.", buckets=SIZES
)
INTAKE_COMMIT: Final = INTAKE.histogram(
    "tutti_intake_commit_seconds",
    "seconds",
    "Waiting until the broker has acknowledged and committed what was passed on.",
    buckets=SHORT_S,
)
INTAKE_LAG: Final = INTAKE.gauge(
    "tutti_intake_lag_messages",
    "messages",
    "Messages in the log that intake has not read yet.",
    ("topic", "partition"),
)

HTTP_INTAKE: Final = Source("http_intake")
HTTP_INTAKE_REQUESTS: Final = HTTP_INTAKE.counter(
    "tutti_http_intake_requests_total", "requests", "Batches answered, by status.", ("status",)
)
HTTP_INTAKE_ACCEPTED: Final = HTTP_INTAKE.counter(
    "tutti_http_intake_accepted_total",
    "messages",
    "Messages taken and acknowledged by Kafka, by kind.",
    ("kind",),
)
HTTP_INTAKE_REJECTED: Final = HTTP_INTAKE.counter(
    "tutti_http_intake_rejected_total",
    "messages",
    "Messages rejected before Kafka, by kind and reason; they have no dead letter.",
    ("kind", "reason"),
)
HTTP_INTAKE_BYTES: Final = HTTP_INTAKE.counter(
    "tutti_http_intake_bytes_total", "bytes", "Size of the batches read, unpacked."
)
HTTP_INTAKE_SECONDS: Final = HTTP_INTAKE.histogram(
    "tutti_http_intake_request_seconds",
    "seconds",
    "One batch, from its head until it is answered.",
    buckets=SHORT_S,
)
HTTP_INTAKE_IN_FLIGHT: Final = HTTP_INTAKE.gauge(
    "tutti_http_intake_in_flight_bytes", "bytes", "Batches that are being answered."
)

SINK: Final = Source("sink")
SINK_ROWS: Final = SINK.counter(
    "tutti_sink_rows_total", "rows", "Rows inserted into ClickHouse.", ("table",)
)
SINK_INSERT: Final = SINK.histogram(
    "tutti_sink_insert_seconds",
    "seconds",
    "One insert, its retries included.",
    ("table",),
    buckets=SHORT_S,
)
SINK_RETRIES: Final = SINK.counter(
    "tutti_sink_retries_total", "requests", "Requests to ClickHouse that had to be repeated."
)
SINK_BATCH: Final = SINK.histogram(
    "tutti_sink_batch_rows", "rows", "Rows written together.", buckets=SIZES
)
SINK_LAG: Final = SINK.gauge(
    "tutti_sink_lag_records",
    "records",
    "Records in the log that the sink has not written yet, markers included.",
    ("topic",),
)
SINK_CUT: Final = SINK.gauge(
    "tutti_sink_cut_timestamp_seconds",
    "seconds",
    "Time of the newest consistent cut, since 1970; its age is how stale as_of can be.",
)

PROBE: Final = Source("probe")
FRESHNESS: Final = PROBE.histogram(
    "tutti_freshness_seconds",
    "seconds",
    "From sending a probe vote until its tally is readable in ClickHouse.",
    buckets=LONG_S,
)
FRESHNESS_LAST: Final = PROBE.gauge(
    "tutti_freshness_last_seconds", "seconds", "The same, of the newest probe vote that arrived."
)
PROBE_SENT: Final = PROBE.counter(
    "tutti_probe_sent_total", "votes", "Probe votes sent; each is waited for before the next."
)
PROBE_WAITING: Final = PROBE.gauge(
    "tutti_probe_waiting_seconds",
    "seconds",
    "How long the present probe vote has been on its way; 0: none is.",
)
SERVICE_UP: Final = PROBE.declare(
    "tutti_service_up",
    "gauge",
    "",
    "1 if the service has reported its metrics within 15 s (votes: 60 s), otherwise 0.",
)
SERVICE_STARTED: Final = PROBE.declare(
    "tutti_service_started_timestamp_seconds",
    "gauge",
    "seconds",
    "When the service's process started, since 1970; it moves at each restart.",
)
DISK_FREE: Final = PROBE.declare(
    "tutti_disk_free_bytes", "gauge", "bytes", "Room left on the disk that holds the data."
)
DISK_SIZE: Final = PROBE.declare(
    "tutti_disk_size_bytes", "gauge", "bytes", "Size of the disk that holds the data."
)

GROUPS: Final = Source("groups")
GROUPS_RUN: Final = GROUPS.histogram(
    "tutti_groups_run_seconds",
    "seconds",
    "Grouping one consultation or country, from reading its ballots to marts, deals included.",
    buckets=LONG_S,
)
GROUPS_RUNS: Final = GROUPS.counter(
    "tutti_groups_runs_total",
    "",
    "Runs by what came of them: grouped, too_few, failed.",
    ("status",),
)
GROUPS_NOISE_RUNS: Final = GROUPS.counter(
    "tutti_groups_noise_runs_total",
    "",
    "Deals of the votes anew, with which disagreement is compared.",
)
GROUPS_BALLOTS: Final = GROUPS.gauge(
    "tutti_groups_last_ballots", "votes", "Ballots of the newest run."
)
GROUPS_CONSULTATIONS: Final = GROUPS.gauge(
    "tutti_groups_known_consultations", "", "Consultations with ballots."
)
GROUPS_WAITING: Final = GROUPS.gauge(
    "tutti_groups_waiting_consultations",
    "",
    "Consultations whose ballots have changed since they were grouped.",
)

LIVE: Final = Source("live")
LIVE_ANSWERS: Final = LIVE.counter(
    "tutti_live_answers_total", "requests", "Answers of the live service, by status.", ("status",)
)
LIVE_STREAMS: Final = LIVE.gauge(
    "tutti_live_open_streams", "", "Event streams that viewers follow at the moment."
)
LIVE_READS: Final = LIVE.counter(
    "tutti_live_reads_total",
    "",
    "What the live service has read from ClickHouse: once for all viewers of an edition.",
)

SEMANTICS: Final = Source("semantics")
SEMANTICS_PROPOSALS: Final = SEMANTICS.counter(
    "tutti_semantics_proposals_total",
    "proposals",
    "Records of accepted proposals clustered, those that changed nothing included.",
)
SEMANTICS_LAG: Final = SEMANTICS.gauge(
    "tutti_semantics_lag_proposals",
    "proposals",
    "Records of accepted proposals that no checkpoint of the job holds yet.",
)
SEMANTICS_ENCODING: Final = SEMANTICS.counter(
    "tutti_semantics_encoding_seconds_total",
    "seconds",
    "Time until vectors were there, asking Redis included.",
)
SEMANTICS_HITS: Final = SEMANTICS.counter(
    "tutti_semantics_cache_hits_total", "texts", "Texts whose vector was in Redis."
)
SEMANTICS_MISSES: Final = SEMANTICS.counter(
    "tutti_semantics_cache_misses_total", "texts", "Texts whose vector had to be made."
)
SEMANTICS_CACHE_PAUSED: Final = SEMANTICS.gauge(
    "tutti_semantics_cache_paused",
    "",
    "1 if Redis was left alone at the newest text, because it failed or was slow; otherwise 0.",
)
SEMANTICS_KEPT: Final = SEMANTICS.gauge(
    "tutti_semantics_kept_proposals",
    "proposals",
    "Proposals in clusters, of the consultations that had some since the job started.",
)
SEMANTICS_MICRO_CLUSTERS: Final = SEMANTICS.gauge(
    "tutti_semantics_micro_clusters", "", "Micro-clusters of these consultations."
)
SEMANTICS_STATE: Final = SEMANTICS.gauge(
    "tutti_semantics_state_bytes",
    "bytes",
    "Size of what is kept of these consultations, Python's objects aside.",
)

CLICKHOUSE: Final = Source("clickhouse")
CLICKHOUSE_REQUESTS: Final = CLICKHOUSE.histogram(
    "tutti_clickhouse_request_seconds",
    "seconds",
    "One request, waiting for its turn included, by pool (inserts, queries, analysts).",
    ("pool",),
    buckets=SHORT_S,
)
CLICKHOUSE_RUNNING: Final = CLICKHOUSE.gauge(
    "tutti_clickhouse_running_requests", "requests", "Requests running or waiting.", ("pool",)
)
CLICKHOUSE_FAILED: Final = CLICKHOUSE.counter(
    "tutti_clickhouse_failed_requests_total",
    "requests",
    "Requests refused or failed, by ClickHouse's error code: 164 not allowed, 202 too many.",
    ("pool", "code"),
)
CLICKHOUSE_MEMORY: Final = CLICKHOUSE.gauge(
    "tutti_clickhouse_memory_bytes",
    "bytes",
    "Memory: tracked by the engine, resident in the process.",
    ("kind",),
)

SOURCES: Final = (
    INTAKE,
    HTTP_INTAKE,
    SINK,
    PROBE,
    PERIODIC,
    GROUPS,
    LIVE,
    SEMANTICS,
    FLINK,
    CLICKHOUSE,
)
METRICS: Final[dict[str, Metric]] = {
    metric.name: metric for source in SOURCES for metric in source.metrics
}

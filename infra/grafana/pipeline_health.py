"""The dashboard of the machine: does it live, is it fresh, does it keep up, has it room."""

from typing import Final

from grafana_foundation_sdk.models import units

from infra.grafana.dashboards import DashboardSpec, RowSpec
from infra.grafana.panels import PanelSpec, TableColumn
from infra.grafana.queries import clickhouse, newest, series

_UNSCRAPED: Final = "Not scraped: does Prometheus reach the metrics port?"
_BY_SERVICE: Final = "{{service}}"

PIPELINE_HEALTH: Final = DashboardSpec(
    uid="tutti-pipeline-health",
    title="Pipeline health",
    about="Do the services live, how late are the numbers, what keeps up, how much room is left.",
    by_consultation=False,
    rows=(
        RowSpec(
            "Does it live",
            (
                PanelSpec(
                    "Services",
                    "Green while a service has reported within 15 s (the votes job: 60 s). Red for"
                    " a minute: look at tutti status and at the log of that service.",
                    "reference/metrics#probe",
                    units.NoUnit,
                    _UNSCRAPED,
                    (series("1 - min by (service) (tutti_service_up)", _BY_SERVICE),),
                    kind="state",
                    width=16,
                    red=1,
                ),
                PanelSpec(
                    "Probe vote",
                    "How long the newest probe vote took until its tally was readable, and how"
                    " long the one now on its way has been waiting.",
                    "howto/operators/watch#freshness",
                    units.Seconds,
                    _UNSCRAPED,
                    (
                        newest("max(tutti_freshness_last_seconds)", "newest took", "A"),
                        newest("max(tutti_probe_waiting_seconds)", "on its way for", "B"),
                    ),
                    kind="stat",
                    width=8,
                    orange=10,
                    red=60,
                ),
                PanelSpec(
                    "Freshness",
                    "From sending a vote until its tally is readable: half of the probe votes took"
                    " at most the lower line, 99 of 100 at most the upper one.",
                    "howto/operators/watch#freshness",
                    units.Seconds,
                    _UNSCRAPED,
                    (
                        series(
                            "histogram_quantile(0.5,"
                            " sum by (le) (rate(tutti_freshness_seconds_bucket[15m])))",
                            "half",
                            "A",
                        ),
                        series(
                            "histogram_quantile(0.99,"
                            " sum by (le) (rate(tutti_freshness_seconds_bucket[15m])))",
                            "99 of 100",
                            "B",
                        ),
                    ),
                    orange=10,
                ),
                PanelSpec(
                    "Age of the newest consistent cut",
                    "How stale as_of can be. It grows when the votes job or the sink stands still.",
                    "explain/exactness#consistent-cuts",
                    units.Seconds,
                    _UNSCRAPED,
                    (series("time() - max(tutti_sink_cut_timestamp_seconds)", "age"),),
                    orange=60,
                    red=120,
                ),
            ),
        ),
        RowSpec(
            "Does it keep up",
            (
                PanelSpec(
                    "Lag",
                    "What each service has not done yet: messages for intake, accepted votes for"
                    " the votes job, records for the sink, proposals for semantics.",
                    "reference/metrics",
                    units.Short,
                    _UNSCRAPED,
                    (
                        series("sum(tutti_intake_lag_messages)", "intake", "A"),
                        series(
                            "sum(flink_taskmanager_job_task_operator_pendingRecords)", "votes", "B"
                        ),
                        series("sum(tutti_sink_lag_records)", "sink", "C"),
                        series("sum(tutti_semantics_lag_proposals)", "semantics", "D"),
                    ),
                ),
                PanelSpec(
                    "Stages, as ClickHouse knows them",
                    "Records in the log that each stage has not done yet, and the broker time of"
                    " the newest one that it has.",
                    "reference/dictionary#martsfreshness",
                    units.Short,
                    "Nothing was counted yet",
                    (clickhouse("pipeline_health/stages"),),
                    kind="table",
                    columns={
                        "newest": TableColumn("newest record", units.DateTimeFromNow),
                        "observed": TableColumn("observed", units.DateTimeFromNow),
                    },
                ),
                PanelSpec(
                    "Load of the votes job",
                    "Share of the time in which the busiest task works, and in which one waits for"
                    " the next. Near one: it counts as fast as it can.",
                    "reference/metrics#votes",
                    units.PercentUnit,
                    _UNSCRAPED,
                    (
                        series(
                            "max(flink_taskmanager_job_task_busyTimeMsPerSecond) / 1000",
                            "busy",
                            "A",
                        ),
                        series(
                            "max(flink_taskmanager_job_task_backPressuredTimeMsPerSecond) / 1000",
                            "waits",
                            "B",
                        ),
                    ),
                    orange=0.8,
                ),
                PanelSpec(
                    "Requests of ClickHouse",
                    "99 of 100 requests took at most so long, waiting for their turn included, by"
                    " pool: inserts of the sink, queries of operators, queries of analysts.",
                    "reference/metrics#clickhouse",
                    units.Seconds,
                    "ClickHouse is not scraped: Prometheus needs its password file",
                    (
                        series(
                            "histogram_quantile(0.99, sum by (le, pool)"
                            " (rate(tutti_clickhouse_request_seconds_bucket[$__rate_interval])))",
                            "{{pool}}",
                        ),
                    ),
                ),
            ),
        ),
        RowSpec(
            "Checkpoints",
            (
                PanelSpec(
                    "Duration of the newest checkpoint",
                    "With each checkpoint results become visible, so a long one makes numbers"
                    " late.",
                    "reference/metrics#votes",
                    units.Milliseconds,
                    _UNSCRAPED,
                    (series("max(flink_jobmanager_job_lastCheckpointDuration)", "votes"),),
                    width=8,
                    height=7,
                ),
                PanelSpec(
                    "Checkpoints a minute",
                    "Completed and failed. None completed for two minutes: nothing new is shown.",
                    "reference/metrics#votes",
                    units.Short,
                    _UNSCRAPED,
                    (
                        series(
                            "60 * rate(flink_jobmanager_job_numberOfCompletedCheckpoints"
                            "[$__rate_interval])",
                            "completed",
                            "A",
                        ),
                        series(
                            "60 * rate(flink_jobmanager_job_numberOfFailedCheckpoints"
                            "[$__rate_interval])",
                            "failed",
                            "B",
                        ),
                    ),
                    width=8,
                    height=7,
                ),
                PanelSpec(
                    "Size of the newest checkpoint",
                    "What the current ballots take. It grows with people and proposals, not with"
                    " votes that change.",
                    "reference/metrics#votes",
                    units.BytesIEC,
                    _UNSCRAPED,
                    (series("max(flink_jobmanager_job_lastCheckpointSize)", "votes"),),
                    width=8,
                    height=7,
                ),
            ),
        ),
        RowSpec(
            "Room",
            (
                PanelSpec(
                    "Heap of the votes job",
                    "Current ballots are in it. Above nine tenths for ten minutes: raise"
                    " TUTTI_FLINK_HEAP_MB.",
                    "howto/operators/run#sizes",
                    units.PercentUnit,
                    _UNSCRAPED,
                    (
                        series(
                            "max(flink_taskmanager_Status_JVM_Memory_Heap_Used)"
                            " / max(flink_taskmanager_Status_JVM_Memory_Heap_Max)",
                            "used",
                        ),
                    ),
                    width=8,
                    orange=0.8,
                    red=0.9,
                ),
                PanelSpec(
                    "Memory of ClickHouse",
                    "Tracked by the engine, and resident in the process.",
                    "reference/metrics#clickhouse",
                    units.BytesIEC,
                    "ClickHouse is not scraped: Prometheus needs its password file",
                    (series("sum by (kind) (tutti_clickhouse_memory_bytes)", "{{kind}}"),),
                    width=8,
                ),
                PanelSpec(
                    "Room on the disk",
                    "What is left on the disk that holds the data. Below 6 GB: make room; below 1"
                    " GB Kafka and ClickHouse stop soon.",
                    "howto/operators/alerts#is-there-room",
                    units.BytesIEC,
                    _UNSCRAPED,
                    (
                        series("min(tutti_disk_free_bytes)", "free", "A"),
                        series("max(tutti_disk_size_bytes)", "size", "B"),
                    ),
                    width=8,
                ),
                PanelSpec(
                    "Restarts",
                    "How often each service started anew within 15 minutes. Once after an upgrade"
                    " is well; more than twice: its log says why.",
                    "howto/operators/alerts#is-it-there",
                    units.Short,
                    _UNSCRAPED,
                    (
                        series(
                            "max by (service)"
                            " (changes(tutti_service_started_timestamp_seconds[15m]))",
                            _BY_SERVICE,
                        ),
                    ),
                    width=8,
                    orange=1,
                    red=3,
                ),
                PanelSpec(
                    "Periodic tasks",
                    "Mean time that each task takes at a tick. A task that takes longer than a"
                    " minute makes ticks fall out.",
                    "reference/metrics#periodic",
                    units.Seconds,
                    _UNSCRAPED,
                    (
                        series(
                            "sum by (task) (rate(tutti_periodic_task_seconds_sum[5m]))"
                            " / sum by (task) (rate(tutti_periodic_task_seconds_count[5m]))",
                            "{{task}}",
                        ),
                    ),
                    width=8,
                ),
            ),
        ),
    ),
)

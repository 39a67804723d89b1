"""For each alert: series with which it fires, and series with which it is silent.

Values are written as promtool reads them, one for every 15 s: `0x40` is ten minutes of zeros,
`0+5x40` grows by five each time, `_x4` is a minute without a sample.
"""

from dataclasses import dataclass, field
from typing import Final

Series = dict[str, str]

CONSULTATION: Final = "{consultation='cities'}"
OPEN: Final = {f"tutti_consultation_open{CONSULTATION}": "1x400"}
FRANCE: Final = "{consultation='cities',country='FR'}"
WEB: Final = "{consultation='cities',source='web'}"
HEAP: Final = "flink_taskmanager_Status_JVM_Memory_Heap_"
BUSY_THEN_NOTHING: Final = "600x60 0x400"
"""A quarter of an hour with votes, then none."""


@dataclass(frozen=True)
class Case:
    """One alert.

    Attributes:
        fires: Series with which it fires at `minute`.
        silent: Others, with which it does not: by name, because each has a reason.
        summary: What is written to whom it wakes.
        labels: Of the alert, besides name and severity.
        minute: When it is asked for.
    """

    fires: Series
    silent: dict[str, Series]
    summary: str
    labels: dict[str, str] = field(default_factory=dict)
    minute: int = 40


def silence(kind: str, labels: str) -> tuple[Series, dict[str, Series]]:
    """A country or source that fell silent while others go on, and what is none."""
    fires = OPEN | {
        f"tutti_{kind}_recent_votes{labels}": "150x60 0x400",
        f"tutti_{kind}_earlier_votes{labels}": BUSY_THEN_NOTHING,
        f"tutti_consultation_recent_votes{CONSULTATION}": "900x400",
    }
    return fires, {
        "it votes": fires | {f"tutti_{kind}_recent_votes{labels}": "150x60 1x400"},
        "it never voted much": fires | {f"tutti_{kind}_earlier_votes{labels}": "59x400"},
        "all are silent, which another alert says": fires
        | {f"tutti_consultation_recent_votes{CONSULTATION}": "0x400"},
        "the consultation is closed": fires | {f"tutti_consultation_open{CONSULTATION}": "0x400"},
        "it was silent for a moment": fires
        | {f"tutti_{kind}_recent_votes{labels}": "150x60 0x59 1x400"},
    }


COUNTRY_FIRES, COUNTRY_SILENT = silence("country", FRANCE)
SOURCE_FIRES, SOURCE_SILENT = silence("source", WEB)
VOTES_FIRE: Final = OPEN | {
    f"tutti_consultation_recent_votes{CONSULTATION}": "150x60 0x400",
    f"tutti_consultation_earlier_votes{CONSULTATION}": BUSY_THEN_NOTHING,
}

CASES: Final[dict[str, Case]] = {
    "TuttiNotScraped": Case(
        {"up{job='tutti'}": "1x100 0x100"},
        {
            "it answers": {"up{job='tutti'}": "1x400"},
            "once it did not": {"up{job='tutti'}": "1x156 0x3 1x400"},
            "it is somebody else's": {"up{job='node'}": "0x400"},
        },
        "tutti does not answer: tutti doctor, tutti up",
        {"job": "tutti"},
    ),
    "TuttiPartSilent": Case(
        {"tutti_service_up{service='sink'}": "1x100 0x100"},
        {
            "it reports": {"tutti_service_up{service='sink'}": "1x400"},
            "it is just starting anew": {"tutti_service_up{service='sink'}": "1x157 0x400"},
        },
        "sink has reported nothing for a minute: tutti status, and its log",
        {"service": "sink"},
    ),
    "TuttiServiceRestarts": Case(
        {"tutti_service_started_timestamp_seconds{service='sink'}": "100x120 200x9 300x9 400x400"},
        {
            "it was restarted once": {
                "tutti_service_started_timestamp_seconds{service='sink'}": "100x140 200x400"
            },
            "that was long ago": {
                "tutti_service_started_timestamp_seconds{service='sink'}": "1x9 2x9 3x9 4x400"
            },
        },
        "sink has started 3 times within 15 minutes: its log says why",
        {"service": "sink"},
    ),
    "TuttiJobRestarts": Case(
        {"flink_jobmanager_job_numRestarts": "0x130 2x10 5x100"},
        {
            "never": {"flink_jobmanager_job_numRestarts": "0x400"},
            "it restarted once": {"flink_jobmanager_job_numRestarts": "0x130 1x400"},
            "its process was started anew": {"flink_jobmanager_job_numRestarts": "9x130 0x400"},
        },
        "The votes job keeps restarting within its process: the log of votes says why",
    ),
    "TuttiVotesSilent": Case(
        VOTES_FIRE,
        {
            "one votes": VOTES_FIRE
            | {f"tutti_consultation_recent_votes{CONSULTATION}": "150x60 1x400"},
            "it is closed": VOTES_FIRE | {f"tutti_consultation_open{CONSULTATION}": "0x400"},
            "it never had many votes": VOTES_FIRE
            | {f"tutti_consultation_earlier_votes{CONSULTATION}": "59x400"},
            "they came back": VOTES_FIRE
            | {f"tutti_consultation_recent_votes{CONSULTATION}": "150x60 0x59 1x400"},
        },
        "cities is open, had votes today, and has had none for half an hour",
        {"consultation": "cities"},
    ),
    "TuttiCountrySilent": Case(
        COUNTRY_FIRES,
        COUNTRY_SILENT,
        "FR has fallen silent in cities; others vote",
        {"consultation": "cities", "country": "FR"},
    ),
    "TuttiSourceSilent": Case(
        SOURCE_FIRES,
        SOURCE_SILENT,
        "Source web has fallen silent in cities; others send",
        {"consultation": "cities", "source": "web"},
    ),
    "TuttiMostMessagesRefused": Case(
        {"tutti_intake_rejected_total": "0+600x400", "tutti_intake_messages_total": "0+1000x400"},
        {
            "fewer than half": {
                "tutti_intake_rejected_total": "0+400x400",
                "tutti_intake_messages_total": "0+1000x400",
            },
            "there are few at all": {
                "tutti_intake_rejected_total": "0+100x400",
                "tutti_intake_messages_total": "0+100x400",
            },
        },
        "Most messages are refused, by whom and why is in marts.dead_letters",
    ),
    "TuttiMostHttpMessagesRefused": Case(
        {
            "tutti_http_intake_rejected_total": "0+600x400",
            "tutti_http_intake_accepted_total": "0+400x400",
        },
        {
            "fewer than half": {
                "tutti_http_intake_rejected_total": "0+400x400",
                "tutti_http_intake_accepted_total": "0+600x400",
            },
            "there are few at all": {
                "tutti_http_intake_rejected_total": "0+100x400",
                "tutti_http_intake_accepted_total": "0+0x400",
            },
        },
        "Most messages sent by HTTP are refused: reasons are in tutti_http_intake_rejected_total",
    ),
    "TuttiSignals": Case(
        {f"tutti_consultation_new_signals{CONSULTATION}": "0x100 2x400"},
        {"none": {f"tutti_consultation_new_signals{CONSULTATION}": "0x400"}},
        "2 new signals of manipulation in cities: tutti signals",
        {"consultation": "cities"},
    ),
    "TuttiVotesShownLate": Case(
        {"tutti_freshness_last_seconds": "12x400"},
        {
            "it is fresh": {"tutti_freshness_last_seconds": "3x400"},
            "one was late": {"tutti_freshness_last_seconds": "3x156 12x3 3x400"},
        },
        "A vote is readable only 12 s after it was sent: see which stage is behind",
    ),
    "TuttiProbeLost": Case(
        {"tutti_probe_waiting_seconds": "0x140 0+15x400"},
        {"it waits as always": {"tutti_probe_waiting_seconds": "2x400"}},
        "A vote sent 285 s ago is still not counted: tutti status, tutti doctor",
    ),
    "TuttiCutOld": Case(
        {"tutti_sink_cut_timestamp_seconds": "0+15x140 2085x400"},
        {
            "cuts go on": {"tutti_sink_cut_timestamp_seconds": "0+15x400"},
            "one took a while": {"tutti_sink_cut_timestamp_seconds": "0+15x156 2340x400"},
        },
        "No consistent cut for two minutes: as_of stands still",
    ),
    "TuttiCheckpointOld": Case(
        {"flink_jobmanager_job_numberOfCompletedCheckpoints": "0+7x120 840x400"},
        {
            "they go on": {"flink_jobmanager_job_numberOfCompletedCheckpoints": "0+1x400"},
            "the process was started anew": {
                "flink_jobmanager_job_numberOfCompletedCheckpoints": "0+7x150 0+1x400"
            },
        },
        "No checkpoint of the votes job for five minutes, so nothing new is shown",
    ),
    "TuttiCheckpointsFail": Case(
        {"flink_jobmanager_job_numberOfFailedCheckpoints": "0x120 0+1x400"},
        {
            "none": {"flink_jobmanager_job_numberOfFailedCheckpoints": "0x400"},
            "two": {"flink_jobmanager_job_numberOfFailedCheckpoints": "0x130 2x400"},
        },
        "Checkpoints of the votes job fail, so nothing new is shown: disk full?",
    ),
    "TuttiMinutelyLate": Case(
        {"tutti_periodic_tick_timestamp_seconds": "0+15x120 1800x400"},
        {
            "ticks go on": {
                "tutti_periodic_tick_timestamp_seconds": "0+15x400",
                "tutti_periodic_failed_total{task='publish'}": "0x400",
            },
            "a task failed twice": {
                "tutti_periodic_tick_timestamp_seconds": "0+15x400",
                "tutti_periodic_failed_total{task='publish'}": "0x140 2x400",
            },
        },
        "The work at minute marks is late or fails: see the log of periodic",
    ),
    "TuttiIntakeFallsBehind": Case(
        {"tutti_intake_lag_messages": "0+2000x400"},
        {
            "it catches up": {"tutti_intake_lag_messages": "900000-1000x400"},
            "it keeps up": {"tutti_intake_lag_messages": "0+10x400"},
        },
        "Intake reads slower than votes arrive: start another one (TUTTI_INSTANCE)",
    ),
    "TuttiVotesJobFallsBehind": Case(
        {"flink_taskmanager_job_task_operator_pendingRecords": "200000x400"},
        {
            "it keeps up": {"flink_taskmanager_job_task_operator_pendingRecords": "100x400"},
            "a moment's rush": {
                "flink_taskmanager_job_task_operator_pendingRecords": "0x150 200000x400"
            },
        },
        "The votes job has 200000 votes to count yet",
    ),
    "TuttiSinkFallsBehind": Case(
        {"tutti_sink_lag_records": "200000x400"},
        {
            "it keeps up": {"tutti_sink_lag_records": "100x400"},
            "a moment's rush": {"tutti_sink_lag_records": "0x150 200000x400"},
        },
        "The sink has 200000 records to write yet: is ClickHouse slow?",
    ),
    "TuttiTopicsFallBehind": Case(
        {"tutti_semantics_lag_proposals": "2000x400"},
        {
            "it keeps up": {"tutti_semantics_lag_proposals": "3x400"},
            "a moment's rush": {"tutti_semantics_lag_proposals": "0x120 2000x400"},
        },
        "2000 proposals wait for their topic; votes are not concerned",
    ),
    "TuttiClickHouseAway": Case(
        {"tutti_sink_retries_total": "0x140 0+1x400"},
        {
            "none": {"tutti_sink_retries_total": "0x400"},
            "a few, once": {"tutti_sink_retries_total": "0x150 3x400"},
        },
        "The sink had to repeat its requests: the log of clickhouse says why",
    ),
    "TuttiHeapNearlyFull": Case(
        {f"{HEAP}Used": "950x400", f"{HEAP}Max": "1000x400"},
        {
            "there is room": {f"{HEAP}Used": "700x400", f"{HEAP}Max": "1000x400"},
            "garbage was collected": {
                f"{HEAP}Used": "950x140 500x5 950x400",
                f"{HEAP}Max": "1000x400",
            },
        },
        "The votes job's heap is nearly full: raise TUTTI_FLINK_HEAP_MB",
    ),
    "TuttiDiskFillsUp": Case(
        {"tutti_disk_free_bytes": "5000000000x400"},
        {
            "there is room": {"tutti_disk_free_bytes": "70000000000x400"},
            "it shrinks, but slowly": {"tutti_disk_free_bytes": "70000000000-1000000x400"},
            "something large came and went": {
                "tutti_disk_free_bytes": "70000000000x120 60000000000x20 70000000000x400"
            },
        },
        "The disk of the data has less than 6 GB left, or is full within a day",
    ),
    "TuttiDiskNearlyFull": Case(
        {"tutti_disk_free_bytes": "536870912x400"},
        {"there is room": {"tutti_disk_free_bytes": "2000000000x400"}},
        "The disk of the data has 512MiB left: make room now",
    ),
}

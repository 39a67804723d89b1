"""Flink's own metrics: of some 3,000 series, those that say how the votes job is."""

from typing import Final

from infra.service.metric_types import Source

FLINK: Final = Source("votes")
for _name, _unit, _labels, _about in (
    ("jobmanager_job_lastCheckpointDuration", "", (), "Duration of the newest checkpoint, ms."),
    ("jobmanager_job_lastCheckpointSize", "bytes", (), "Size of the newest checkpoint."),
    ("jobmanager_job_numberOfCompletedCheckpoints", "", (), "Checkpoints completed by this run."),
    ("jobmanager_job_numberOfFailedCheckpoints", "", (), "Checkpoints failed in this run."),
    ("jobmanager_job_numRestarts", "", (), "Restarts of the job within its process."),
    ("taskmanager_Status_JVM_Memory_Heap_Used", "bytes", (), "Heap in use."),
    ("taskmanager_Status_JVM_Memory_Heap_Max", "bytes", (), "Heap there is."),
    (
        "taskmanager_Status_JVM_GarbageCollector_All_TimeMsPerSecond",
        "",
        (),
        "Time spent in garbage collection, ms per s.",
    ),
    (
        "taskmanager_job_task_busyTimeMsPerSecond",
        "",
        ("task_name", "subtask_index"),
        "Time a task works, ms per s.",
    ),
    (
        "taskmanager_job_task_backPressuredTimeMsPerSecond",
        "",
        ("task_name", "subtask_index"),
        "Time a task waits for the next one, ms per s.",
    ),
    (
        "taskmanager_job_task_operator_pendingRecords",
        "records",
        ("task_name", "operator_name", "subtask_index"),
        "Accepted votes that the job has not read yet.",
    ),
):
    FLINK.declare(f"flink_{_name}", "gauge", _unit, _about, _labels)  # type: ignore[arg-type]

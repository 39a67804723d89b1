"""The job monitor: which checkpoints a running job completed, and when it is given up."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from infra.flink.rest import FlinkRest
from infra.service.heartbeat import Heartbeat
from pipelines.flink.checkpoint_records import record_completed, record_damage
from pipelines.flink.restore import RestorePlan

RESTORE_FAILED: Final = (
    "StreamOperatorStateContext",  # a task could not read its state
    "Failed to rollback to checkpoint",
)

log = structlog.get_logger()


@dataclass(slots=True)
class JobMonitor:
    """Watches one run of a job.

    Attributes:
        service: Whose job it is.
        flink: Its REST interface.
        restore: What it counts, and from where.
        folder: Of that count's state.
        heartbeat: How the service says that it is alive.
        facts: What else the heartbeat says.
        completed: The newest checkpoint of this run; 0: none yet.
    """

    service: str
    flink: FlinkRest
    restore: RestorePlan
    folder: Path
    heartbeat: Heartbeat
    facts: Mapping[str, str] = field(default_factory=dict)
    completed: int = 0

    def poll(self, client: Any) -> None:
        """Record what is new; ends the process when the job has ended."""
        job = str(client.get_job_id())
        state = client.get_job_status().result().name
        completed = self.flink.newest_completed(job)
        if completed is not None and completed > self.completed:
            self.completed = completed
            record_completed(completed, self.folder / "checkpoints" / job)
        if not self.completed and self.restore.checkpoint is not None:
            failure = self.flink.newest_failure(job)
            if failure:
                self.record_failure(failure)
        facts = {"epoch": self.restore.epoch, "state": state, **self.facts}
        self.heartbeat.beat(ready=bool(self.completed), **facts)
        if state in {"FAILED", "CANCELED", "FINISHED"}:
            failure = self.flink.newest_failure(job)[:2000]
            log.error("job_ended", service=self.service, state=state, failure=failure)
            sys.exit(1)

    def record_failure(self, failure: str) -> None:
        """Give a checkpoint up that cannot be restored, and end, so that another way is chosen."""
        checkpoint = self.restore.checkpoint
        if checkpoint is None or self.completed:
            return
        if any(sign in failure for sign in RESTORE_FAILED):
            log.error(
                "checkpoint_cannot_be_restored", checkpoint=checkpoint.name, why=failure[:2000]
            )
            record_damage(checkpoint, self.folder)
            sys.exit(1)

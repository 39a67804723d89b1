"""Where a count starts: at a checkpoint that is whole and fits, or anew in an epoch never used.

Counting anew costs time and is always right. Falling back to an older checkpoint would show older
numbers for a moment, because what was counted after it has been visible; so that is done only when
the log no longer reaches back to its start.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.config.settings import Settings
from infra.local.epochs import RebuildRecord, epoch_folder, epochs_with_folder
from infra.service.state_files import read_json, write_json
from operators.core.errors import TerminalError
from operators.flink.checkpoints import checkpoints
from operators.flink.plan import Plan
from operators.flink.state import StateKind
from pipelines.flink.checkpoint_records import last_completed
from pipelines.flink.restore import DamageCheck, RestorePlan, intact


@dataclass(frozen=True, slots=True)
class EpochOutputs:
    """The epochs of which the output topics hold something.

    Attributes:
        live: Those with output that counts.
        ever: Those that ever had some, as far as the log knows.
    """

    live: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()


class CannotRestoreError(TerminalError):
    """The job must not start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RestorePolicy:
    """Chooses where to start.

    Attributes:
        settings: Where the state is.
        plan: What the job runs.
        outputs: The epochs that have output.
        log_is_whole: Whether accepted votes reach back to their start.
        check: Finds damage.
    """

    settings: Settings
    plan: Plan
    outputs: EpochOutputs
    log_is_whole: bool
    check: DamageCheck

    def votes(self, record: RebuildRecord, active: int) -> RestorePlan:
        """The start of the running count.

        Args:
            record: Which epochs are not its own.
            active: The active epoch; 0 if none or unknown.

        Raises:
            CannotRestoreError: The state is of another plan, or everything would have to be counted
                again and the log does not reach back.
        """
        folders = epochs_with_folder(self.settings)
        ours = (folders | self.outputs.live) - {record.rebuilding} - set(record.abandoned)
        newest = max(ours, default=0)
        if newest and newest >= active:
            restore = self._resume(newest)
            if restore is not None:
                return restore
        if record.rebuilding is not None:
            raise CannotRestoreError(
                f"The running count has lost its state: epoch {record.rebuilding}, which is being"
                " counted, takes its place."
            )
        return self._begin(self._unused(record, active))

    def rebuild(self, record: RebuildRecord, active: int) -> RestorePlan:
        """The start of the count beside it, which `record` names."""
        assert record.rebuilding is not None  # noqa: S101 - for the type checker
        try:
            restore = self._resume(record.rebuilding)
        except CannotRestoreError:  # an upgrade in between
            restore = None
        return restore or self._begin(self._unused(record, active))

    def _resume(self, epoch: int) -> RestorePlan | None:
        """Resume an epoch, or begin one without output; None: it must be counted anew."""
        folder = epoch_folder(self.settings, epoch)
        if checkpoints(folder / "checkpoints"):
            self._check_plan(epoch)
            checkpoint = intact(folder, self.check, log_is_whole=self.log_is_whole)
            return None if checkpoint is None else RestorePlan(epoch, checkpoint)
        return (
            None
            if epoch in self.outputs.live or last_completed(folder).number
            else self._begin(epoch)
        )

    def _begin(self, epoch: int) -> RestorePlan:
        if not self.log_is_whole:
            raise CannotRestoreError(
                "All votes would have to be counted again, but the beginning of"
                " tutti.accepted-votes.v1 is gone: restore a backup (tutti restore)."
            )
        return RestorePlan(epoch, None)

    def _unused(self, record: RebuildRecord, active: int) -> int:
        known = epochs_with_folder(self.settings) | self.outputs.ever | set(record.abandoned)
        # protects: a lost count is counted into a new epoch
        return max(known | {active, record.rebuilding or 0}) + 1

    def _check_plan(self, epoch: int) -> None:
        made = made_by(self.settings, epoch)
        if made["sha256"] != self.plan.sha256:
            raise CannotRestoreError(
                f"The state of epoch {epoch} was made by plan {made['version']} of the votes job,"
                f" this version of tutti has plan {self.plan.version}: run tutti rebuild, which"
                " counts anew while the old numbers stay visible."
            )


def made_by(settings: Settings, epoch: int) -> dict[str, str]:
    """Version and checksum of the plan that made an epoch's state."""
    known = read_json(epoch_folder(settings, epoch) / "plan.json")
    return dict(known or {"version": "0 (or unknown)", "sha256": ""})


def kept_in(settings: Settings, epoch: int) -> StateKind:
    """Where an epoch keeps its ballots: its checkpoints cannot be read as the other kind."""
    # Records of before the choice do not say it.
    return "disk" if made_by(settings, epoch).get("state") == "disk" else "memory"


def may_be_kept_in(settings: Settings, record: RebuildRecord, *, beside: bool) -> set[StateKind]:
    """Where the count that will be chosen may keep its ballots: Java's heap is sized before that.

    Args:
        settings: Where the state is; what a count begins with that has none.
        record: Which epoch is being rebuilt.
        beside: For that one, not for the running count.
    """
    epochs = {e for e in epochs_with_folder(settings) if (e == record.rebuilding) == beside}
    return {settings.state, *(kept_in(settings, epoch) for epoch in epochs)}


def still_kept_in(kind: StateKind) -> str:
    """What is said while a count goes on in another kind of state than the settings ask for."""
    other = "disk" if kind == "memory" else "memory"
    where = {"memory": "in memory", "disk": "on disk"}
    return (
        f"This count keeps its ballots {where[kind]}, as it began, though TUTTI_STATE={other}: run"
        f" tutti rebuild, which counts anew {where[other]} while the numbers go on."
    )


def record_plan(folder: Path, plan: Plan, state: StateKind) -> None:
    """Write beside an epoch's state which plan makes it, and where it keeps ballots."""
    made = {"version": plan.version, "sha256": plan.sha256, "state": state}
    write_json(folder / "plan.json", made)

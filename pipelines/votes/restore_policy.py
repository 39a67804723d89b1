"""Where a count starts: at a checkpoint that is whole and fits, or anew in an epoch never used.

Counting anew costs time and is always right. Falling back to an older checkpoint would show older
numbers for a moment, because what was counted after it has been shown; so that is done only when
the log no longer reaches back to its start.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from infra.config.settings import Settings
from infra.local.epochs import RebuildRecord, epoch_folder, epochs_with_folder
from operators.core.errors import TerminalError
from operators.flink.checkpoints import DamagedError, checkpoint_number, checkpoints, kept_by
from operators.flink.plan import Plan
from operators.flink.settings import RETAINED

MAX_TRIES: Final = 10
"""Starts from one checkpoint that never got to a checkpoint of their own."""

Check = Callable[[Path, Path], None]
"""Raises DamagedError unless a checkpoint of an epoch's folder is whole."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outputs:
    """The epochs of which the output topics hold something.

    Attributes:
        live: Those with output that counts.
        ever: Those that ever had some, as far as the log knows.
    """

    live: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What to count into, and from where.

    Attributes:
        epoch: The count.
        checkpoint: What to resume; None: from the start of the log.
    """

    epoch: int
    checkpoint: Path | None


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
    outputs: Outputs
    log_is_whole: bool
    check: Check

    def votes(self, note: RebuildRecord, shown: int) -> RestorePlan:
        """The start of the running count.

        Args:
            note: Which epochs are not its own.
            shown: The epoch that people see; 0 if none or unknown.

        Raises:
            CannotRestoreError: The state is of another plan, or everything would have to be counted
                again and the log does not reach back.
        """
        folders = epochs_with_folder(self.settings)
        ours = (folders | self.outputs.live) - {note.rebuilding} - set(note.abandoned)
        newest = max(ours, default=0)
        if newest and newest >= shown:
            restore = self._go_on(newest)
            if restore is not None:
                return restore
        if note.rebuilding is not None:
            raise CannotRestoreError(
                f"The running count has lost its state: epoch {note.rebuilding}, which is being"
                " counted, takes its place."
            )
        return self._anew(self._unused(note, shown))

    def rebuild(self, note: RebuildRecord, shown: int) -> RestorePlan:
        """The start of the count beside it, which `note` names."""
        assert note.rebuilding is not None  # noqa: S101 - for the type checker
        try:
            restore = self._go_on(note.rebuilding)
        except CannotRestoreError:  # an upgrade in between
            restore = None
        return restore or self._anew(self._unused(note, shown))

    def _go_on(self, epoch: int) -> RestorePlan | None:
        """Resume an epoch, or begin one without output; None: it must be counted anew."""
        folder = epoch_folder(self.settings, epoch)
        if checkpoints(folder / "checkpoints"):
            self._check_plan(epoch)
            checkpoint = intact(folder, self.check, log_is_whole=self.log_is_whole)
            return None if checkpoint is None else RestorePlan(epoch, checkpoint)
        return (
            None if epoch in self.outputs.live or _completed(folder).number else self._anew(epoch)
        )

    def _anew(self, epoch: int) -> RestorePlan:
        if not self.log_is_whole:
            raise CannotRestoreError(
                "All votes would have to be counted again, but the beginning of"
                " tutti.accepted-votes.v1 is gone: restore a backup (tutti restore)."
            )
        return RestorePlan(epoch, None)

    def _unused(self, note: RebuildRecord, shown: int) -> int:
        known = epochs_with_folder(self.settings) | self.outputs.ever | set(note.abandoned)
        # protects: a lost count is counted into a new epoch
        return max(known | {shown, note.rebuilding or 0}) + 1

    def _check_plan(self, epoch: int) -> None:
        made = made_by(self.settings, epoch)
        if made["sha256"] != self.plan.sha256:
            raise CannotRestoreError(
                f"The state of epoch {epoch} was made by plan {made['version']} of the votes job,"
                f" this version of tutti has plan {self.plan.version}: run tutti rebuild, which"
                " counts anew while the old numbers stay visible."
            )


def intact(folder: Path, check: Check, *, log_is_whole: bool) -> Path | None:
    """The newest checkpoint if it is whole; an older one only if nothing else is left.

    Args:
        folder: Of the count's state.
        check: Finds damage.
        log_is_whole: Whether everything can be counted again.
    """
    for checkpoint in checkpoints(folder / "checkpoints"):
        try:
            _check_records(checkpoint, folder, log_is_whole=log_is_whole)
            check(checkpoint, folder)
        except DamagedError as error:
            log.warning("checkpoint_unusable", checkpoint=_name(checkpoint), reason=str(error))
            if log_is_whole:
                return None
        else:
            return checkpoint
    return None


def _check_records(checkpoint: Path, folder: Path, *, log_is_whole: bool) -> None:
    if _name(checkpoint) in _damaged(folder):
        raise DamagedError("it could not be restored before")
    if not log_is_whole:
        return
    last = _completed(folder)
    if checkpoint_number(checkpoint) < last.number:
        raise DamagedError(f"it is not the newest: chk-{last.number} is gone")
    # The newest may have been complete, and its output shown, before anybody noted it.
    run = checkpoint.parent
    # protects: a newest checkpoint that was lost before anybody noted it is missed
    if run.name == last.run and (kept := kept_by(run)) < last.kept:
        raise DamagedError(f"a newer one is gone: {kept} are there of {last.kept} that are kept")


def made_by(settings: Settings, epoch: int) -> dict[str, str]:
    """Version and checksum of the plan that made an epoch's state."""
    try:
        return dict(json.loads((epoch_folder(settings, epoch) / "plan.json").read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {"version": "0 (or unknown)", "sha256": ""}


def record_plan(folder: Path, plan: Plan) -> None:
    """Write beside an epoch's state which plan makes it."""
    draft = folder / "plan.draft"
    draft.write_text(json.dumps({"version": plan.version, "sha256": plan.sha256}))
    draft.replace(folder / "plan.json")


def record_try(checkpoint: Path, folder: Path) -> None:
    """Count a start from a checkpoint; one try too many makes it a damaged one."""
    file = folder / "tries.json"
    try:
        known = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        known = {}
    tries = known.get("tries", 0) + 1 if known.get("checkpoint") == _name(checkpoint) else 1
    if tries > MAX_TRIES:
        record_damage(checkpoint, folder)
    file.write_text(json.dumps({"checkpoint": _name(checkpoint), "tries": tries}))


def record_damage(checkpoint: Path, folder: Path) -> None:
    """Remember that a checkpoint cannot be restored."""
    with (folder / "damaged").open("a") as file:
        file.write(_name(checkpoint) + "\n")


@dataclass(frozen=True, slots=True)
class _Completed:
    """What was noted of complete checkpoints.

    Attributes:
        number: The newest; 0: none was ever seen.
        run: The job that made it, as its folder is called.
        kept: So many of that job are there from then on, because one goes only when another comes.
    """

    number: int = 0
    run: str = ""
    kept: int = 0


def record_completed(number: int, run: Path) -> None:
    """Remember the newest checkpoint, so that its loss is noticed; the last start was good.

    Args:
        number: Of the checkpoint.
        run: The folder of the job's checkpoints, ``checkpoints/JOB`` in that of the count.
    """
    folder = run.parent.parent
    (folder / "tries.json").unlink(missing_ok=True)
    draft = folder / "completed.draft"
    draft.write_text(f"{number} {run.name} {min(kept_by(run), RETAINED)}")
    draft.replace(folder / "completed")


def _completed(folder: Path) -> _Completed:
    try:
        number, run, kept = (folder / "completed").read_text().split()
        return _Completed(int(number), run, int(kept))
    except (FileNotFoundError, ValueError):
        return _Completed()


def _damaged(folder: Path) -> set[str]:
    try:
        return set((folder / "damaged").read_text().split())
    except FileNotFoundError:
        return set()


def _name(checkpoint: Path) -> str:
    return f"{checkpoint.parent.name}/{checkpoint.name}"

"""Where a job is restored from: the newest checkpoint, if it is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from operators.flink.checkpoints import DamagedError, checkpoint_number, checkpoints, kept_by
from pipelines.flink.checkpoint_records import damaged, last_completed, name_of

DamageCheck = Callable[[Path, Path], None]
"""Raises DamagedError unless a checkpoint of an epoch's folder is whole."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What to count into, and from where.

    Attributes:
        epoch: The count.
        checkpoint: What to resume; None: from the start of the log.
    """

    epoch: int
    checkpoint: Path | None


def intact(folder: Path, check: DamageCheck, *, log_is_whole: bool) -> Path | None:
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
            log.warning("checkpoint_unusable", checkpoint=name_of(checkpoint), reason=str(error))
            if log_is_whole:
                return None
        else:
            return checkpoint
    return None


def _check_records(checkpoint: Path, folder: Path, *, log_is_whole: bool) -> None:
    if name_of(checkpoint) in damaged(folder):
        raise DamagedError("it could not be restored before")
    if not log_is_whole:
        return
    last = last_completed(folder)
    if checkpoint_number(checkpoint) < last.number:
        raise DamagedError(f"it is not the newest: chk-{last.number} is gone")
    # The newest may have been complete, and its output shown, before anybody noted it.
    run = checkpoint.parent
    # protects: a newest checkpoint that was lost before anybody noted it is missed
    if run.name == last.run and (kept := kept_by(run)) < last.kept:
        raise DamagedError(f"a newer one is gone: {kept} are there of {last.kept} that are kept")

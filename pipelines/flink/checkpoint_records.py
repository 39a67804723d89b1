"""Records beside a job's checkpoints: tries, damage, and the newest one that was completed.

Flink keeps the checkpoints; these small files remember what Flink does not, so that a checkpoint
that cannot be restored is not tried for ever, and the loss of the newest one is noticed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.service.state_files import read_json, write_json, write_whole
from operators.flink.checkpoints import kept_by
from operators.flink.settings import RETAINED

MAX_TRIES: Final = 10
"""Starts from one checkpoint that never got to a checkpoint of their own."""


def record_try(checkpoint: Path, folder: Path) -> None:
    """Count a start from a checkpoint; one try too many makes it a damaged one."""
    file = folder / "tries.json"
    known = read_json(file) or {}
    tries = known.get("tries", 0) + 1 if known.get("checkpoint") == name_of(checkpoint) else 1
    if tries > MAX_TRIES:
        record_damage(checkpoint, folder)
    write_json(file, {"checkpoint": name_of(checkpoint), "tries": tries})


def record_damage(checkpoint: Path, folder: Path) -> None:
    """Remember that a checkpoint cannot be restored."""
    with (folder / "damaged").open("a") as file:
        file.write(name_of(checkpoint) + "\n")


@dataclass(frozen=True, slots=True)
class Completed:
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
    write_whole(folder / "completed", f"{number} {run.name} {min(kept_by(run), RETAINED)}")


def last_completed(folder: Path) -> Completed:
    """The newest checkpoint that was seen complete; number 0: none was."""
    try:
        number, run, kept = (folder / "completed").read_text().split()
        return Completed(int(number), run, int(kept))
    except (FileNotFoundError, ValueError):
        return Completed()


def damaged(folder: Path) -> set[str]:
    """The checkpoints that could not be restored, by `name_of`."""
    try:
        return set((folder / "damaged").read_text().split())
    except FileNotFoundError:
        return set()


def name_of(checkpoint: Path) -> str:
    """``JOB/chk-N``."""
    return f"{checkpoint.parent.name}/{checkpoint.name}"

"""Epochs: whole counts of all votes, where their state is, and which of them is being rebuilt.

A note on disk says which epoch a rebuild counts into and which ones were given up. The processes
of the votes job and ``tutti rebuild`` act on it; nothing else needs to be told.
"""

import fcntl
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.config.settings import Settings
from infra.service.state_files import write_json


@dataclass(frozen=True, slots=True)
class RebuildRecord:
    """What is known of epochs besides their state and output.

    Attributes:
        rebuilding: The epoch that is counted beside the running one; None: no rebuild.
        abandoned: Epochs that are never resumed; their output is on its way out.
    """

    rebuilding: int | None = None
    abandoned: tuple[int, ...] = ()

    def abandon(self, epoch: int) -> "RebuildRecord":
        """The same with one epoch given up."""
        rebuilding = None if self.rebuilding == epoch else self.rebuilding
        return RebuildRecord(rebuilding, tuple(sorted({*self.abandoned, epoch})))

    def forget(self, epoch: int) -> "RebuildRecord":
        """The same without an epoch whose output is gone."""
        return RebuildRecord(self.rebuilding, tuple(e for e in self.abandoned if e != epoch))


def epoch_folder(settings: Settings, epoch: int) -> Path:
    """Where an epoch's checkpoints and changelog are."""
    return settings.home / "votes" / f"epoch-{epoch}"


def epochs_with_folder(settings: Settings) -> set[int]:
    """The epochs that have state on disk, if only an empty folder."""
    names = (folder.name for folder in (settings.home / "votes").glob("epoch-*"))
    return {int(match[1]) for name in names if (match := re.fullmatch(r"epoch-(\d+)", name))}


def read_rebuild_record(settings: Settings) -> RebuildRecord:
    """The note; an empty one if there is none."""
    try:
        found = json.loads(_file(settings).read_text())
    except FileNotFoundError:
        return RebuildRecord()
    return RebuildRecord(found["rebuilding"], tuple(found["abandoned"]))


def update_rebuild_record(
    settings: Settings, change: Callable[[RebuildRecord], RebuildRecord]
) -> RebuildRecord:
    """Change the note; of two at once the second sees what the first wrote."""
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed = change(read_rebuild_record(settings))
        write_json(file, asdict(changed))
    return changed


def _file(settings: Settings) -> Path:
    return settings.home / "votes" / "epochs.json"

"""Backup and restore of a whole stack, as folders.

The stack is stopped for the time of the copy, so that log, tables and state are of one moment.
Checksums are taken afterwards, of the copy.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final

from infra.config.settings import Settings
from infra.local import stack
from infra.local.stack import Say
from operators.core.errors import TerminalError
from operators.flink.checkpoints import moved

FOLDERS: Final = ("kafka", "clickhouse", "votes", "semantics", "secrets")
"""Redis keeps nothing that counts; logs and run are of the processes."""

JOBS: Final = ("votes", "semantics")
"""Those with state of Flink's."""

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: number of files, and bytes."""

    files: int
    bytes: int


def backup(settings: Settings, target: Path, say: Say) -> Copied:
    """Copy the stack's data into an empty folder; stops the stack meanwhile if it runs.

    Raises:
        TerminalError: There is nothing, or `target` is not empty.
    """
    if not (settings.home / "kafka").is_dir():
        raise TerminalError(f"There is no stack in {settings.home}: nothing to back up.")
    _make_empty(target)
    with stack.stopped(settings, say):
        _copy(settings.home, target)
    files = {str(file.relative_to(target)): _digest(file) for file in _files(target)}
    manifest = {"version": 1, "home": str(settings.home.resolve()), "files": files}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return Copied(len(files), sum(file.stat().st_size for file in _files(target)))


def restore(settings: Settings, source: Path) -> Copied:
    """Copy a backup into an empty home; it may be another one, with other ports.

    Raises:
        TerminalError: The home is not empty, or the backup is damaged.
    """
    manifest = _checked(source)
    if settings.home.exists() and any(settings.home.iterdir()):
        raise TerminalError(f"{settings.home} is not empty: name another one with TUTTI_HOME.")
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(source, settings.home)
    for job in JOBS:
        old, new = Path(manifest["home"]) / job, settings.home.resolve() / job
        # Flink names the files of its state by their whole path.
        for metadata in new.glob("*/checkpoints/*/chk-*/_metadata"):
            metadata.write_bytes(moved(metadata.read_bytes(), old, new))
    files = list(_files(settings.home))
    return Copied(len(files), sum(file.stat().st_size for file in files))


def _checked(source: Path) -> dict[str, str]:
    try:
        manifest = json.loads((source / MANIFEST).read_text())
        files: dict[str, str] = manifest["files"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        raise TerminalError(f"{source} is no backup: it has no whole {MANIFEST}.") from None
    found = {str(file.relative_to(source)) for file in _files(source)}
    wrong = sorted(found ^ files.keys())
    wrong += [
        name for name in sorted(found & files.keys()) if _digest(source / name) != files[name]
    ]
    if wrong:
        raise TerminalError(
            f"The backup in {source} is damaged, nothing was restored: {len(wrong)} files differ"
            f" from its manifest, the first is {wrong[0]}."
        )
    return {"home": str(manifest["home"])}


def _make_empty(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        raise TerminalError(f"{target} is not empty: name a folder that is not there yet.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)


def _copy(source: Path, target: Path) -> None:
    for folder in FOLDERS:
        if (source / folder).is_dir():
            shutil.copytree(source / folder, target / folder, symlinks=True)


def _files(folder: Path) -> Iterator[Path]:
    for name in FOLDERS:
        for file in (folder / name).rglob("*"):
            if file.is_file() and not file.is_symlink():
                yield file


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()

"""Backup and restore of a whole stack, as folders.

The stack is stopped for the time of the copy, so that log, tables and state are of one moment.
The manifest lists what the copy holds: folders, files with their checksums, and links within it.
A backup may come from anywhere, so that a restore copies what the manifest lists and nothing else.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from hashlib import file_digest
from pathlib import Path
from typing import Final

from infra.config.settings import Settings
from infra.local import stack
from infra.local.stack import Say
from operators.core.errors import TerminalError
from operators.core.wording import number_of
from operators.flink.checkpoints import moved

FOLDERS: Final = ("kafka", "clickhouse", "votes", "semantics", "secrets")
"""Redis keeps nothing that counts; logs and run are of the processes."""

JOBS: Final = ("votes", "semantics")
"""Those with state of Flink's."""

MANIFEST: Final = "manifest.json"

NO_FILE: Final = "neither file nor folder"
"""In place of a checksum: no manifest lists it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: number of files, and bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What a backup holds, by paths within it.

    Attributes:
        folders: All folders, empty ones too.
        files: File -> SHA-256.
        links: Symbolic link -> where it leads; ClickHouse has some, within its own folder.
    """

    folders: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def entries(self) -> dict[str, str]:
        """Every path with what it is."""
        return (
            dict.fromkeys(self.folders, "folder")
            | self.files
            | {name: f"link to {target}" for name, target in self.links.items()}
        )


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
    listed = _listed(target)
    manifest = {"version": 2, "home": str(settings.home.resolve()), **asdict(listed)}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return _size(target, listed)


def restore(settings: Settings, source: Path) -> Copied:
    """Copy a backup into an empty home; it may be another one, with other ports.

    Raises:
        TerminalError: The home is not empty, or the backup is damaged.
    """
    home, listed = _checked(source)
    if settings.home.exists() and any(settings.home.iterdir()):
        raise TerminalError(f"{settings.home} is not empty: name another one with TUTTI_HOME.")
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy_listed(source, settings.home, listed)
    for job in JOBS:
        old, new = home / job, settings.home.resolve() / job
        # Flink names the files of its state by their whole path.
        for metadata in new.glob("*/checkpoints/*/chk-*/_metadata"):
            metadata.write_bytes(moved(metadata.read_bytes(), old, new))
    return _size(settings.home, listed)


def _checked(source: Path) -> tuple[Path, Listed]:
    """The home that the backup is of, and what it holds; all of it is there, and nothing else."""
    try:
        manifest = json.loads((source / MANIFEST).read_text())
        listed = Listed(*(manifest[field.name] for field in fields(Listed)))
        home = Path(manifest["home"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        raise TerminalError(f"{source} is no backup: it has no whole {MANIFEST}.") from None
    found = _listed(source)
    theirs, ours = listed.entries(), found.entries()
    wrong = sorted(
        name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)
    )
    if wrong:
        raise TerminalError(
            f"The backup in {source} is damaged, nothing was restored: "
            f"{number_of(len(wrong), 'entry differs', 'entries differ')} from its manifest,"
            f" the first is {wrong[0]}."
        )
    outside = [name for name, target in listed.links.items() if not _within(name, target)]
    if outside:
        raise TerminalError(
            f"The backup in {source} was not restored: its link {min(outside)} leads out of it."
        )
    return home, listed


def _listed(folder: Path) -> Listed:
    """What a folder holds of what counts, links as links."""
    found = Listed()
    for name in FOLDERS:
        if (folder / name).is_symlink():
            found.links[name] = str((folder / name).readlink())
            continue
        for place, folders, files in os.walk(folder / name):
            here = Path(place)
            found.folders.append(str(here.relative_to(folder)))
            for entry in sorted(folders + files):
                path = here / entry
                relative = str(path.relative_to(folder))
                if path.is_symlink():
                    found.links[relative] = str(path.readlink())
                elif path.is_file():
                    found.files[relative] = _digest(path)
                elif not path.is_dir():
                    found.files[relative] = NO_FILE
    found.folders.sort()
    return found


def _within(link: str, target: str) -> bool:
    """Whether a link leads to a place among what is copied, by whatever other links."""
    if os.path.normpath(target) != target:  # `a/..` need not be where `a` stands
        return False
    return Path(os.path.normpath(Path(link).parent / target)).parts[:1] in {(f,) for f in FOLDERS}


def _copy_listed(source: Path, target: Path, listed: Listed) -> None:
    for name in listed.folders:
        (target / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in listed.files:
        shutil.copy2(source / name, target / name, follow_symlinks=False)
    for name, destination in listed.links.items():
        (target / name).symlink_to(destination)


def _size(folder: Path, listed: Listed) -> Copied:
    return Copied(len(listed.files), sum((folder / file).stat().st_size for file in listed.files))


def _make_empty(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        raise TerminalError(f"{target} is not empty: name a folder that is not there yet.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)


def _copy(source: Path, target: Path) -> None:
    for folder in FOLDERS:
        if (source / folder).is_dir():
            shutil.copytree(source / folder, target / folder, symlinks=True)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()

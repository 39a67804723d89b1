"""Finds checkpoints and says whether their files are whole.

A checkpoint's ``_metadata`` names the files of its state. Flink writes each as a byte 2, its size
(8 bytes), the length of its address (2 bytes) and the address, which is absolute. Other numbers
before an address mean that the state stands in the metadata itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operators.core.errors import TerminalError

_HEADER: Final = 0x4960672D.to_bytes(4, "big")
_FILE: Final = b"\x02"
_ADDRESS: Final = re.compile(rb"file:/")


@dataclass(frozen=True, slots=True)
class StateFile:
    """A file that a checkpoint needs.

    Attributes:
        path: Where Flink will look for it.
        size: Its size, bytes.
        start: Where its address stands in ``_metadata``.
        end: Where the address ends.
    """

    path: Path
    size: int
    start: int
    end: int


class DamagedError(TerminalError):
    """A checkpoint that must not be resumed; the message says why."""


def checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints below ``folder/JOB/chk-N``, the newest first.

    Numbers go on counting after a restore; where two runs made the same number (the second fell
    back to an older one), the later written counts. Flink writes ``_metadata`` last.
    """
    complete = [
        (int(match[1]), metadata.stat().st_mtime_ns, metadata.parent)
        for metadata in folder.glob("*/chk-*/_metadata")
        if (match := re.fullmatch(r"chk-(\d+)", metadata.parent.name))
    ]
    return [path for _, _, path in sorted(complete, reverse=True)]


def kept_by(run: Path) -> int:
    """How many complete checkpoints the folder of one run holds, ``checkpoints/JOB``."""
    return len(list(run.glob("chk-*/_metadata")))


def checkpoint_number(checkpoint: Path) -> int:
    """The number in ``chk-N``."""
    return int(checkpoint.name.removeprefix("chk-"))


def state_files(metadata: bytes) -> Iterator[StateFile]:
    """The files that a checkpoint's ``_metadata`` names."""
    for match in _ADDRESS.finditer(metadata):
        start = match.start()
        if metadata[start - 11 : start - 10] != _FILE:
            continue
        end = start + int.from_bytes(metadata[start - 2 : start])
        address = metadata[start:end].decode(errors="replace")
        path = Path("/" + address.removeprefix("file:").lstrip("/"))
        yield StateFile(path, int.from_bytes(metadata[start - 10 : start - 2]), start, end)


def check_files(checkpoint: Path, folder: Path) -> None:
    """See that everything the checkpoint needs is there and of the right size.

    Args:
        checkpoint: The folder with ``_metadata``.
        folder: The epoch's: state elsewhere is another installation's, and resuming would take
            it away from there.

    Raises:
        DamagedError: Something is missing.
    """
    metadata = (checkpoint / "_metadata").read_bytes()
    if not metadata.startswith(_HEADER):
        raise DamagedError("_metadata is not a checkpoint's")
    home = folder.resolve()
    for file in state_files(metadata):
        if not file.path.is_relative_to(home):
            raise DamagedError(f"its state is outside of {home}: {file.path}")
        if not file.path.is_file():
            raise DamagedError(f"a state file is missing: {file.path.relative_to(home)}")
        if file.path.stat().st_size < file.size:
            raise DamagedError(f"a state file is cut off: {file.path.relative_to(home)}")


def moved(metadata: bytes, old: Path, new: Path) -> bytes:
    """The same metadata with the state's folder at another place.

    Args:
        metadata: The content of ``_metadata``.
        old: The folder that the addresses begin with now.
        new: The folder to write in its place.
    """
    pieces, at = [], 0
    for file in state_files(metadata):
        if not file.path.is_relative_to(old):
            continue
        address = f"file:{new / file.path.relative_to(old)}".encode()
        pieces += [metadata[at : file.start - 2], len(address).to_bytes(2), address]
        at = file.end
    return b"".join([*pieces, metadata[at:]])

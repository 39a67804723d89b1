"""Files of dated entries: read whole, appended to, and never rewritten."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from msgspec import Struct

from infra.config.secrets import read_private, write_private
from operators.core.errors import TerminalError

MAX_BYTES: Final = 4 * 1024 * 1024

Entries = TypeVar("Entries")


@dataclass(frozen=True, slots=True)
class DatedFile(Generic[Entries]):
    """A private file of entries, each in force from an instant on.

    Attributes:
        path: Where it is.
        setting: The setting that names it, for errors.
        head: Its comment when it is made.
        parse: Reads its text; raises a ValueError that says where and why it holds no entries.
    """

    path: Path
    setting: str
    head: str
    parse: Callable[[str], Entries]

    def read(self) -> Entries:
        """Its entries.

        Raises:
            TerminalError: It cannot be read, others can read it, or it holds no entries.
        """
        return self._parsed(read_private(self.path, self.setting, MAX_BYTES))

    @contextmanager
    def locked(self) -> Iterator[Entries]:
        """Its entries while nobody else appends; none if it does not exist.

        Raises:
            TerminalError: As `read`, or the lock cannot be made.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield self.read() if self.path.exists() else self.parse("")
        except OSError as error:
            raise TerminalError(
                f"{self.setting}: {self.path} cannot be written: {error.strerror}."
            ) from None

    def append(self, entries: Iterable[tuple[str, Struct]]) -> None:
        """Add entries, each with its table's name, at the end; within `locked`.

        Raises:
            TerminalError: The file would hold no entries any more.
        """
        path = self.path
        before = read_private(path, self.setting, MAX_BYTES) if path.exists() else self.head
        text = before + "".join(f"\n{_toml(table, entry)}" for table, entry in entries)
        self._parsed(text)
        write_private(path, text)

    def stamp(self) -> tuple[int, int, int] | None:
        """Something that differs when the file does; None: there is none."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - asked for each batch
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _parsed(self, text: str) -> Entries:
        try:
            return self.parse(text)
        except ValueError as error:
            raise TerminalError(f"{self.setting}: {self.path}: {error}.") from None


def _toml(table: str, entry: Struct) -> str:
    lines = [f"[[{table}]]"]
    for name in entry.__struct_fields__:
        value = getattr(entry, name)
        if value in (None, (), 0):
            continue
        lines.append(f"{'from' if name == 'since' else name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    match value:
        case datetime():
            return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'milliseconds')}Z"
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case str():  # without control characters, the strings of JSON are those of TOML
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)

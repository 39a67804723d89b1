"""The file of sources: read anew when it changes, and written whole or not at all."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from infra.config.secrets import read_private, write_private
from infra.config.settings import Settings
from infra.config.trust import trust_rules
from operators.core.clock import Clock, system_clock
from operators.core.errors import TerminalError
from operators.core.printable import printable
from schemas.dated_rules import DatedRules
from schemas.sources import BadSourcesError, SigningPolicy, SourceEntry, Sources, parse_sources

SETTING: Final = "TUTTI_SOURCES_FILE"
MAX_BYTES: Final = 4 * 1024 * 1024
_HEAD: Final = """\
# Sources of this installation, written by `tutti sources`. Each entry is in force from its instant
# on, by the broker's clock. Add entries at the end and never change or remove earlier ones: a
# recount reads them, too. This file holds keys: keep it at mode 0600.
"""


def read_sources(settings: Settings) -> Sources:
    """The sources; none if there is no file.

    Raises:
        TerminalError: Others can read the file, or it holds no sources.
    """
    file = settings.sources
    if not file.exists() and settings.sources_file is None:
        return Sources()
    try:
        return parse_sources(read_private(file, SETTING, MAX_BYTES))
    except BadSourcesError as error:
        raise TerminalError(f"{SETTING}: {file}: {error}.") from None


def dated_rules(settings: Settings) -> DatedRules:
    """Trust rules and sources as they are now.

    Raises:
        TerminalError: A file cannot be read or holds no rules.
    """
    return DatedRules(trust_rules(settings), read_sources(settings))


def source_now(sources: Sources, name: str, clock: Clock = system_clock) -> SourceEntry:
    """The source of that name.

    Raises:
        TerminalError: There is none in force.
    """
    found = sources.in_force(name, clock())
    if found is None:
        raise TerminalError(
            f"There is no source {printable(name)} in force: see tutti sources list."
        )
    return found


class RulesInForce:
    """The dated rules, read anew when the file of sources has changed.

    Whoever asks after a message has been read has every entry that the message is bound by: an
    entry begins later than it is written. Trust rules are read once.

    Raises:
        TerminalError: As `dated_rules`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = self._stamp()
        self.rules = dated_rules(settings)

    def renewed(self) -> bool:
        """Read the file again if it has changed, and say whether it has."""
        seen = self._stamp()
        if seen == self._seen:
            return False
        self.rules = DatedRules(self.rules.trust, read_sources(self._settings))
        self._seen = seen
        return True

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._settings.sources)  # noqa: PTH116 - asked for each batch
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def writing(settings: Settings) -> Iterator[Sources]:
    """The sources while nobody else writes them; within it, `append`.

    Raises:
        TerminalError: As `read_sources`, or the lock cannot be made.
    """
    file = settings.sources
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.with_name(f"{file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield read_sources(settings) if file.exists() else Sources()
    except OSError as error:
        raise TerminalError(f"{SETTING}: {file} cannot be written: {error.strerror}.") from None


def append(settings: Settings, entries: Iterable[SourceEntry | SigningPolicy]) -> None:
    """Add entries at the end of the file, within `writing`.

    Raises:
        TerminalError: The file would hold no sources any more.
    """
    file = settings.sources
    before = read_private(file, SETTING, MAX_BYTES) if file.exists() else _HEAD
    text = before + "".join(f"\n{_toml(entry)}" for entry in entries)
    try:
        parse_sources(text)
    except BadSourcesError as error:
        raise TerminalError(f"{SETTING}: {file}: {error}.") from None
    write_private(file, text)


def _toml(entry: SourceEntry | SigningPolicy) -> str:
    """An entry in TOML; what its fields may hold needs no escaping."""
    lines = ["[[policy]]" if isinstance(entry, SigningPolicy) else "[[source]]"]
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
        case str():
            return f'"{value}"'
        case _:
            return str(value)

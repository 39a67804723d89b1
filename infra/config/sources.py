"""The file of sources, and all dated rules: read anew when their files change."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from infra.config.closings import closings_file, read_closings
from infra.config.dated_file import DatedFile
from infra.config.settings import Settings
from infra.config.trust import trust_rules
from operators.core.clock import Clock, system_clock
from operators.core.errors import TerminalError
from operators.core.printable import printable
from schemas.dated_rules import DatedRules
from schemas.sources import SigningPolicy, SourceEntry, Sources, parse_sources

SETTING: Final = "TUTTI_SOURCES_FILE"
_HEAD: Final = """\
# Sources of this installation, written by `tutti sources`. Each entry is in force from its instant
# on, by the broker's clock. Add entries at the end and never change or remove earlier ones: a
# recount reads them, too. This file holds keys: keep it at mode 0600.
"""


def sources_file(settings: Settings) -> DatedFile[Sources]:
    """The file of this installation."""
    return DatedFile(settings.sources, SETTING, _HEAD, parse_sources)


def read_sources(settings: Settings) -> Sources:
    """The sources; none if there is no file.

    Raises:
        TerminalError: Others can read the file, or it holds no sources.
    """
    file = sources_file(settings)
    if not file.path.exists() and settings.sources_file is None:
        return Sources()
    return file.read()


def dated_rules(settings: Settings) -> DatedRules:
    """Trust rules, sources and closings as they are now.

    Raises:
        TerminalError: A file cannot be read or holds no rules.
    """
    return DatedRules(trust_rules(settings), read_sources(settings), read_closings(settings))


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
    """The dated rules, read anew when the file of sources or that of closings has changed.

    Whoever asks after a message has been read has every entry that the message is bound by: an
    entry begins later than it is written. Trust rules are read once.

    Raises:
        TerminalError: As `dated_rules`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files = (sources_file(settings), closings_file(settings))
        self._seen = [file.stamp() for file in self._files]
        self.rules = dated_rules(settings)

    def renewed(self) -> bool:
        """Read the files again if one has changed, and say whether one has."""
        seen = [file.stamp() for file in self._files]
        if seen == self._seen:
            return False
        self.rules = DatedRules(
            self.rules.trust, read_sources(self._settings), read_closings(self._settings)
        )
        self._seen = seen
        return True


@contextmanager
def writing(settings: Settings) -> Iterator[Sources]:
    """The sources while nobody else writes them; within it, `append`.

    Raises:
        TerminalError: As `read_sources`, or the lock cannot be made.
    """
    with sources_file(settings).locked() as known:
        yield known


def append(settings: Settings, entries: Iterable[SourceEntry | SigningPolicy]) -> None:
    """Add entries at the end of the file, within `writing`.

    Raises:
        TerminalError: The file would hold no sources any more.
    """
    sources_file(settings).append(
        ("policy" if isinstance(entry, SigningPolicy) else "source", entry) for entry in entries
    )

"""The file of closings: when which consultation takes no votes."""

from typing import Final

from infra.config.dated_file import DatedFile
from infra.config.settings import Settings
from schemas.closings import Closings, parse_closings

SETTING: Final = "TUTTI_CLOSINGS_FILE"
_HEAD: Final = """\
# Closings of consultations, written by `tutti close` and `tutti reopen`. Each entry is in force
# from its instant on, by the broker's clock. Add entries at the end and never change or remove
# earlier ones: a recount reads them, too.
"""


def closings_file(settings: Settings) -> DatedFile[Closings]:
    """The file of this installation."""
    return DatedFile(settings.closings, SETTING, _HEAD, parse_closings)


def read_closings(settings: Settings) -> Closings:
    """The closings; none if there is no file.

    Raises:
        TerminalError: Others can read the file, or it holds no closings.
    """
    file = closings_file(settings)
    if not file.path.exists() and settings.closings_file is None:
        return Closings()
    return file.read()

"""What commands print: tables for people, JSON for programs."""

import json
import re
import sys
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.printable import visible

if TYPE_CHECKING:
    from pipelines.cli.screen import Screen

_NOT_SHOWN: Final = re.compile(
    r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""What JSON may hold as it is, but a terminal obeys or does not show."""


class Output:
    """A screen that is made when something is printed: who prints nothing does not import Rich."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def screen(self) -> "Screen":
        """The screen itself, for what draws on it."""
        from pipelines.cli.screen import screen

        return screen(stderr=self._stderr)

    def print(self, thing: Any, style: str = "") -> None:
        """Print a line or something drawn; a line is not broken where the terminal ends."""
        if isinstance(thing, str) and not (style and self.is_terminal):
            stream = sys.stderr if self._stderr else sys.stdout
            stream.write(f"{visible(thing)}\n")
        else:
            self.screen.print(thing, style=style, soft_wrap=isinstance(thing, str))

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it."""
        return (sys.stderr if self._stderr else sys.stdout).isatty()


console: Final = Output()
errors: Final = Output(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: Any) -> None:
    """Print a value as JSON; instants in ISO 8601."""
    written = json.dumps(value, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write(_NOT_SHOWN.sub(lambda found: json.dumps(found[0])[1:-1], written) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # ClickHouse's are UTC without saying so
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)

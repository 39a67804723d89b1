"""A finding: one line of the doctor's report."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["ok", "warning", "problem"]

SHOWN: Final = 3
"""Names in one finding; of the others only the number is said."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do unless it is well."""

    check: str
    level: Level
    found: str
    cure: str = ""


def some(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more

"""What a check finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands in the way: a sentence with what to do."""

    sentence: str
    fatal: bool = True

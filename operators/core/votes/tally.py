"""The tally: what is counted per proposal, country and trust level.

>>> Tally().add("agree", 2).add("neutral", 0).result()["doable"]
1
"""

from typing import Final, Self

from schemas.events import CHOICES, QUALIFICATION_BITS

COUNTED_CHOICES: Final = tuple(choice for choice in CHOICES if choice != "withdrawn")

QUALIFICATION_COLUMNS: Final = (
    "like_it",
    "doable",
    "platitude_agree",
    "no_way",
    "impossible",
    "platitude_disagree",
    "do_not_understand",
    "no_opinion",
    "do_not_care",
)
"""The qualifications as columns, in the order of their bits."""

COUNTERS: Final = COUNTED_CHOICES + QUALIFICATION_COLUMNS
"""The twelve counters of a tally."""

_SUMS: Final = {"votes": "cells.agree + cells.disagree + cells.neutral"} | {
    counter: f"cells.{counter}" for counter in COUNTERS
}
_TRUSTED: Final = "cells.trust != 'troll'"
_SEQUENCE: Final = "cells.trust IN ('sequence', 'segment')"

VOTES_SQL: Final = ", ".join(
    [f"sumIf({_SUMS[name]}, {_TRUSTED}) AS {name}" for name in ("votes", *COUNTED_CHOICES)]
    + [f"sum({_SUMS[name]}) AS {name}_all" for name in ("votes", *COUNTED_CHOICES)]
)
"""ClickHouse's sums over rows ``cells``: votes by choice, the trusted series and (``_all``) all."""

COUNTS_SQL: Final = ", ".join(
    [f"sumIf({sql}, {_TRUSTED}) AS {name}" for name, sql in _SUMS.items()]
    + [f"sumIf({sql}, {_SEQUENCE}) AS sequence_{name}" for name, sql in _SUMS.items()]
    + [f"sum({sql}) AS {name}_all" for name, sql in _SUMS.items()]
)
"""The same of all counters, and (``sequence_``) of the levels that campaigns trust most."""

_BITS: Final = tuple(QUALIFICATION_BITS.values())


class Tally:
    """Twelve counters of current ballots. `merge` is associative and commutative."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = [0] * len(COUNTERS)

    def add(self, choice: str, qualifications: int) -> Self:
        """Count one current ballot; the caller leaves withdrawn ballots out."""
        self._counts[COUNTED_CHOICES.index(choice)] += 1
        for position, bit in enumerate(_BITS, start=len(COUNTED_CHOICES)):
            if qualifications & bit:
                self._counts[position] += 1
        return self

    def merge(self, other: "Tally") -> Self:
        """Add another tally's counts."""
        self._counts = [a + b for a, b in zip(self._counts, other._counts, strict=True)]  # noqa: SLF001
        return self

    def result(self) -> dict[str, int]:
        """The counts by column."""
        return dict(zip(COUNTERS, self._counts, strict=True))

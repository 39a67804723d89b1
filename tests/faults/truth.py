"""What must be in ClickHouse, counted naively from what the broker acknowledged.

Shares no code with the product: plain dictionaries over parsed messages.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from faults.load import BAD_KEY
from stack.naive import COLUMNS, Ledger

Cells = dict[tuple[str, ...], dict[str, int]]
BITS = {name: 1 << place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Truth:
    """The results of one load.

    Attributes:
        cells: Consultation, proposal, country, trust → column → count.
        minutes: The same by minute of `cast_at`.
        archive: One line per participant and proposal, withdrawn ones included.
        accepted: Coordinates of the valid messages.
        refused: Coordinates of the nonsense.
    """

    cells: Cells
    minutes: Cells
    archive: set[str]
    accepted: set[tuple[int, int]]
    refused: set[tuple[int, int]]


def count(acknowledged: Iterable[tuple[bytes, bytes, int, int]]) -> Truth:
    """Count what the broker acknowledged."""
    ledger = Ledger()
    accepted, refused = set(), set()
    for key, value, partition, offset in acknowledged:
        if key == BAD_KEY:
            refused.add((partition, offset))
        else:
            accepted.add((partition, offset))
            ledger.add(value, partition, offset)
    archive = {
        "\t".join(
            (
                consultation,
                proposal,
                vote["country"],
                vote["choice"],
                vote["trust"],
                str(sum(BITS[name] for name in vote.get("qualifications", []))),
                cast_at[:-1].replace("T", " "),
                str(partition),
                str(offset),
            )
        )
        for (consultation, proposal, _), ((cast_at, partition, offset), vote) in (
            ledger.latest.items()
        )
    }
    return Truth(ledger.cells(), ledger.cells(by_minute=True), archive, accepted, refused)

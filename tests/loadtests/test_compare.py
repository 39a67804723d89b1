"""The comparison sees every cell that is wrong, missing or too much."""

from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from loadtests import expected, workload
from loadtests.expected import Cells, Expected, compare, expect
from loadtests.votes import Segment

MADE = workload.load("steady").model_copy(
    update={"votes": 5_000, "people": 500, "proposals": 40, "bad_share": 0.05}
)
MARKERS = 7


@cache
def right() -> Expected:
    return expect(MADE, [Segment(0, 5_000, 1_790_000_000_000, 5_000, 0)], lambda: 1_790_000_000_000)


@dataclass
class ClickHouse:
    """Answers as a ClickHouse that holds `stored`."""

    stored: Expected
    strangers: int = 0

    def raw_query(self, sql: str, parameters: dict[str, str], fmt: str) -> bytes:
        assert fmt == "RowBinary"
        assert parameters["consultation"] == MADE.consultation_id
        cells = self.stored.windows if "tutti.minute_cells" in sql else self.stored.tallies
        low, high = (int(parameters[end].removeprefix("p-")) for end in ("first", "last"))
        rest, minutes = np.divmod(cells.codes, 1 << 32)
        rest, trusts = np.divmod(rest, len(MADE.trust))
        proposals, countries = np.divmod(rest, len(MADE.countries))
        rows = [
            proposal.astype("<u4").tobytes()
            + bytes([country, trust])
            + minute.astype("<u4").tobytes()
            + counts.astype("<u4").tobytes()
            for proposal, country, trust, minute, counts in zip(
                proposals, countries, trusts, minutes, cells.counts, strict=True
            )
            if low <= proposal <= high
        ]
        return b"".join(reversed(rows))  # in no order that could be relied on

    def query(self, sql: str, parameters: dict[str, str] | None = None) -> SimpleNamespace:
        if "dead_letters" in sql:
            return SimpleNamespace(result_rows=list(self.stored.rejected.items()))
        if "count()" in sql:
            cells = self.stored.windows if "tutti.minute_cells" in sql else self.stored.tallies
            assert parameters == {"consultation": MADE.consultation_id}
            return SimpleNamespace(result_rows=[(len(cells.codes) + self.strangers,)])
        return SimpleNamespace(first_row=[self.stored.accepted + MARKERS])


def validated(stored: Expected) -> expected.Comparison:
    return compare(ClickHouse(stored), MADE, right(), MARKERS)  # type: ignore[arg-type]


def without(cells: Cells, place: int) -> Cells:
    return Cells(np.delete(cells.codes, place), np.delete(cells.counts, place, axis=0))


def changed(cells: Cells, place: int, column: int) -> Cells:
    counts = cells.counts.copy()
    counts[place, column] += 1
    return Cells(cells.codes, counts)


def moved(cells: Cells, place: int) -> Cells:
    """A cell under another minute, as a vote that was counted in the wrong window."""
    codes = cells.codes.copy()
    codes[place] += 1_000_000
    return Cells(codes, cells.counts)


@pytest.mark.parametrize("rows", [50, 1_000_000])
def test_what_is_equal_is_exact_however_it_is_fetched(rows: int, monkeypatch) -> None:
    monkeypatch.setattr(expected, "SLICE_ROWS", rows)
    found = validated(right())
    assert found.exact
    assert (found.tallies, found.windows) == (
        len(right().tallies.codes),
        len(right().windows.codes),
    )


@pytest.mark.parametrize("table", ["tallies", "windows"])
@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_wrong_cell_is_found(table: str, place: int) -> None:
    cells = getattr(right(), table)
    for wrong, count in (
        (changed(cells, place, 0), 1),
        (changed(cells, place, 11), 1),
        (without(cells, place), 1),
        (moved(cells, place), 2),
    ):
        found = validated(replace(right(), **{table: wrong}))
        assert not found.exact
        assert found.different == count
        assert "expected" in found.example


def test_a_cell_of_a_proposal_that_never_was_is_found() -> None:
    found = compare(ClickHouse(right(), strangers=1), MADE, right(), MARKERS)  # type: ignore[arg-type]
    assert not found.exact


def test_a_message_accepted_or_refused_too_often_is_found() -> None:
    stored = right()
    assert not validated(replace(stored, accepted=stored.accepted + 1)).exact
    reason = next(iter(stored.rejected))
    more = stored.rejected | {reason: stored.rejected[reason] + 1}
    assert not validated(replace(stored, rejected=more)).exact
    assert not validated(replace(stored, rejected=stored.rejected | {"too_deep": 1})).exact

"""The expected result: the votes counted a second time, from the drawn numbers alone.

It shares nothing with the live path but the meaning of a ballot: of all votes of a person on a
proposal the one cast last counts, of two cast in the same millisecond the one sent last (a person's
votes stand on one partition, in the order sent). A withdrawn ballot counts nowhere.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from infra.clickhouse.messages import all_accepted_votes, rejected_votes_by_reason
from infra.clickhouse.tallies import count_cells, select_cells
from loadtests.encoding import VoteEncoder, bad_reasons
from loadtests.schedule import Schedule
from loadtests.votes import Segment, Votes
from loadtests.workload import Workload
from operators.core.clock import Clock
from operators.core.votes.ballots import MINUTE_MS
from operators.core.votes.tally import COUNTED_CHOICES, COUNTERS
from pipelines.demo.traffic.draws import Numbers
from schemas.events import QUALIFICATION_BITS

CHUNK: Final = 1_000_000
_PERSON_BITS: Final = 32
_MINUTE_BITS: Final = 32
SLICE_ROWS: Final = 1_000_000
"""About how many cells are fetched from ClickHouse at a time."""

Counts = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts per cell, in the order of the cells' codes.

    Attributes:
        codes: ((proposal * countries + country) * trust levels + trust) << 32 | minute;
            the minute is 0 in tallies.
        counts: One row per code, one column per counter of `COUNTERS`.
    """

    codes: Numbers
    counts: Counts


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected result of what was sent."""

    accepted: int
    rejected: dict[str, int]
    tallies: Cells
    windows: Cells


def expect(workload: Workload, segments: list[Segment], clock: Clock) -> Expected:
    """Count the votes that were sent in these segments."""
    votes, encoder = Votes(workload), VoteEncoder(workload, clock)
    reasons = np.array(bad_reasons())
    rejected: Counter[str] = Counter()
    pairs, casts, cells, variants = [], [], [], []
    for segment in segments:
        schedule = Schedule(workload, segment.rate, segment.seconds) if segment.seconds else None
        end = segment.first + segment.count
        for first in range(segment.first, end, CHUNK):
            columns = votes.columns(segment, schedule, np.arange(first, min(first + CHUNK, end)))
            rejected.update(reasons[encoder.bad_number(columns)[columns.bad]].tolist())
            good = ~columns.bad
            trust = columns.variant[good] % len(votes.trusts)
            place = columns.proposal[good] * len(votes.countries) + columns.country[good]
            pairs.append(columns.proposal[good] << _PERSON_BITS | columns.person[good])
            casts.append(columns.cast_ms[good])
            cells.append((place * len(votes.trusts) + trust).astype(np.int32))
            variants.append(columns.variant[good])
    pair, cast = np.concatenate(pairs), np.concatenate(casts)
    order = np.lexsort(
        (cast, pair)
    )  # stable: of votes cast in one millisecond, the one sent last stays last
    sorted_pair = pair[order]
    current = order[np.append(sorted_pair[1:] != sorted_pair[:-1], True)]
    variant = np.concatenate(variants)[current]
    counted = np.array([v.choice in COUNTED_CHOICES for v in votes.variants])[variant]
    current, variant = current[counted], variant[counted]
    cell = np.concatenate(cells)[current].astype(np.int64) << _MINUTE_BITS
    table = np.array([_counters(v.choice, v.bits) for v in votes.variants], dtype=bool)
    return Expected(
        accepted=len(pair),
        rejected=dict(rejected),
        tallies=_cells(cell, variant, table),
        windows=_cells(cell | cast[current] // MINUTE_MS, variant, table),
    )


def _counters(choice: str, bits: int) -> list[bool]:
    return [choice == name for name in COUNTED_CHOICES] + [
        bool(bits & bit) for bit in QUALIFICATION_BITS.values()
    ]


def _cells(codes: Numbers, variant: NDArray[np.uint8], table: NDArray[np.bool_]) -> Cells:
    found, inverse = np.unique(codes, return_inverse=True)
    counts = np.empty((len(found), len(COUNTERS)), dtype=np.uint32)
    for column in range(len(COUNTERS)):
        counts[:, column] = np.bincount(inverse[table[variant, column]], minlength=len(found))
    return Cells(found, counts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """ClickHouse compared with the expected result."""

    tallies: int
    windows: int
    different: int
    example: str
    accepted: tuple[int, int]
    rejected: int
    rejected_equal: bool

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not self.different and self.accepted[0] == self.accepted[1] and self.rejected_equal


def compare(clickhouse: Client, workload: Workload, expected: Expected, markers: int) -> Comparison:
    """Compare every cell of tallies and windows, and what was rejected by reason.

    Args:
        clickhouse: A client of the operators' address; nothing may be on its way.
        workload: The workload whose consultation is compared.
        expected: The expected result.
        markers: How many markers were sent; they are accepted too.
    """
    different, example = 0, ""
    for table, cells, minutes in (
        ("cells", expected.tallies, False),
        ("minute_cells", expected.windows, True),
    ):
        for low, high in _slices(workload, cells):
            found = _fetch(clickhouse, workload, (low, high), minutes=minutes)
            wanted = _segment(workload, cells, low, high)
            if not np.array_equal(found.codes, wanted.codes) or not np.array_equal(
                found.counts, wanted.counts
            ):
                these, first = _differences(found, wanted)
                different += these
                example = example or f"{table}: {first}"
        # Cells of proposals that were never sent would be missed above.
        rows = count_cells(clickhouse, workload.consultation_id, minutes=minutes)
        if not different and rows != len(cells.codes):
            different += abs(rows - len(cells.codes))
            example = f"{table}: {rows} cells instead of {len(cells.codes)}"
    rejected = rejected_votes_by_reason(clickhouse)
    return Comparison(
        tallies=len(expected.tallies.codes),
        windows=len(expected.windows.codes),
        different=different,
        example=example,
        accepted=(expected.accepted + markers, all_accepted_votes(clickhouse)),
        rejected=sum(rejected.values()),
        rejected_equal=rejected == expected.rejected,
    )


def _width(workload: Workload) -> int:
    """Codes per proposal."""
    return len(workload.countries) * len(workload.trust) << _MINUTE_BITS


def _slices(workload: Workload, cells: Cells) -> list[tuple[int, int]]:
    """Ranges of proposals with about SLICE_ROWS cells each."""
    count = max(len(cells.codes) // SLICE_ROWS, 1)
    bounds = [workload.proposals * n // count for n in range(count + 1)]
    return [(low, high) for low, high in pairwise(bounds) if low < high]


def _segment(workload: Workload, cells: Cells, low: int, high: int) -> Cells:
    first, last = np.searchsorted(cells.codes, [low * _width(workload), high * _width(workload)])
    return Cells(cells.codes[first:last], cells.counts[first:last])


def _fetch(
    clickhouse: Client, workload: Workload, proposals: tuple[int, int], *, minutes: bool
) -> Cells:
    """The cells of some proposals, in rows of fixed width, which numpy reads as they are."""
    row = np.dtype(
        [
            ("proposal", "<u4"),
            ("country", "u1"),
            ("trust", "u1"),
            ("minute", "<u4"),
            ("counts", "<u4", (len(COUNTERS),)),
        ]
    )
    columns = (
        "toUInt32(substring(proposal_id, 3))",
        _number("country", workload.countries),
        _number("trust", workload.trust),
        f"toUInt32({'minute' if minutes else '0'})",
        *(f"toUInt32({name})" for name in COUNTERS),
    )
    answer = select_cells(
        clickhouse,
        workload.consultation_id,
        (f"p-{proposals[0]:05d}", f"p-{proposals[1] - 1:05d}"),
        ", ".join(columns),
        minutes=minutes,
    )
    rows = np.frombuffer(answer, dtype=row)
    place = rows["proposal"].astype(np.int64) * len(workload.countries) + rows["country"]
    codes = (place * len(workload.trust) + rows["trust"]) << _MINUTE_BITS | rows["minute"]
    order = np.argsort(codes)
    return Cells(codes[order], rows["counts"][order])


def _number(column: str, names: dict[str, float]) -> str:
    """SQL for the position of a column's value among some names; 255 is none of them."""
    listed = ", ".join(f"'{name}'" for name in names)
    numbers = ", ".join(str(n) for n in range(len(names)))
    return f"toUInt8(transform(toString({column}), [{listed}], [{numbers}], 255))"


def _differences(found: Cells, wanted: Cells) -> tuple[int, str]:
    """How many cells differ, and the first of them."""
    one = {code: tuple(row) for code, row in zip(found.codes.tolist(), found.counts, strict=True)}
    other = {
        code: tuple(row) for code, row in zip(wanted.codes.tolist(), wanted.counts, strict=True)
    }
    wrong = [code for code in one.keys() | other.keys() if one.get(code) != other.get(code)]
    first = min(wrong)
    return len(wrong), f"code {first}: expected {other.get(first)}, found {one.get(first)}"

"""The votes of a workload as columns: vote `n` is a pure function of the workload and `n`."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loadtests.schedule import Schedule
from loadtests.workload import Workload
from pipelines.demo.traffic.draws import SLOTS, Floats, Numbers, Shares, mixed, uniform, zipf
from pipelines.demo.traffic.statements import STATEMENTS, statement_table
from schemas.events import CHOICES, QUALIFICATION_BITS

CAST_START_MS: Final = 1_549_238_400_000
"""2019-02-04T00:00:00Z: first instant of workloads that are cast over days of their own."""

_WHO, _WHICH, _AGAIN, _BACK, _WHAT, _WHEN, _LATE, _HOME = range(8)
_DAY_MS: Final = 86_400_000


class Variant(NamedTuple):
    """A statement with a level of trust."""

    choice: str
    qualifications: tuple[str, ...]
    trust: str

    @property
    def bits(self) -> int:
        """The qualifications as the contract's bits."""
        return sum(QUALIFICATION_BITS[name] for name in self.qualifications)


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive votes of a workload, as they are or were sent.

    Attributes:
        first: Number of the first vote.
        count: How many.
        start_ms: When it started, ms since 1970.
        rate: Votes per second at factor 1; in a segment without `seconds` it only spaces `cast_at`.
        seconds: Its length; 0: as fast as possible, as though cast until `start_ms`.
    """

    first: int
    count: int
    start_ms: int
    rate: float
    seconds: float


class Columns(NamedTuple):
    """Some votes; those that are `bad` are sent as messages that must be rejected."""

    number: Numbers
    proposal: Numbers
    person: Numbers
    country: NDArray[np.uint8]
    variant: NDArray[np.uint8]
    cast_ms: Numbers
    bad: NDArray[np.bool_]


class Votes:
    """Draws a workload's votes."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._home = Shares(workload.countries)
        self._trust = Shares(workload.trust)
        self.countries, self.trusts = self._home.names, self._trust.names
        self._choice = Shares({choice: workload.choices.get(choice, 0.0) for choice in CHOICES})
        self._statement = statement_table(workload.qualified_share)
        self.variants = tuple(Variant(*one, trust) for one in STATEMENTS for trust in self.trusts)

    def columns(self, segment: Segment, schedule: Schedule | None, numbers: Numbers) -> Columns:
        """The votes of these numbers (of the workload, not of the segment)."""
        w, seed = self._workload, self._workload.seed
        again = uniform(numbers, seed, _AGAIN) < w.revote_share
        again &= numbers > 0
        reach = np.minimum(numbers, w.revote_within)
        back = (uniform(numbers, seed, _BACK) * reach).astype(np.int64) + 1
        source = np.where(again, numbers - back, numbers)
        person = self._person(source)
        what = mixed(numbers, seed, _WHAT)
        choice = self._choice.numbers(_bits(what, 0)).astype(np.int64)
        fine = mixed(numbers, seed, _LATE)
        choice[again & (_bits(fine, 0) < w.withdrawn_share * SLOTS)] = CHOICES.index("withdrawn")
        statement = self._statement[choice, _bits(what, 16)].astype(np.int64)
        trust = self._trust.numbers(_bits(what, 32))
        return Columns(
            number=numbers,
            proposal=zipf(uniform(source, seed, _WHICH), w.proposals, w.hot_proposals),
            person=person,
            country=self._home.numbers(_bits(mixed(person, seed, _HOME), 0)),
            variant=(statement * len(self.trusts) + trust).astype(np.uint8),
            cast_ms=self._cast_ms(segment, schedule, numbers, fine),
            bad=_bits(what, 48) < w.bad_share * SLOTS,
        )

    def _person(self, numbers: Numbers) -> Numbers:
        """Newcomers arrive in proportion to the votes; people who have arrived cast the others."""
        w = self._workload
        there = np.minimum(1 + numbers * w.people // w.votes, w.people)
        before = np.minimum(1 + (numbers - 1) * w.people // w.votes, w.people)
        draws = uniform(numbers, w.seed, _WHO)
        return np.where(there > before, there - 1, zipf(draws, there, w.hot_people))

    def _cast_ms(
        self,
        segment: Segment,
        schedule: Schedule | None,
        numbers: Numbers,
        fine: NDArray[np.uint64],
    ) -> Numbers:
        w = self._workload
        if w.cast_days:
            sent = CAST_START_MS + numbers * (w.cast_days * _DAY_MS / w.votes)
        elif schedule is not None:
            sent = segment.start_ms + schedule.times(numbers - segment.first) * 1000
        else:
            left = segment.first + segment.count - numbers
            sent = segment.start_ms - left * (1000 / segment.rate)
        ago: Floats = uniform(numbers, w.seed, _WHEN) * np.where(
            _bits(fine, 16) < w.late_share * SLOTS, w.late_s, w.spread_s
        )
        return (sent - ago * 1000).astype(np.int64)


def _bits(draws: NDArray[np.uint64], shift: int) -> Numbers:
    """16 of the 64 bits."""
    return ((draws >> np.uint64(shift)) & np.uint64(SLOTS - 1)).astype(np.int64)

"""Everything that the page shows at one moment, put together from what was read."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from infra.clickhouse.arrivals import BEFORE_MIN, RECENT_MIN, Arrivals
from infra.clickhouse.groups_report import GroupsReport
from infra.clickhouse.operator_page import (
    Flagged,
    Leader,
    LetterGroup,
    RefusedBy,
    SeenSignal,
    WaitingProposal,
    WatchedConsultation,
)
from operators.core.silence import silent
from pipelines.live.operator.alarms import Alarm, Facts, alarms, open_now
from pipelines.live.operator.headroom import StagePace
from pipelines.live.operator.machine import Machine
from pipelines.live.operator.readings import LastRead, Readings

MAX_CELLS: Final = 60
"""Countries or sources in a table, over all consultations."""
OLD: Final = timedelta(seconds=15)
"""Numbers of votes that are older are marked as old."""


@dataclass(frozen=True, slots=True)
class ConsultationLine:
    """One consultation, as the first table has it.

    Attributes:
        open: Votes may be expected.
        rate: Votes a second, by arrival, over the last minute; None: not read yet.
        minutes: Votes of each of the last sixty minutes.
        people: Who takes part; None: not counted yet.
        leaders: The first of its board, each with its flag.
        waiting: Proposals that wait for moderation.
    """

    consultation: WatchedConsultation
    open: bool
    rate: float | None
    minutes: list[int]
    people: int | None
    leaders: list[tuple[Leader, Flagged | None]]
    waiting: int


@dataclass(frozen=True, slots=True)
class CellLine:
    """A country or a source: votes lately beside what the time before lets expect.

    Attributes:
        expected: Votes in the last minutes, if they came as in the time before.
        silent: They have stopped.
    """

    consultation_id: str
    name: str
    recent: int
    before: int
    expected: float
    silent: bool
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """The page; what is None was not read yet.

    Attributes:
        now: When it was put together.
        old: Votes were not read lately: the numbers are old.
        rate: Votes a second of all consultations.
        freshness: From sending a vote until it shows, as the probe found.
    """

    now: datetime
    version: int
    old: bool
    alarms: list[Alarm]
    consultations: list[ConsultationLine] | None
    known: int
    rate: float | None
    countries: list[CellLine] | None
    sources: list[CellLine] | None
    letters: list[LetterGroup] | None
    refused_by: list[RefusedBy] | None
    signals: list[SeenSignal] | None
    groups: list[GroupsReport] | None
    titles: dict[str, str]
    waiting: list[WaitingProposal] | None
    stages: list[StagePace] | None
    machine: Machine | None
    freshness: timedelta | None
    checked: bool
    read: dict[str, LastRead]

    @property
    def urgent(self) -> int:
        """Alarms for which somebody is to be woken."""
        return sum(alarm.level == "page" for alarm in self.alarms)


def overview(readings: Readings, now: datetime) -> Overview:
    """The page as of now."""
    value = readings.value
    machine: Machine | None = value("machine")
    arrivals: Arrivals | None = value("arrivals")
    signals = value("signals")
    differences = value("checks")
    counted = readings.found["consultations"]
    facts = Facts(
        now,
        unread=counted.failed,
        consultations=counted.value,
        stages=value("stages"),
        arrivals=arrivals,
        letters=value("letters"),
        signals=signals,
        waiting=value("waiting"),
        differences=differences,
        machine=machine,
    )
    lines = _lines(facts, value) if counted.value is not None else None
    freshness_ms = machine.fact("probe", "freshness_ms") if machine else None
    return Overview(
        now=now,
        version=readings.version,
        old=counted.at is None or now - counted.at > OLD,
        alarms=alarms(facts),
        consultations=lines,
        known=counted.value[0].known if counted.value else 0,
        rate=_rate(arrivals, None),
        countries=_cells(arrivals, "country"),
        sources=_cells(arrivals, "source"),
        letters=facts.letters,
        refused_by=value("refused by"),
        signals=signals.seen if signals else None,
        groups=value("groups"),
        titles={each.consultation_id: each.title for each in counted.value or []},
        waiting=facts.waiting,
        stages=facts.stages,
        machine=machine,
        freshness=None if freshness_ms is None else timedelta(milliseconds=freshness_ms),
        checked=differences is not None,
        read=readings.found,
    )


def _lines(facts: Facts, value: Any) -> list[ConsultationLine]:
    leaders: dict[str, list[tuple[Leader, Flagged | None]]] = {}
    for leader in value("leaders") or []:
        key = (leader.consultation_id, leader.proposal_id)
        flag = facts.signals.flagged.get(key) if facts.signals else None
        leaders.setdefault(leader.consultation_id, []).append((leader, flag))
    people: dict[str, int] | None = value("people")
    waiting = {each.consultation_id: each.waiting for each in facts.waiting or []}
    return [
        ConsultationLine(
            each,
            open_now(each, facts.now),
            _rate(facts.arrivals, each.consultation_id),
            facts.arrivals.minutes.get(each.consultation_id, []) if facts.arrivals else [],
            None if people is None else people.get(each.consultation_id, 0),
            leaders.get(each.consultation_id, []),
            waiting.get(each.consultation_id, 0),
        )
        for each in facts.consultations or []
    ]


def _rate(arrivals: Arrivals | None, consultation: str | None) -> float | None:
    """Votes a second over the last minute, of one consultation or of all."""
    if arrivals is None:
        return None
    votes = sum(
        cell.last_minute
        for cell in arrivals.cells
        if consultation is None or cell.consultation_id == consultation
    )
    return votes / 60


def _cells(arrivals: Arrivals | None, by: str) -> list[CellLine] | None:
    """Silent ones first, then those with most votes."""
    if arrivals is None:
        return None
    recent, before = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    newest: dict[tuple[str, str], datetime] = {}
    for cell in arrivals.cells:
        key = (cell.consultation_id, getattr(cell, by))
        recent[key] += cell.recent
        before[key] += cell.before
        newest[key] = max(cell.newest_at, newest.get(key, cell.newest_at))
    lines = [
        CellLine(
            consultation,
            name,
            recent[consultation, name],
            before[consultation, name],
            before[consultation, name] * RECENT_MIN / BEFORE_MIN,
            silent(recent[consultation, name], before[consultation, name], RECENT_MIN, BEFORE_MIN),
            newest[consultation, name],
        )
        for consultation, name in newest
    ]
    lines.sort(key=lambda line: (not line.silent, -line.recent, -line.before, line.name))
    return lines[:MAX_CELLS]

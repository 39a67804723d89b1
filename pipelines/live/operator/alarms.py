"""What an operator should look at now: rules over what was read, each explained in the manual.

Thresholds are those of `infra/prometheus/alerts.yml` where there is an alert for the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from infra.clickhouse.arrivals import BEFORE_MIN, RECENT_MIN, Arrivals
from infra.clickhouse.operator_page import (
    FailedCheck,
    LetterGroup,
    Signals,
    WaitingProposal,
    WatchedConsultation,
)
from operators.core.silence import silent
from pipelines.live.operator.alarm_kinds import KINDS, MANUAL, Level
from pipelines.live.operator.headroom import StagePace
from pipelines.live.operator.machine import Machine

LATE_S: Final = 10
LOST_S: Final = 60
MAX_REFUSED_SHARE: Final = 0.5
MIN_REFUSED: Final = 50
"""Fewer rejected messages in five minutes are no alarm, whatever their share."""
LAG: Final = 100_000
LAG_OF: Final = {"semantics": 1_000}
CATCH_UP_S: Final = 60
CHECKPOINT_S: Final = 60
CUT_S: Final = 120
TICK_S: Final = 300
DISK_SHARE: Final = 0.1
DISK_BYTES: Final = 5 * 1024**3
DISK_FULL_BYTES: Final = 1024**3
WAITING: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; its values are filled into the text of its kind, as its reader's language has it.

    A `timedelta` is a duration, a whole number a number, a fraction a share; texts of strangers
    stand for themselves.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How urgent it is."""
        return KINDS[self.kind].level

    @property
    def text(self) -> str:
        """What is wrong, in English."""
        return KINDS[self.kind].text

    @property
    def manual(self) -> str:
        """Where the documentation explains it."""
        return f"{MANUAL}#{KINDS[self.kind].heading}"

    @property
    def key(self) -> str:
        """The same alarm keeps it."""
        named = (
            "service",
            "services",
            "stage",
            "consultation",
            "country",
            "source",
            "check",
            "subject",
        )
        return "/".join([self.kind, *(str(self.values[n]) for n in named if n in self.values)])


@dataclass(frozen=True, slots=True)
class Country:
    """A country's code, to be shown as its name."""

    code: str

    def __str__(self) -> str:
        """The code."""
        return self.code


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes, to be shown in a fitting unit."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at; None: not read yet.

    Attributes:
        unread: Something could not be read.
    """

    now: datetime
    unread: bool = False
    consultations: list[WatchedConsultation] | None = None
    stages: list[StagePace] | None = None
    arrivals: Arrivals | None = None
    letters: list[LetterGroup] | None = None
    signals: Signals | None = None
    waiting: list[WaitingProposal] | None = None
    differences: list[FailedCheck] | None = None
    machine: Machine | None = None


def alarms(facts: Facts) -> list[Alarm]:
    """Everything that is wrong, most urgent first."""
    found = [
        *([Alarm("unread")] if facts.unread else []),
        *(_of_checks(facts)),
        *(_of_machine(facts.machine, facts.now) if facts.machine else []),
        *_of_silence(facts),
        *_of_stages(facts.stages or []),
        *_of_rejections(facts),
        *_of_people(facts),
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda alarm: order[alarm.kind])


def _of_checks(facts: Facts) -> Iterator[Alarm]:
    for one in facts.differences or []:
        values = {"check": one.check, "subject": one.subject}
        yield Alarm("different", values | {"found": one.found, "expected": one.expected})


def _of_machine(machine: Machine, now: datetime) -> Iterator[Alarm]:
    down = [each.service for each in machine.services if not (each.ready or each.busy)]
    if missing := [name for name in down if name != "rebuild"]:  # that one ends by itself
        yield Alarm("down", {"services": ", ".join(missing)})
    for service in machine.services:
        named = {"service": service.service}
        if service.busy:
            yield Alarm("busy", named)
        for fact in ("fault", "blocked", "warning"):
            if fact in service.facts:
                yield Alarm("said", named | {"sentence": str(service.facts[fact])})
        age_ms = service.facts.get("checkpoint_age_ms")
        if isinstance(age_ms, int | float) and age_ms > CHECKPOINT_S * 1000:
            yield Alarm("checkpoint", named | {"duration": timedelta(milliseconds=age_ms)})
    for name, count in sorted(machine.ends.items()):
        yield Alarm("ended", {"service": name, "count": count})
    yield from _of_metrics(machine, now)
    free = {"free": Size(machine.disk_free)}
    if machine.disk_free < DISK_FULL_BYTES:
        yield Alarm("disk_full", free)
    elif machine.disk_free < DISK_BYTES or machine.disk_share < DISK_SHARE:
        yield Alarm("disk", free)


def _of_metrics(machine: Machine, now: datetime) -> Iterator[Alarm]:
    waiting_s = machine.metrics.value("tutti_probe_waiting_seconds") or 0
    late_s = machine.metrics.value("tutti_freshness_last_seconds") or 0
    if waiting_s > LOST_S:
        yield Alarm("lost", {"duration": timedelta(seconds=waiting_s)})
    elif late_s > LATE_S:
        yield Alarm("late", {"duration": timedelta(seconds=late_s)})
    for kind, name, max_s in (
        ("cut", "tutti_sink_cut_timestamp_seconds", CUT_S),
        ("tick", "tutti_periodic_tick_timestamp_seconds", TICK_S),
    ):
        at = machine.metrics.value(name)
        if at and now.timestamp() - at > max_s:
            yield Alarm(kind, {"duration": timedelta(seconds=now.timestamp() - at)})


def open_now(consultation: WatchedConsultation | None, now: datetime) -> bool:
    """Whether votes may be expected; where nothing is announced, they may."""
    if consultation is None:
        return True
    opens, closes = consultation.opens_at, consultation.closes_at
    return (opens is None or opens <= now) and (closes is None or now < closes)


def silences(arrivals: Arrivals) -> Iterator[tuple[str, str, str, int, int]]:
    """Who fell silent: consultation, "", "country" or "source", name, votes lately and before.

    Where a whole consultation is silent, its countries and sources are not named as well.
    """
    for by in ("", "country", "source"):
        recent, before = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        whole = _silent_consultations(arrivals) if by else set()
        for cell in arrivals.cells:
            key = (cell.consultation_id, getattr(cell, by) if by else "")
            recent[key] += cell.recent
            before[key] += cell.before
        for key in sorted(before):
            if key[0] not in whole and silent(recent[key], before[key], RECENT_MIN, BEFORE_MIN):
                yield key[0], by, key[1], recent[key], before[key]


def _silent_consultations(arrivals: Arrivals) -> set[str]:
    recent, before = Counter[str](), Counter[str]()
    for cell in arrivals.cells:
        recent[cell.consultation_id] += cell.recent
        before[cell.consultation_id] += cell.before
    return {n for n in before if silent(recent[n], before[n], RECENT_MIN, BEFORE_MIN)}


def _of_silence(facts: Facts) -> Iterator[Alarm]:
    if facts.arrivals is None:
        return
    known = {each.consultation_id: each for each in facts.consultations or []}
    for consultation, by, name, recent, before in silences(facts.arrivals):
        if open_now(known.get(consultation), facts.now):
            yield Alarm(
                f"{by or 'consultation'}_silent",
                {
                    "consultation": consultation,
                    **({"country": Country(name)} if by == "country" else {}),
                    **({"source": name or "–"} if by == "source" else {}),
                    "recent": recent,
                    "minutes": RECENT_MIN,
                    "expected": round(before * RECENT_MIN / BEFORE_MIN),
                },
            )


def _of_stages(stages: list[StagePace]) -> Iterator[Alarm]:
    for pace in stages:
        stage, lag = pace.position.stage, pace.position.lag
        named = {"stage": stage, "lag": lag}
        if pace.lag_grows:
            yield Alarm("behind", named)
        elif pace.catch_up_s is not None and pace.catch_up_s > CATCH_UP_S:
            yield Alarm("lagging", named | {"duration": timedelta(seconds=pace.catch_up_s)})
        elif lag > LAG_OF.get(stage, LAG):
            yield Alarm("waiting_records", named)


def _of_rejections(facts: Facts) -> Iterator[Alarm]:
    if facts.letters is None or facts.arrivals is None:
        return
    refused = sum(group.recent for group in facts.letters)
    taken = sum(cell.recent for cell in facts.arrivals.cells)
    if refused >= MIN_REFUSED and refused > MAX_REFUSED_SHARE * (refused + taken):
        yield Alarm("refused", {"share": refused / (refused + taken)})


def _of_people(facts: Facts) -> Iterator[Alarm]:
    active = Counter(
        each.consultation_id
        for each in (facts.signals.seen if facts.signals else ())
        if each.active
    )
    for consultation, count in sorted(active.items()):
        yield Alarm("signal", {"consultation": consultation, "count": count})
    oldest: dict[str, WaitingProposal] = {}
    for each in facts.waiting or []:
        oldest.setdefault(each.consultation_id, each)
    for consultation, first in sorted(oldest.items()):
        if facts.now - first.submitted_at > WAITING:
            yield Alarm(
                "moderation",
                {
                    "consultation": consultation,
                    "count": first.waiting,
                    "duration": facts.now - first.submitted_at,
                },
            )

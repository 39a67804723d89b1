"""Which consultation is grouped when; the process around it only loops."""

from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import UNAVAILABLE
from infra.clickhouse.group_runs import Head, read_former, write_groups, write_too_large
from infra.clickhouse.opinions import (
    Snapshot,
    count_proposals,
    newest_data_parts,
    read_opinions,
    snapshots,
)
from infra.service.metrics import (
    GROUPS_BALLOTS,
    GROUPS_CONSULTATIONS,
    GROUPS_NOISE_RUNS,
    GROUPS_RUN,
    GROUPS_RUNS,
    GROUPS_WAITING,
)
from operators.core.clock import Clock, cooled_down_ms, monotonic_ms, system_clock
from operators.core.groups.run import MAX_BALLOTS, MAX_PROPOSALS, NOBODY, GroupMembers, find_groups
from operators.core.groups.significance import Noise
from pipelines.groups.cooldown import COOLDOWN_PER_RUN, COOLDOWN_PER_SCAN, next_ms

NOISE_MS: Final = 500
"""Shuffled runs may take so long at a time, or as long as the run itself."""

FAILED_COOLDOWN_MS: Final = 60_000
"""A consultation that ClickHouse could not answer for is left alone for so long."""


@dataclass(slots=True)
class _GroupedConsultation:
    """What is remembered of one between runs."""

    run: int = 0
    members: GroupMembers = NOBODY
    noise: Noise = field(default_factory=Noise)
    done: Snapshot | None = None
    next_ms: int = 0


class Grouping:
    """Groups every consultation whose ballots have changed.

    Attributes:
        waiting: Consultations that have changed since they were grouped.
        last_ms: How long the newest run took; None: there was none.
    """

    def __init__(
        self,
        clickhouse: Client,
        clock: Clock = system_clock,
        stopwatch: Clock = monotonic_ms,
    ) -> None:
        self._clickhouse = clickhouse
        self._clock, self._stopwatch = clock, stopwatch
        self._log = structlog.get_logger()
        self._parts: tuple[Any, ...] = ()
        self._look_ms = 0
        self.waiting: dict[str, Snapshot] = {}
        self._known = {
            name: _GroupedConsultation(former.run, former.members, Noise(former.threshold))
            for name, former in read_former(clickhouse).items()
        }
        self.last_ms: int | None = None

    def step(self) -> bool:
        """Group the consultation that has waited longest; False: none is due."""
        self._look()
        GROUPS_WAITING.set(len(self.waiting))
        due = [name for name in self.waiting if self._known[name].next_ms <= self._stopwatch()]
        if not due:
            return False
        name = min(due, key=lambda name: (self._known[name].next_ms, name))
        began = self._stopwatch()
        snapshot = self.waiting.pop(name)
        try:
            self._group(name, snapshot, began)
        except UNAVAILABLE:
            raise
        except Exception as error:  # noqa: BLE001 - its own trouble: the others shall not wait
            # e.g. too much memory for ClickHouse
            self._log.warning("grouping_failed", consultation=name, error=repr(error)[:500])
            GROUPS_RUNS.labels(status="failed").inc()
            self.waiting[name] = snapshot
            began -= FAILED_COOLDOWN_MS // COOLDOWN_PER_RUN
        ended = self._stopwatch()
        self._known[name].next_ms = next_ms(began, ended)
        self.last_ms = ended - began
        GROUPS_RUN.observe(self.last_ms / 1000)
        return True

    def _look(self) -> None:
        """Record what has changed since it was grouped."""
        began = self._stopwatch()
        if began < self._look_ms:
            return
        parts = newest_data_parts(self._clickhouse)
        if parts == self._parts:
            return
        found = snapshots(self._clickhouse)
        for name, snapshot in found.items():
            if snapshot.differs(self._known.setdefault(name, _GroupedConsultation()).done):
                self.waiting[name] = snapshot
        self._parts = parts
        GROUPS_CONSULTATIONS.set(len(found))
        self._look_ms = cooled_down_ms(began, self._stopwatch(), COOLDOWN_PER_SCAN)

    def _group(self, name: str, snapshot: Snapshot, began: int) -> None:
        known = self._known[name]
        if snapshot.rows > MAX_BALLOTS:
            self._refuse(name, snapshot, began, 0)
            return
        proposals = count_proposals(self._clickhouse, name)
        if proposals > MAX_PROPOSALS:
            self._refuse(name, snapshot, began, proposals)
            return
        opinions = read_opinions(self._clickhouse, name)
        groups = find_groups(opinions, known.members)
        write_groups(self._clickhouse, self._head(name, snapshot, began), opinions, groups)
        if groups.k:
            known.members = groups.members
        known.done = snapshot
        GROUPS_RUNS.labels(status="grouped" if groups.k else "too_few").inc()
        GROUPS_BALLOTS.set(len(opinions.votes))
        spent = self._stopwatch() - began
        until = self._stopwatch() + max(NOISE_MS, spent)
        while groups.k and known.noise.due(len(opinions.votes), self._clock()):
            GROUPS_NOISE_RUNS.inc()
            if known.noise.add(opinions, self._clock()):
                head = self._head(name, snapshot, began)
                write_groups(self._clickhouse, head, opinions, groups)
            elif self._stopwatch() >= until:
                self.waiting[name] = snapshot  # the rest another time
                return

    def _refuse(self, name: str, snapshot: Snapshot, began: int, proposals: int) -> None:
        head = self._head(name, snapshot, began)
        write_too_large(self._clickhouse, head, snapshot.rows, proposals)
        self._known[name].done = snapshot
        GROUPS_RUNS.labels(status="too_large").inc()
        self._log.warning(
            "consultation_too_large", consultation=name, rows=snapshot.rows, proposals=proposals
        )

    def _head(self, name: str, snapshot: Snapshot, began: int) -> Head:
        known = self._known[name]
        known.run += 1
        return Head(
            name,
            known.run,
            snapshot.as_of,
            self._clock(),
            (self._stopwatch() - began) / 1000,
            known.noise.threshold,
        )

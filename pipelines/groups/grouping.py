"""Which consultation is grouped when; the process around it only loops."""

from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import UNAVAILABLE
from infra.clickhouse.group_runs import Head, Scope, read_former, write_groups
from infra.clickhouse.opinions import (
    OpinionsRead,
    Snapshot,
    countries,
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
from operators.core.groups.partition import grouped
from operators.core.groups.run import NOBODY, GroupMembers, find_groups
from operators.core.groups.significance import Noise
from pipelines.groups.cooldown import COOLDOWN_PER_RUN, COOLDOWN_PER_SCAN, next_ms

NOISE_MS: Final = 500
"""Shuffled runs may take so long at a time, or as long as the run itself."""

FAILED_COOLDOWN_MS: Final = 60_000
"""A consultation that ClickHouse could not answer for is left alone for so long."""


@dataclass(slots=True)
class _GroupedScope:
    """What is remembered of one between runs."""

    run: int = 0
    members: GroupMembers = NOBODY
    noise: Noise = field(default_factory=Noise)
    done: Snapshot | None = None
    ended_ms: int = 0


class Grouping:
    """Groups every consultation whose ballots have changed, and each of its countries.

    Attributes:
        waiting: Scopes that have changed since they were grouped.
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
        self.waiting: dict[Scope, Snapshot] = {}
        self._known = {
            scope: _GroupedScope(former.run, former.members, Noise(former.threshold))
            for scope, former in read_former(clickhouse).items()
        }
        # A consultation rests as a whole, however many countries it has.
        self._next_ms: dict[str, int] = {}
        self.last_ms: int | None = None

    def step(self) -> bool:
        """Group the scope that has waited longest; False: none is due."""
        self._look()
        GROUPS_WAITING.set(len(self.waiting))
        now = self._stopwatch()
        due = [s for s in self.waiting if self._next_ms.get(s.consultation_id, 0) <= now]
        if not due:
            return False
        scope = min(due, key=lambda scope: (self._known[scope].ended_ms, scope))
        began = self._stopwatch()
        snapshot = self.waiting.pop(scope)
        try:
            self._group(scope, snapshot, began)
        except UNAVAILABLE:
            raise
        except Exception as error:  # noqa: BLE001 - its own trouble: the others shall not wait
            # e.g. too much memory for ClickHouse
            self._log.warning(
                "grouping_failed",
                consultation=scope.consultation_id,
                country=scope.country,
                error=repr(error)[:500],
            )
            GROUPS_RUNS.labels(status="failed").inc()
            self.waiting[scope] = snapshot
            began -= FAILED_COOLDOWN_MS // COOLDOWN_PER_RUN
        ended = self._stopwatch()
        self._known[scope].ended_ms = ended
        self._next_ms[scope.consultation_id] = next_ms(began, ended)
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
            self._wait(Scope(name), snapshot)
        self._parts = parts
        GROUPS_CONSULTATIONS.set(len(found))
        self._look_ms = cooled_down_ms(began, self._stopwatch(), COOLDOWN_PER_SCAN)

    def _wait(self, scope: Scope, snapshot: Snapshot) -> None:
        if snapshot.differs(self._known.setdefault(scope, _GroupedScope()).done):
            self.waiting[scope] = snapshot

    def _group(self, scope: Scope, snapshot: Snapshot, began: int) -> None:
        known = self._known[scope]
        reading = read_opinions(self._clickhouse, scope.consultation_id, scope.country)
        opinions = reading.opinions
        groups = find_groups(opinions, known.members)
        head = self._head(scope, snapshot, began, reading)
        write_groups(self._clickhouse, head, opinions, groups)
        if groups.k:
            known.members = groups.members
        if not scope.country and snapshot.differs(known.done):
            for country in countries(self._clickhouse, scope.consultation_id):
                self._wait(Scope(scope.consultation_id, country), snapshot)
        known.done = snapshot
        GROUPS_RUNS.labels(status="grouped" if groups.k else "too_few").inc()
        GROUPS_BALLOTS.set(len(opinions.votes))
        spent = self._stopwatch() - began
        until = self._stopwatch() + max(NOISE_MS, spent)
        while groups.k and known.noise.due(len(opinions.votes), self._clock()):
            GROUPS_NOISE_RUNS.inc()
            if known.noise.add(opinions, self._clock()):
                head = self._head(scope, snapshot, began, reading)
                write_groups(self._clickhouse, head, opinions, groups)
            elif self._stopwatch() >= until:
                self.waiting[scope] = snapshot  # the rest another time
                return

    def _head(self, scope: Scope, snapshot: Snapshot, began: int, reading: OpinionsRead) -> Head:
        known = self._known[scope]
        known.run += 1
        return Head(
            scope,
            known.run,
            snapshot.as_of,
            self._clock(),
            (self._stopwatch() - began) / 1000,
            reading.participants,
            len(grouped(reading.opinions)) if reading.eligible is None else reading.eligible,
            known.noise.threshold,
        )

"""How long opinion groups take, phase by phase, on a ClickHouse alone with invented ballots."""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final, TypeVar

import psutil
from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import connect
from infra.clickhouse.group_runs import Head, Scope, write_groups
from infra.clickhouse.opinions import read_opinions, snapshots
from infra.clickhouse.tables import insert_selected
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse
from operators.core.clock import system_clock
from operators.core.groups.partition import grouped
from operators.core.groups.run import MAX_PROPOSALS, find_groups
from operators.core.groups.significance import Threshold, noise_share
from pipelines.groups.main import NICE

CONSULTATION: Final = "bench"
T = TypeVar("T")

# The number of ballots of a person is skewed, as activity is. Three camps have a half, 30 % and
# 20 % of the people; each camp has its own rate of agreement with every proposal.
_INVENT: Final = """
    WITH
        {seed:UInt64} AS seed,
        (cityHash64(person, 'activity', seed) + 1) / 18446744073709551616. AS activity,
        cityHash64(person, 'camp', seed) % 10 AS place,
        multiIf(place < 5, 0, place < 8, 1, 2) AS camp,
        if({proposals:UInt32} <= {even:UInt32},
            (cityHash64(person, 'first', seed) + turn * 7919) % {proposals:UInt32},
            toUInt64(pow(cityHash64(person, turn, seed) / 18446744073709551616., 3)
                * {proposals:UInt32})) AS proposal,
        cityHash64(camp, proposal, seed) / 18446744073709551616. * 0.85 AS agrees,
        cityHash64(person, proposal, seed) / 18446744073709551616. AS chance
    SELECT
        {consultation:String}, concat('p-', toString(proposal)),
        reinterpretAsUInt128(MD5(toString(person))),
        ['DE', 'DE', 'FR', 'IT', 'LU'][cityHash64(person, 'country', seed) % 5 + 1],
        multiIf(chance < agrees, 'agree', chance < agrees + 0.15, 'neutral', 'disagree'),
        'trusted', 0, '', fromUnixTimestamp64Milli(1780000000000), 0,
        person * {proposals:UInt32} + turn, fromUnixTimestamp64Milli(1780000000000), 1
    FROM (SELECT number AS person FROM numbers({people:UInt32}))
    ARRAY JOIN range(toUInt32(least({proposals:UInt32}, greatest(1, round(
        -log(activity) * {ballots:UInt32} / {people:UInt32}
    ))))) AS turn"""


@dataclass(frozen=True, slots=True)
class GroupingPhase:
    """What one phase took.

    Attributes:
        name: Of the phase.
        wall_s: Time that passed, s.
        cpu_s: CPU of the process that groups, s.
        clickhouse_cpu_s: CPU of ClickHouse meanwhile, s.
    """

    name: str
    wall_s: float
    cpu_s: float
    clickhouse_cpu_s: float


NOISE_RUN: Final = "a deal"
"""The share of the first component in votes dealt anew: 19 an hour, and in no total."""


COUNTRY: Final = "read and group a country"
"""Of two fifths of the people; in no total, either."""


@dataclass(frozen=True, slots=True)
class GroupingTimes:
    """The times of one size of consultation.

    Attributes:
        people: Participants with at least one ballot.
        proposals: Proposals with at least one ballot.
        ballots: Current ballots.
        k: Number of groups found.
        runs: The phases of each run; `NOISE_RUN` and `COUNTRY` are no part of a run.
        peak_mb: Most memory of the process that groups, MiB, libraries included.
    """

    people: int
    proposals: int
    ballots: int
    k: int
    runs: list[list[GroupingPhase]]
    peak_mb: float


def measure(people: int, proposals: int, ballots: int, seed: int, runs: int) -> GroupingTimes:
    """Insert invented ballots, then group their people `runs` times."""
    os.nice(NICE)
    with (
        TemporaryDirectory(prefix="tutti-") as folder,
        ephemeral_clickhouse(Path(folder)) as settings,
    ):
        clickhouse = connect(settings, timeout_s=600)
        sizes = {
            "even": MAX_PROPOSALS,
            "people": people,
            "proposals": proposals,
            "ballots": ballots,
            "seed": seed,
        }
        named = {"consultation": CONSULTATION, **sizes}
        insert_selected(clickhouse, "ballots", _INVENT, named)
        measured = [_run(clickhouse, number) for number in range(1, runs + 1)]
        [(voters, voted, current, k)] = clickhouse.query(
            "SELECT DISTINCT participants, proposals, ballots, k FROM marts.opinion_groups"
        ).result_rows
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return GroupingTimes(voters, voted, current, k, measured, peak_mb)


def _run(clickhouse: Client, number: int) -> list[GroupingPhase]:
    server = psutil.Process().children()[0]
    phases: list[GroupingPhase] = []

    def timed(name: str, step: Callable[[], T]) -> T:
        before = server.cpu_times()
        wall, cpu = perf_counter(), process_time()
        result = step()
        wall, cpu = perf_counter() - wall, process_time() - cpu
        after = server.cpu_times()
        spent = after.user + after.system - before.user - before.system
        phases.append(GroupingPhase(name, wall, cpu, spent))
        return result

    snapshot = timed("look for changes", lambda: snapshots(clickhouse))[CONSULTATION]
    reading = timed("read", lambda: read_opinions(clickhouse, CONSULTATION))
    opinions = reading.opinions
    groups = timed("group", lambda: find_groups(opinions))
    members = grouped(opinions)
    eligible = len(members) if reading.eligible is None else reading.eligible
    known = Threshold(0.0, 0.0, len(opinions.votes), system_clock())
    people = reading.participants
    now = system_clock()
    head = Head(Scope(CONSULTATION), number, snapshot.as_of, now, 0.0, people, eligible, known)
    timed("write", lambda: write_groups(clickhouse, head, opinions, groups))
    timed(
        "read marts",
        lambda: clickhouse.query(
            "SELECT count(), max(gic) FROM marts.group_consensus"
            f" WHERE consultation_id = '{CONSULTATION}'"
        ),
    )
    timed(COUNTRY, lambda: find_groups(read_opinions(clickhouse, CONSULTATION, "DE").opinions))
    timed(NOISE_RUN, lambda: noise_share(opinions, members, seed=0))
    return phases


def total(phases: list[GroupingPhase]) -> GroupingPhase:
    """The sum of the other phases: from the search for changes until marts are read."""
    within = [phase for phase in phases if phase.name not in (NOISE_RUN, COUNTRY)]
    return GroupingPhase(
        "total",
        sum(phase.wall_s for phase in within),
        sum(phase.cpu_s for phase in within),
        sum(phase.clickhouse_cpu_s for phase in within),
    )

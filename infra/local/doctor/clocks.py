"""Clocks: those of this machine, of the broker and of ClickHouse agree."""

from collections.abc import Iterator
from typing import Final

from infra.clickhouse.client import connect, scalar
from infra.local.doctor.finding import Finding, Level
from infra.local.doctor.patient import Patient
from infra.service.heartbeat import last_beat

CLOCK_WARNING_MS: Final = 1_000
CLOCK_PROBLEM_MS: Final = 60_000


def check_clocks(patient: Patient) -> Iterator[Finding]:
    """The clocks of this machine, the broker and ClickHouse agree."""
    beat = last_beat(patient.settings, "probe", patient.clock) if patient.runs else None
    ahead = beat.facts.get("broker_ahead_ms") if beat else None
    if ahead is not None:
        yield compare_clock("broker", ahead)
    if not patient.ready("clickhouse"):
        return
    clickhouse = connect(patient.settings)
    before = patient.clock()
    there = scalar(clickhouse, "SELECT toUnixTimestamp64Milli(now64(3))")
    after = patient.clock()
    yield compare_clock("ClickHouse", there - min(max(there, before), after))


def compare_clock(whose: str, ahead_ms: int) -> Finding:
    """Judge by how far a clock is ahead of this machine's."""
    found = f"{whose}'s differs from this machine's by {abs(ahead_ms)} ms"
    if abs(ahead_ms) <= CLOCK_WARNING_MS:
        return Finding("clock", "ok", found)
    level: Level = "problem" if abs(ahead_ms) > CLOCK_PROBLEM_MS else "warning"
    return Finding("clock", level, found, "set both by NTP: votes ahead of the broker are rejected")

"""Room on the disk, for the data and for the logs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.local.doctor.finding import Finding, Level
from infra.local.doctor.patient import Patient
from infra.local.services import SERVICES
from infra.local.supervisor import LOG_BACKUPS, LOG_BYTES
from operators.core.clock import Clock
from operators.core.wording import number_of

DISK_PROBLEM_BYTES: Final = 1_000_000_000
DISK_WARNING_BYTES: Final = 6_000_000_000
DISK_WARNING_DAYS: Final = 30
GROWTH_MIN_S: Final = 3_600
"""Younger data say nothing about how fast they grow."""


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Room, and how long it lasts at the average growth since the first start."""
    home = patient.settings.home
    there = home
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    size, since_s = size_of(home), _age_s(home, patient.clock)
    found = f"{free / 1e9:.1f} GB free; the data have {size / 1e9:.2f} GB"
    days = None
    if since_s > GROWTH_MIN_S and size:
        days = free / (size / since_s) / 86_400
        found += f"; at their average growth the room lasts {number_of(round(days), 'day')}"
    if free < DISK_PROBLEM_BYTES:
        level: Level = "problem"
    elif free < DISK_WARNING_BYTES or (days is not None and days < DISK_WARNING_DAYS):
        level = "warning"
    else:
        level = "ok"
    cure = "" if level == "ok" else f"make room where {home} is, or move TUTTI_HOME"
    yield Finding("disk", level, found, cure)


def check_logs(patient: Patient) -> Iterator[Finding]:
    """The logs stay within what their rotation allows."""
    folder = patient.settings.logs
    size, most = size_of(folder), (len(SERVICES) + 1) * LOG_BYTES * (LOG_BACKUPS + 2)
    found = f"{size >> 20} MiB, {most >> 20} MiB at most"
    if size > most:
        yield Finding("logs", "warning", found, f"see which file in {folder} nobody rotates")
    else:
        yield Finding("logs", "ok", found)


def size_of(folder: Path) -> int:
    """Bytes that the files of a folder take on disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found = Path(place, name).lstat()
            except FileNotFoundError:  # removed meanwhile
                continue
            total += found.st_blocks * 512
    return total


def _age_s(home: Path, clock: Clock) -> float:
    """Seconds since the first start, which made this file once."""
    file = home / "secrets" / "pseudonym.key"
    return clock() / 1000 - file.stat().st_mtime if file.exists() else 0.0

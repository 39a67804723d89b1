"""Memory: what the services may use together."""

from collections.abc import Iterator
from typing import Final

import psutil

from infra.local.doctor.finding import Finding
from infra.local.doctor.patient import Patient
from infra.local.provision.machine import cgroup_limits

OTHER_MEMORY_MB: Final = 1_500
"""What the Python processes and the Java machines take beside their heaps."""
SEMANTICS_OUTSIDE_MB: Final = 1_200
"""The semantics job's memory outside of Java's heap: two encoders, Python, clusters."""


def check_memory(patient: Patient) -> Iterator[Finding]:
    """What the services may use fits into the machine."""
    settings = patient.settings
    allowed_mb = (
        settings.votes_memory_mb
        + settings.semantics_heap_mb
        + SEMANTICS_OUTSIDE_MB
        + settings.kafka_heap_mb
        + settings.clickhouse_memory_mb
        + settings.redis_memory_mb
        + OTHER_MEMORY_MB
    )
    there_mb = min([psutil.virtual_memory().total, *cgroup_limits()]) >> 20
    found = f"the services may use {allowed_mb:,} MiB of {there_mb:,} MiB"
    if allowed_mb > there_mb:
        yield Finding(
            "memory", "warning", found, "lower TUTTI_..._MB, or take a machine with more memory"
        )
    else:
        yield Finding("memory", "ok", found)

"""The doctor: what is wrong with this installation, and what to do about it.

A check is a function that yields findings; `CHECKS` lists them. None changes anything. Those that
ask a running service say nothing while the stack is down: `check_stack` says that once.
"""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import ConfigResource, ResourceType

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect, scalar
from infra.config.settings import CHECKOUT, Settings
from infra.kafka import client as kafka
from infra.local.provision.checkout import Checkout
from infra.local.provision.checks import CHECKS as PROVISION_CHECKS
from infra.local.provision.jars import wrong_jars
from infra.local.provision.machine import cgroup_limits
from infra.local.provision.ports import check_ports as provision_ports
from infra.local.provision.problem import Problem
from infra.local.services import SERVICES
from infra.local.status import ServiceStatus, status
from infra.local.supervisor import LOG_BACKUPS, LOG_BYTES
from infra.service.heartbeat import last_beat
from operators.core.clock import Clock, system_clock
from schemas.topics import TOPICS

Level = Literal["ok", "warning", "problem"]

DISK_PROBLEM_BYTES: Final = 1_000_000_000
DISK_WARNING_BYTES: Final = 6_000_000_000
DISK_WARNING_DAYS: Final = 30
GROWTH_MIN_S: Final = 3_600
"""Younger data say nothing about how fast they grow."""
OTHER_MEMORY_MB: Final = 1_500
"""What the Python processes and the Java machines take beside their heaps."""
SEMANTICS_OUTSIDE_MB: Final = 700
"""The semantics job's memory outside of Java's heap: encoder, Python, clusters."""
CLOCK_WARNING_MS: Final = 1_000
CLOCK_PROBLEM_MS: Final = 60_000
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do unless it is well."""

    check: str
    level: Level
    found: str
    cure: str = ""


@dataclass(frozen=True)
class Patient:
    """What the checks look at."""

    settings: Settings
    environment: Mapping[str, str]
    clock: Clock = system_clock

    @cached_property
    def checkout(self) -> Checkout:
        """The checkout, as the set-up sees it."""
        return Checkout(CHECKOUT, self.environment)

    @cached_property
    def services(self) -> list[ServiceStatus]:
        """Each service, asked once."""
        return status(self.settings)

    @property
    def runs(self) -> bool:
        """Whether a supervisor keeps the services."""
        return any(service.pid for service in self.services)

    def ready(self, service: str) -> bool:
        """Whether that service is ready."""
        return any(found.ready for found in self.services if found.service == service)


Check = Callable[[Patient], Iterator[Finding]]


def examine(patient: Patient) -> list[Finding]:
    """Run every check; one that fails is a problem itself."""
    found: list[Finding] = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            found += check(patient)
        except Exception as error:  # noqa: BLE001 - the other checks may tell why
            found.append(
                Finding(name, "problem", f"cannot be checked: {type(error).__name__}: {error}")
            )
    return found


def check_prerequisites(patient: Patient) -> Iterator[Finding]:
    """System, Python, Java, Maven, memory, folder: as `make setup` checks them."""
    problems = [problem for check in PROVISION_CHECKS for problem in check(patient.checkout)]
    yield from map(_of_setup, problems)
    if not problems:
        yield Finding("prerequisites", "ok", "system, Python, Java and memory fit")


def _of_setup(problem: Problem) -> Finding:
    found, _, cure = problem.sentence.partition(": ")
    return Finding("prerequisites", "problem" if problem.fatal else "warning", found, cure)


def check_ports(patient: Patient) -> Iterator[Finding]:
    """Ten free ports, as long as our own stack does not hold them."""
    settings = patient.settings
    ports = f"{settings.port_base} to {settings.port_base + 9}"
    if patient.runs:
        yield Finding("ports", "ok", f"{ports} are this stack's")
        return
    problems = list(provision_ports(patient.checkout, fatal=True))
    for problem in problems:
        found, _, cure = problem.sentence.rpartition(": ")
        yield Finding("ports", "problem", found, cure)
    if not problems:
        yield Finding("ports", "ok", f"{ports} on 127.0.0.1 are free")


def check_packages(_patient: Patient) -> Iterator[Finding]:
    """The installed packages are the locked ones."""
    lock = (CHECKOUT / "requirements" / "runtime.lock").read_text()
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+) \\$", lock, re.MULTILINE))
    wrong = [
        f"{name} {found or 'missing'} instead of {wanted}"
        for name, wanted in pinned.items()
        if (found := _installed(name)) != wanted
    ]
    if wrong:
        yield Finding("packages", "problem", _some(wrong), "make setup")
    else:
        yield Finding("packages", "ok", f"{len(pinned)} packages are those of the lock file")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_jars(patient: Patient) -> Iterator[Finding]:
    """The Java archives are those of SHA256SUMS."""
    sums = patient.checkout.sums()
    wrong = wrong_jars(patient.settings.jars, sums)
    if wrong:
        yield Finding(
            "jars", "problem", f"missing or changed: {_some(wrong)}", "make setup, or TUTTI_JARS"
        )
    else:
        yield Finding("jars", "ok", f"{len(sums)} archives are those of SHA256SUMS")


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Room, and how long it lasts at the average growth since the first start."""
    home = patient.settings.home
    there = home
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    size, since_s = _size(home), _age_s(home, patient.clock)
    found = f"{free / 1e9:.1f} GB free; the data have {size / 1e9:.2f} GB"
    days = None
    if since_s > GROWTH_MIN_S and size:
        days = free / (size / since_s) / 86_400
        found += f"; at their average growth the room lasts {days:,.0f} days"
    if free < DISK_PROBLEM_BYTES:
        level: Level = "problem"
    elif free < DISK_WARNING_BYTES or (days is not None and days < DISK_WARNING_DAYS):
        level = "warning"
    else:
        level = "ok"
    cure = "" if level == "ok" else f"make room where {home} is, or move TUTTI_HOME"
    yield Finding("disk", level, found, cure)


def _size(folder: Path) -> int:
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


def check_memory(patient: Patient) -> Iterator[Finding]:
    """What the services may use fits into the machine."""
    settings = patient.settings
    allowed_mb = (
        settings.flink_heap_mb
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


def check_secrets(patient: Patient) -> Iterator[Finding]:
    """Only their owner can read the secrets."""
    folder = patient.settings.home / "secrets"
    if not folder.exists():
        yield Finding("secrets", "ok", "none yet: made at the first start")
        return
    places = [folder, *folder.rglob("*")]
    open_ones = [
        str(place)
        for place in places
        if stat.S_IMODE((found := place.lstat()).st_mode) & 0o077 or found.st_uid != os.getuid()
    ]
    if open_ones:
        yield Finding(
            "secrets", "problem", f"others can read {_some(open_ones)}", f"chmod -R go= {folder}"
        )
    else:
        yield Finding("secrets", "ok", f"{len(places) - 1} files, for their owner alone")


def check_logs(patient: Patient) -> Iterator[Finding]:
    """The logs stay within what their rotation allows."""
    folder = patient.settings.logs
    size, most = _size(folder), (len(SERVICES) + 1) * LOG_BYTES * (LOG_BACKUPS + 2)
    found = f"{size >> 20} MiB, {most >> 20} MiB at most"
    if size > most:
        yield Finding("logs", "warning", found, f"see which file in {folder} nobody rotates")
    else:
        yield Finding("logs", "ok", found)


def check_stack(patient: Patient) -> Iterator[Finding]:
    """Every service is ready: it answers, or its main loop has written a heartbeat lately."""
    if not patient.runs:
        yield Finding(
            "stack", "warning", "nothing runs, so its services cannot be asked", "tutti up"
        )
        return
    for service in patient.services:
        facts = ", ".join(f"{name} {value}" for name, value in service.facts.items())
        if service.ready and "warning" in service.facts:
            yield Finding(
                service.service, "warning", service.facts["warning"], "see tutti status again"
            )
        elif service.ready:
            yield Finding(service.service, "ok", f"ready{f': {facts}' if facts else ''}")
        else:
            log = patient.settings.logs / f"{service.service}.log"
            yield Finding(
                service.service,
                "problem",
                f"{service.state.lower()}, not ready{f': {facts}' if facts else ''}",
                f"wait a moment or run tutti up; its log is {log}",
            )


def check_topics(patient: Patient) -> Iterator[Finding]:
    """Kafka's topics are those of ``topics.toml``."""
    if not patient.ready("kafka"):
        return
    admin = kafka.admin(patient.settings)
    present = admin.list_topics(timeout=kafka.TIMEOUT_S).topics
    missing = [name for name in TOPICS if name not in present]
    wrong = [
        f"{name} has {len(present[name].partitions)} partitions instead of {topic.partitions}"
        for name, topic in TOPICS.items()
        if name in present and len(present[name].partitions) != topic.partitions
    ]
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in TOPICS if name in present]
    for resource, answer in admin.describe_configs(resources).items():
        config = answer.result(timeout=kafka.TIMEOUT_S)
        wrong += [
            f"{resource.name} has {key}={config[key].value} instead of {wanted}"
            for key, wanted in TOPICS[resource.name].config.items()
            if config[key].value != wanted
        ]
    if missing:
        yield Finding("topics", "problem", f"missing: {_some(missing)}", "tutti up makes them")
    if wrong:
        yield Finding(
            "topics", "problem", _some(wrong), "set them back to what schemas/topics.toml says"
        )
    if not missing and not wrong:
        yield Finding("topics", "ok", f"{len(TOPICS)} topics as in schemas/topics.toml")


def check_clickhouse_addresses(patient: Patient) -> Iterator[Finding]:
    """ClickHouse answers operators and analysts."""
    if not patient.ready("clickhouse"):
        return
    for analyst, who in ((False, "operators"), (True, "analysts")):
        with _asking("clickhouse"):
            answered = scalar(connect(patient.settings, analyst=analyst), "SELECT version()")
            yield Finding("clickhouse", "ok", f"answers {who}, version {answered}")


def check_migrations(patient: Patient) -> Iterator[Finding]:
    """The tables are of this version."""
    if not patient.ready("clickhouse"):
        return
    rows = connect(patient.settings).query("SELECT name, sha256 FROM tutti.migrations").result_rows
    applied: dict[str, str] = {row[0]: row[1] for row in rows}
    wanted = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files("schemas").joinpath("clickhouse/tables").iterdir()
    }
    missing = sorted(wanted.keys() - applied.keys())
    changed = [name for name in applied if applied[name] != wanted.get(name)]
    if missing:
        yield Finding("migrations", "problem", f"not applied: {_some(missing)}", "tutti up")
    if changed:
        yield Finding(
            "migrations",
            "problem",
            f"applied in another form: {_some(changed)}",
            "these data are of another version of tutti: use that one",
        )
    if not missing and not changed:
        yield Finding("migrations", "ok", f"{len(wanted)} applied, none is missing")


def check_clocks(patient: Patient) -> Iterator[Finding]:
    """The clocks of this machine, the broker and ClickHouse agree."""
    beat = last_beat(patient.settings, "probe", patient.clock) if patient.runs else None
    ahead = beat.facts.get("broker_ahead_ms") if beat else None
    if ahead is not None:
        yield _clock("broker", ahead)
    if not patient.ready("clickhouse"):
        return
    clickhouse = connect(patient.settings)
    before = patient.clock()
    there = scalar(clickhouse, "SELECT toUnixTimestamp64Milli(now64(3))")
    after = patient.clock()
    yield _clock("ClickHouse", there - min(max(there, before), after))


def _clock(whose: str, ahead_ms: int) -> Finding:
    found = f"{whose}'s differs from this machine's by {abs(ahead_ms)} ms"
    if abs(ahead_ms) <= CLOCK_WARNING_MS:
        return Finding("clock", "ok", found)
    level: Level = "problem" if abs(ahead_ms) > CLOCK_PROBLEM_MS else "warning"
    return Finding("clock", level, found, "set both by NTP: votes ahead of the broker are refused")


def check_checkpoint(patient: Patient) -> Iterator[Finding]:
    """There are checkpoints from which the jobs can be resumed."""
    for service, done in (("votes", "counting begins"), ("semantics", "clustering begins")):
        folder = patient.settings.home / service
        times = [file.stat().st_mtime for file in folder.glob("*/checkpoints/*/chk-*/_metadata")]
        name = "checkpoint" if service == "votes" else f"checkpoint of {service}"
        if times:
            newest = datetime.fromtimestamp(max(times), UTC)
            yield Finding(name, "ok", f"the newest is of {newest:%Y-%m-%d %H:%M:%S} UTC")
        elif patient.ready(service):
            yield Finding(
                name, "problem", f"none in {folder}", f"see whether {service} may write there"
            )
        else:
            yield Finding(name, "ok", f"none yet: {done} with the first message")


@contextmanager
def _asking(service: str) -> Iterator[None]:
    """Say whose answer was missing."""
    try:
        yield
    except (*ERRORS, ClickHouseUnavailableError, KafkaException) as error:
        raise RuntimeError(f"{service} does not answer: {error}") from error


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


CHECKS: Final[tuple[Check, ...]] = (
    check_prerequisites,
    check_packages,
    check_jars,
    check_ports,
    check_disk,
    check_memory,
    check_secrets,
    check_logs,
    check_checkpoint,
    check_stack,
    check_topics,
    check_clickhouse_addresses,
    check_migrations,
    check_clocks,
)

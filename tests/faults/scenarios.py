"""The faults, as data: what is done, and what is promised nevertheless.

Everywhere the promise includes the checks of `checks.wrong`: every tally cell, minute cell,
archive row and coordinate equals the naive recount, reconciliation says equal, no visible count
stepped back, and no service outgrew its memory. `Scenario.promise` says what is promised
beside that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from random import Random

from faults.actions import (
    BROKER_SCANS_S,
    KILLABLE,
    READING_S,
    Fault,
    abandoned,
    any_order,
    changes_are_notified,
    damage_changelog,
    damage_newest,
    delete_all,
    delete_newest,
    emptied,
    full,
    killed,
    killed_while_restarting,
    killed_while_starting,
    redis_flushed,
    redis_slow,
    redis_wrong_types,
    restarted_with,
    stopped,
    through_a_proxy,
    twin,
)
from faults.stage import SERVICES, Stage

ASIDE = ("semantics", "periodic", "groups", "live", "http_intake")
"""Nothing is counted by them: each is killed alone, and counting must not notice."""


@dataclass(frozen=True)
class Scenario:
    """A fault and its promise.

    Attributes:
        name: Unique.
        group: Scenarios of a group share a stack.
        promise: Beside that everything is exact.
        fault: Returns when it is over, with what went wrong if it could tell.
        after: A check of its own once everything is at rest.
    """

    name: str
    group: str
    promise: str
    fault: Fault
    after: Callable[[Stage], list[str]] | None = None


def _kills() -> list[Scenario]:
    return [
        Scenario(
            f"kill {service}",
            "kill",
            "`tutti up` ends the orphans and goes on"
            if service == "supervisord"
            else "starts anew",
            killed(service),
        )
        for service in (*KILLABLE, *ASIDE)
    ]


def pairs(seed: int, count: int) -> list[Scenario]:
    """Pairs of services that are killed at the same moment, chosen by the seed."""
    chosen = Random(seed).sample(list(combinations(KILLABLE, 2)), count)
    return [
        Scenario(f"kill {one} and {other}", "pairs", "both start anew", killed(one, other))
        for one, other in chosen
    ]


SCENARIOS: tuple[Scenario, ...] = (
    *_kills(),
    *(
        Scenario(
            f"kill {service} again before it is ready",
            "restart",
            "starts anew after three more kills",
            killed_while_restarting(service),
        )
        for service in SERVICES
    ),
    Scenario(
        "kill everything while it starts",
        "restart",
        "`tutti up`, said again, comes to an end",
        killed_while_starting,
    ),
    Scenario("services start in any order", "restart", "ready without help", any_order),
    Scenario("broker stands still for 60 s", "stop", "goes on by itself", stopped("kafka", 60)),
    Scenario("sink stands still for 60 s", "stop", "goes on by itself", stopped("sink", 60)),
    *(
        Scenario(
            f"{service} stands still for 20 s", "stop", "goes on by itself", stopped(service, 20)
        )
        for service in ("intake", "votes", "clickhouse")
    ),
    Scenario(
        "ClickHouse answers ten times slower", "link", "goes on by itself", through_a_proxy("slow")
    ),
    Scenario(
        "connection to ClickHouse cut at any byte",
        "link",
        "no half insert, none twice",
        through_a_proxy("cut"),
    ),
    Scenario("disk of ClickHouse full", "disk", "goes on when there is space", full("clickhouse")),
    Scenario("disk of Kafka full", "disk", "goes on when there is space", full("kafka")),
    Scenario("disk of the checkpoints full", "disk", "goes on when there is space", full("votes")),
    Scenario(
        "Redis flushed all the time",
        "redis",
        "news go on",
        redis_flushed,
        after=changes_are_notified,
    ),
    Scenario(
        "Redis answers nothing for 20 s",
        "redis",
        "news go on",
        emptied(redis_slow),
        changes_are_notified,
    ),
    Scenario(
        "Redis stands still for 20 s",
        "redis",
        "news go on",
        emptied(stopped("redis", 20)),
        changes_are_notified,
    ),
    Scenario(
        "Redis holds another type at our key",
        "redis",
        "news go on",
        redis_wrong_types,
        changes_are_notified,
    ),
    Scenario("two sinks", "twins", "each may write anything twice", twin("pipelines.sink.main")),
    Scenario(
        "two intakes with two numbers",
        "twins",
        "they share the partitions",
        twin("pipelines.intake.main", TUTTI_INSTANCE="1"),
    ),
    Scenario(
        "two intakes with one number",
        "twins",
        "they push each other out, nothing is lost",
        twin("pipelines.intake.main"),
    ),
    Scenario(
        "newest checkpoint deleted",
        "state",
        "counts anew beside what is shown, no older state",
        restarted_with(delete_newest),
    ),
    Scenario(
        "all checkpoints lost",
        "state",
        "counts anew beside what is shown",
        restarted_with(delete_all),
    ),
    Scenario(
        "newest checkpoint damaged",
        "state",
        "counts anew beside what is shown, no older state",
        restarted_with(damage_newest),
    ),
    Scenario(
        "changelog damaged",
        "state",
        "counts anew beside what is shown",
        restarted_with(damage_changelog),
    ),
    Scenario(
        "abandoned transaction, job restarts",
        "zombie",
        "the job ends it when it starts",
        abandoned(600, restart=True),
    ),
    Scenario(
        "abandoned transaction of 30 s",
        "zombie",
        f"hides output no longer than its timeout, and {BROKER_SCANS_S + READING_S} s",
        abandoned(30, restart=False),
    ),
)

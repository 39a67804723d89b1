"""What a fault does: each returns when it is over, with what went wrong if it could tell."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import redis
from confluent_kafka import Producer
from faults.proxy import Mode, Proxy
from faults.stage import SERVICES, Stage, await_that

from infra.local.redis_server import ADMINISTRATOR, administrator_password
from infra.local.services import SERVICES as EVERY_SERVICE
from infra.local.stack import down
from infra.service.waiting import wait_until
from operators.flink.votes import transactions_of
from schemas.topics import TALLIES

Fault = Callable[[Stage], list[str] | None]
KILLABLE = (*SERVICES, "supervisord")
STREAM = "tutti:changes"
BROKER_SCANS_S = 10
"""So often the broker looks for transactions whose time is over."""
MISBEHAVES_S = 300
"""So long a proxy waits for something to go through it, at most."""
READING_S = 5
"""From the end of a transaction until the sink has read what stands behind it, at most."""


def killed(*services: str) -> Fault:
    """``kill -9`` of services at once. A lost supervisord needs somebody who says ``tutti up``."""

    def fault(stage: Stage) -> None:
        stage.kill(*services)
        if "supervisord" in services:
            stage.up()
        stage.await_running(*services)

    return fault


def killed_while_restarting(service: str, times: int = 3) -> Fault:
    """Killed, and again before it is ready, at moments the seed chooses."""

    def fault(stage: Stage) -> None:
        stage.kill(service)
        for _ in range(times):
            stage.await_running(service)
            stage.pause(0, 4 if service in {"kafka", "votes"} else 1.5)
            stage.kill(service)
        stage.await_running(service)

    return fault


def killed_while_starting(stage: Stage) -> None:
    """Down, then up, while services and the command itself are killed."""
    down(stage.stack.settings)

    def strike() -> None:
        for service in stage.random.sample(KILLABLE, len(KILLABLE)):
            stage.pause(0.5, 3)
            stage.kill(service)

    striker = threading.Thread(target=strike)
    striker.start()
    while striker.is_alive():
        # It says that a service died; say it again.
        with suppress(AssertionError):
            stage.up(tries=1)
    striker.join()
    stage.up()


def stopped(service: str, seconds: float) -> Fault:
    """SIGSTOP, and SIGCONT later."""

    def fault(stage: Stage) -> None:
        stage.signal(signal.SIGSTOP, service)
        try:
            time.sleep(seconds)
        finally:
            stage.signal(signal.SIGCONT, service)

    return fault


def newest(stage: Stage) -> Path:
    """The newest complete checkpoint."""
    return max(
        stage.votes_folder().glob("checkpoints/*/chk-*/_metadata"),
        key=lambda file: file.stat().st_mtime_ns,
    ).parent


def _truncate(files: list[Path]) -> None:
    for file in files:
        with file.open("r+b") as handle:
            handle.truncate(file.stat().st_size // 2)


def damage_newest(stage: Stage) -> None:
    _truncate([newest(stage) / "_metadata"])


def delete_newest(stage: Stage) -> None:
    folder = newest(stage)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def damage_changelog(stage: Stage) -> None:
    files = [file for file in stage.votes_folder().glob("changelog/**/*") if file.is_file()]
    _truncate(files)


def delete_all(stage: Stage) -> None:
    folder = stage.votes_folder()
    folder.rename(stage.stack.settings.home / f"lost-{folder.name}")


def restarted_with(damage: Callable[[Stage], None]) -> Fault:
    """Something happens to the state of the votes job, which is killed before it can mend it."""

    def fault(stage: Stage) -> None:
        stage.signal(signal.SIGSTOP, "votes")
        damage(stage)
        stage.kill("votes")
        stage.await_running("votes")

    return fault


def full(folder: str, seconds: float = 20) -> Fault:
    """No space left for a while; then there is space again and nobody restarts anything."""

    def fault(stage: Stage) -> None:
        with stage.full(folder):
            time.sleep(seconds)

    return fault


# The sink's code in a process of its own, which finds ClickHouse behind the proxy.
SINK_THROUGH = """
import infra.service.runner as runner
import pipelines.sink.main as sink
class Through(runner.Settings):
    clickhouse_port = property(lambda _: {port})
runner.Settings = Through
sink.main()
"""


def through_a_proxy(mode: Mode, seconds: float = 30) -> Fault:
    """The sink reaches ClickHouse through a proxy which misbehaves."""

    def fault(stage: Stage) -> list[str]:
        seed = stage.random.randrange(1 << 32)
        with Proxy(stage.stack.settings.clickhouse_port, seed) as proxy:
            stage.supervisor.stop("sink")
            try:
                with stage.beside(SINK_THROUGH.format(port=proxy.port), TUTTI_SERVICE="sink"):
                    stage.await_running("sink")
                    stage.pause(4, 6)
                    proxy.mode = mode
                    time.sleep(seconds)
                    # A busy machine sends less in that time: go on until something has happened.
                    wait_until(lambda: proxy.misbehaved, MISBEHAVES_S, every_s=0.1)
                    proxy.mode = "pass"
                    stage.pause(3, 4)
            finally:
                stage.supervisor.start("sink")
        return [] if proxy.misbehaved else ["nothing went through the proxy"]

    return fault


def twin(module: str, seconds: float = 20, **environment: str) -> Fault:
    """A second process of a service beside the first, killed twice."""

    def fault(stage: Stage) -> None:
        code = f"import {module} as service; service.main()"
        with stage.beside(code, TUTTI_SERVICE="twin", **environment):
            for _ in range(2):
                stage.await_running("twin")
                time.sleep(seconds / 2)
                stage.kill("twin")
            stage.await_running("twin")

    return fault


def client(stage: Stage) -> redis.Redis:
    settings = stage.stack.settings
    return redis.Redis(
        host="127.0.0.1",
        port=settings.redis_port,
        username=ADMINISTRATOR,
        password=administrator_password(settings),
        socket_timeout=5,
    )


def changes_are_notified(stage: Stage) -> list[str]:
    """Redis hears of changes again, or still."""
    try:
        return [] if client(stage).xlen(STREAM) else ["no news in Redis"]
    except redis.RedisError as error:
        return [f"no news in Redis: {error}"]


def redis_flushed(stage: Stage) -> None:
    for _ in range(20):
        client(stage).flushall()
        time.sleep(0.25)


def redis_slow(stage: Stage) -> None:
    client(stage).execute_command("CLIENT", "PAUSE", "20000")
    time.sleep(20)


def redis_wrong_types(stage: Stage, seconds: float = 10) -> None:
    key = client(stage)
    key.delete(STREAM)
    key.set(STREAM, "somebody else's")
    time.sleep(seconds)
    key.delete(STREAM)


def emptied(fault: Fault) -> Fault:
    """Afterwards nothing is left of what was told before: news must be new ones."""

    def whole(stage: Stage) -> None:
        fault(stage)
        client(stage).delete(STREAM)

    return whole


def any_order(stage: Stage) -> list[str]:
    """supervisord alone, then the services in the order and at the moments the seed chooses."""
    down(stage.stack.settings)
    with patch.dict(os.environ, stage.stack.environment):  # the probe sends nothing
        stage.supervisor.launch()
    every = [service.name for service in EVERY_SERVICE if not service.on_demand]
    for service in stage.random.sample(every, len(every)):
        stage.supervisor.start(service)
        stage.pause(0, 3)
    stage.await_ready()
    return []


def abandoned(seconds: int, *, restart: bool) -> Fault:
    """A transaction of somebody with the job's name stays open, with output in it.

    Readers of committed records wait at it. It ends with its own timeout, or when the job starts.
    The fault is over when what stands behind it has been read.
    """

    def fault(stage: Stage) -> list[str]:
        prefix = transactions_of(int(stage.votes_folder().name.removeprefix("epoch-")))
        producer = Producer(
            {
                "bootstrap.servers": stage.stack.settings.brokers,
                # As the job names them: table, subtask, number in its pool.
                "transactional.id": f"{prefix}tallies-0-{stage.random.randrange(10, 100)}",
                "transaction.timeout.ms": seconds * 1000,
                "log_level": 0,
            }
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        for partition in range(4):
            producer.produce("tutti.tallies.v1", b"{}", b'{"epoch":0}', partition=partition)
        producer.flush(30)
        began = time.monotonic()
        hidden = stage.ends(TALLIES)
        if restart:
            stage.kill("votes")
            stage.await_running("votes")
        longest_s = seconds + BROKER_SCANS_S + READING_S
        await_that("what it hid is read", lambda: _tallies_read(stage, hidden), longest_s)
        hid_s = time.monotonic() - began
        if restart:
            return [] if hid_s < seconds else [f"hid output for {hid_s:.0f} s, until its time-out"]
        return [] if hid_s > seconds / 2 else [f"hid output for {hid_s:.0f} s only: nothing tried"]

    return fault


def _tallies_read(stage: Stage, ends: dict[int, int]) -> bool:
    """Whether the sink has passed these ends."""
    rows = stage.stack.clickhouse().query(
        "SELECT partition, next_offset FROM tutti.positions FINAL"
        " WHERE stage = 'done' AND topic = %(topic)s",
        parameters={"topic": TALLIES.name},
    )
    read = dict(rows.result_rows)
    return all(read.get(partition, 0) >= end for partition, end in ends.items())

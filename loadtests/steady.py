"""A steady load on a stack of its own: is every vote counted, and how soon is it readable?

``python -m loadtests.steady --rate 5000 --seconds 30`` starts a stack below TUTTI_HOME, sends the
seeded campaign at that rate (open model: a slow broker delays nothing that is due later), and asks
ClickHouse again and again up to which vote it has counted. When an answer reaches from a vote
received at A to one received at B, the votes between (taken as evenly spread, as they are sent)
became readable then, and have waited since they were received. ``--rate 0`` sends as fast as it
can; then the votes per second from the first vote sent to the last one in ClickHouse count.
"""

import os
import platform
import threading
import time
from statistics import quantiles
from typing import Annotated

import orjson
import psutil
import typer
from rich.console import Console

from infra.clickhouse import connect, scalar
from infra.local import stack
from infra.settings import Settings
from operators.core.clock import system_clock
from pipelines.demo.campaign import Campaign
from pipelines.demo.show import Traffic
from pipelines.sending import Sender
from pipelines.sync import sync

console = Console()
POLL_S = 0.05
STEPS = 20
BULK = 500_000
SYNC_S = 600.0


def _watch(settings: Settings, stop: threading.Event, ages_s: list[float]) -> None:
    """Note how long votes have waited when they become readable."""
    clickhouse = connect(settings)
    last_ms = None
    while not stop.wait(POLL_S):
        newest_ms = scalar(clickhouse, "SELECT max(origin_ms) FROM tutti.progress FINAL")
        now_ms = system_clock()
        if last_ms and newest_ms != last_ms:
            step = (newest_ms - last_ms) / STEPS
            ages_s += [(now_ms - last_ms - step * n) / 1000 for n in range(1, STEPS + 1)]
        last_ms = newest_ms


def main(
    rate: Annotated[int, typer.Option(help="Votes per second; 0: as fast as possible.")] = 5_000,
    seconds: Annotated[float, typer.Option(help="How long (with a rate).")] = 30.0,
    votes: Annotated[int, typer.Option(help="How many (without a rate).")] = BULK,
) -> None:
    """Measure one load."""
    settings = Settings()
    settings = settings.model_copy(update={"home": settings.home / "loadtest"})
    stack.reset(settings)
    try:
        stack.up(settings, lambda _line: None)
        campaign = Campaign()
        if rate:
            _steady(settings, campaign, rate, seconds)
        else:
            _bulk(settings, campaign, votes)
        parts = {part.part: part.memory_mb for part in stack.status(settings)}
        console.print(
            f"memory, MiB: {parts}; checkpoints every {settings.checkpoint_interval_ms} ms"
        )
        console.print(
            f"{platform.machine()}, {os.cpu_count()} cores, "
            f"{psutil.virtual_memory().total >> 30} GiB, Python {platform.python_version()}"
        )
    finally:
        stack.reset(settings)


def _steady(settings: Settings, campaign: Campaign, rate: int, seconds: float) -> None:
    traffic = Traffic(settings, campaign, rate, system_clock)
    traffic.announce()
    traffic.start()
    time.sleep(seconds / 3)  # Java compiles what it runs often
    stop = threading.Event()
    ages_s: list[float] = []
    watcher = threading.Thread(target=_watch, args=(settings, stop, ages_s))
    watcher.start()
    time.sleep(seconds)
    stop.set()
    watcher.join()
    traffic.end()
    sync(settings, SYNC_S)
    cuts = quantiles(ages_s, n=100)
    console.print(
        f"{rate:,} votes/s for {seconds:g} s: a vote is readable after p50 {cuts[49]:.2f} s,"
        f" p99 {cuts[98]:.2f} s ({len(ages_s) // STEPS} steps)"
    )


def _bulk(settings: Settings, campaign: Campaign, votes: int) -> None:
    messages = list(campaign.messages(system_clock(), votes))
    sender = Sender(settings)
    sender.send("consultations", orjson.dumps(campaign.consultation()))
    start = time.monotonic()
    for message in messages:
        sender.send("votes", message.value, message.key)
    sender.finish()
    sent_s = time.monotonic() - start
    sync(settings, SYNC_S)
    all_s = time.monotonic() - start
    console.print(
        f"{votes:,} votes sent in {sent_s:.1f} s, all in ClickHouse after {all_s:.1f} s:"
        f" {votes / all_s:,.0f} votes/s"
    )


if __name__ == "__main__":
    typer.run(main)

"""The demo: a running consultation on the real stack, watched, ended and recounted."""

import shlex
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.clickhouse.client import UNAVAILABLE, connect
from infra.config.settings import Settings
from infra.local import stack
from operators.core.clock import Clock
from operators.core.errors import TerminalError
from operators.core.wording import number_of
from pipelines.cli.board import Board, draw_board, read_board
from pipelines.cli.clusters import ClusterList, draw_clusters, read_clusters
from pipelines.demo.campaign import Campaign
from pipelines.demo.raid import Raid
from pipelines.demo.traffic.announcing import announce
from pipelines.exchange.send import Sender
from pipelines.verify.reconcile import Reconciliation, reconcile

REFRESH_S: Final = 1.0
PLAIN_EVERY_S: Final = 5.0
SLICE_S: Final = 0.05
BOARD_ROWS: Final = 12
CLUSTER_ROWS: Final = 5
SYNC_S: Final = 120.0
AVERAGED: Final = 10
"""Looks over which votes per second are averaged: counting moves in steps of a checkpoint."""


class CampaignSender(threading.Thread):
    """Sends the campaign's messages at a steady rate until told to stop."""

    def __init__(self, settings: Settings, campaign: Campaign, rate: int, clock: Clock) -> None:
        super().__init__(daemon=True, name="campaign-sender")
        self._campaign, self._rate, self._clock = campaign, rate, clock
        self._raid = Raid(campaign.consultation()["consultation_id"], campaign.liked())
        self._sender = Sender(settings)
        self._stop_asked = threading.Event()
        self.failure: BaseException | None = None

    @property
    def sent(self) -> int:
        """Messages handed over so far."""
        return self._sender.receipt.sent

    def run(self) -> None:
        """Send what is due, slice by slice."""
        try:
            start, done = time.monotonic(), 0
            while not self._stop_asked.wait(SLICE_S):
                elapsed_s = time.monotonic() - start
                due = int(elapsed_s * self._rate) - done
                for message in (
                    *self._campaign.messages(self._clock(), due),
                    *self._raid.due(elapsed_s, self._clock()),
                ):
                    self._sender.send("votes", message.value, message.key)
                done += due
            self._sender.finish()
        except BaseException as error:  # noqa: BLE001 - shown by the watching thread
            self.failure = error

    def end(self) -> None:
        """Stop and wait until the broker has acknowledged everything."""
        self._stop_asked.set()
        self.join()
        if self.failure is not None:
            raise self.failure


@dataclass(slots=True)
class Figures:
    """What the demo has seen so far."""

    counted: int = 0
    per_second: float = 0.0
    lateness_s: list[float] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)


class DemoWatch:
    """Reads the figures and draws the screen."""

    def __init__(
        self, settings: Settings, clickhouse: Client, consultation: str, clock: Clock
    ) -> None:
        self._settings, self._clickhouse = settings, clickhouse
        self._consultation, self._clock = consultation, clock
        self._seen: deque[tuple[int, int]] = deque(maxlen=AVERAGED)
        self.figures = Figures()
        self.board: Board | None = None
        self.clusters: ClusterList | None = None

    def look(self) -> None:
        """Read everything once."""
        figures = self.figures
        self.board = read_board(self._clickhouse, self._consultation, BOARD_ROWS)
        with suppress(TerminalError):  # no proposal is in a cluster yet
            self.clusters = read_clusters(self._clickhouse, self._consultation, CLUSTER_ROWS)
        counted, newest = self._clickhouse.query(
            "SELECT sum(next_offset), max(newest_at) FROM marts.freshness WHERE stage = 'votes'"
        ).result_rows[0]
        now_ms = self._clock()  # not before: the board takes its time, and the vote grows older
        self._seen.append((now_ms, counted))
        (since_ms, before), figures.counted = self._seen[0], counted
        figures.per_second = 1000 * (counted - before) / max(1, now_ms - since_ms)
        if newest is not None and figures.per_second:
            age_s = now_ms / 1000 - newest.replace(tzinfo=UTC).timestamp()
            figures.lateness_s.append(age_s)
        figures.rejected = [
            (reason, count)
            for reason, count in self._clickhouse.query(
                "SELECT reason, count() AS n FROM marts.dead_letters GROUP BY reason"
                " ORDER BY n DESC, reason"
            ).result_rows
        ]

    def screen(self, sent: int, left_s: float | None) -> RenderableType:
        """The whole picture."""
        figures = self.figures
        numbers = Table.grid(padding=(0, 2))
        for name, value in (
            ("sent", f"{sent:,}"),
            ("counted", f"{figures.counted:,}"),
            ("votes per second", f"{figures.per_second:,.0f}"),
            (
                "newest vote shown",
                f"{figures.lateness_s[-1]:.1f} s old" if figures.lateness_s else "–",
            ),
            ("rejected", f"{sum(count for _, count in figures.rejected):,}"),
            ("ends", "with Ctrl-C" if left_s is None else f"in {max(0, left_s):.0f} s"),
        ):
            numbers.add_row(name, Text(value, "bold"))
        letters = Table.grid(padding=(0, 2))
        for reason, count in figures.rejected[:6]:
            letters.add_row(reason, str(count))
        panels = Columns(
            [
                Panel(numbers, title="now"),
                Panel(letters, title="dead letters"),
                Panel(addresses(self._settings), title="addresses"),
            ]
        )
        clusters = [draw_clusters(self.clusters)] if self.clusters else []
        return Group(draw_board(self.board), *clusters, panels) if self.board else panels

    def line(self, sent: int) -> str:
        """The picture in one line, for output that is no terminal."""
        figures = self.figures
        first = self.board.rows[0] if self.board and self.board.rows else None
        leader = (
            f"first: {first['proposal_id']} {first['agree_rate']:.1%}"
            if first and first["rank"]
            else ""
        )
        late = f"{figures.lateness_s[-1]:.1f} s" if figures.lateness_s else "–"
        return (
            f"{datetime.fromtimestamp(self._clock() / 1000, UTC):%H:%M:%S} sent {sent:,} · counted"
            f" {figures.counted:,} · {figures.per_second:,.0f} votes/s · newest shown {late} old ·"
            f" rejected {sum(count for _, count in figures.rejected)} · {leader}"
        )


def live_page(settings: Settings) -> str:
    """Where everybody can watch it."""
    return f"http://127.0.0.1:{settings.live_port}"


def addresses(settings: Settings) -> Table:
    """Where to look while it runs."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row("Live page", live_page(settings))
    grid.add_row("ClickHouse", settings.clickhouse)
    grid.add_row("  for analysts", f"{settings.clickhouse_for_analysts}  (read-only)")
    grid.add_row("Kafka", settings.brokers)
    grid.add_row(
        "Flink",
        f"https://127.0.0.1:{settings.flink_port}  (asks for {settings.home}/secrets/flink)",
    )
    return grid


def show(
    settings: Settings, console: Console, *, seconds: float | None, rate: int, clock: Clock
) -> Reconciliation:
    """Run the demo; always stops what it started.

    Args:
        settings: Of the demo's own stack; its data are removed first.
        console: Where to draw.
        seconds: How long; None until interrupted.
        rate: Messages per second.
        clock: The time that votes are cast at.
    """
    stack.reset(settings)
    try:
        stack.up(settings, console.print)
        campaign = Campaign()
        sender = CampaignSender(settings, campaign, rate, clock)
        announce(settings, campaign.consultation(), campaign.proposals())
        watch = DemoWatch(
            settings, connect(settings), campaign.consultation()["consultation_id"], clock
        )
        sender.start()
        console.print(f"live page: {live_page(settings)}", soft_wrap=True)
        shown = f"TUTTI_HOME={shlex.quote(str(settings.home))} .venv/bin/tutti operator-token"
        console.print(
            f"operator page: {live_page(settings)}/operator (its token: {shown})", soft_wrap=True
        )
        _watch_for(watch, sender, console, seconds)
        console.print("no more votes: waiting for the last ones, then recounting the log …")
        sender.end()
        verdict = reconcile(settings, SYNC_S)
        watch.look()
        if watch.board:
            console.print(draw_board(watch.board))
        if watch.clusters:
            console.print(draw_clusters(watch.clusters))
        late = watch.figures.lateness_s
        if late:
            console.print(
                f"{number_of(watch.figures.counted, 'vote')} counted; the newest vote shown was"
                f" {median(late):.1f} s old in the median, {max(late):.1f} s at most"
            )
        return verdict
    finally:
        stack.down(settings)


def _watch_for(
    watch: DemoWatch, sender: CampaignSender, console: Console, seconds: float | None
) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    with _picture(console) as draw:
        try:
            while sender.is_alive() and (end is None or time.monotonic() < end):
                time.sleep(REFRESH_S)
                try:
                    watch.look()
                except UNAVAILABLE:  # it is being restarted: the next look shows it
                    continue
                draw(watch, sender.sent, None if end is None else end - time.monotonic())
        except KeyboardInterrupt:
            pass


@contextmanager
def _picture(console: Console) -> Iterator[Any]:
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, screen=True) as live:
            yield lambda watch, sent, left: live.update(watch.screen(sent, left), refresh=True)
        return
    printed_at = 0.0

    def say(watch: DemoWatch, sent: int, _left: float | None) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= PLAIN_EVERY_S:
            printed_at = time.monotonic()
            console.print(watch.line(sent), soft_wrap=True)

    yield say

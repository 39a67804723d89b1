"""The live service: pages, JSON and event streams in one thread, waiting for changes in the other.

A step waits for a change notification of Redis, looks whether `open` was renewed, and if so has the
boards that somebody follows read once and sent to all their followers.
"""

import asyncio
import time
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client
from redis import RedisError

from infra import redis
from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.clickhouse.open_boards import newest_tick
from infra.config.settings import Settings
from infra.redis import CHANGES
from infra.service.metrics import LIVE, LIVE_STREAMS
from infra.service.runner import run
from operators.core.clock import Clock, monotonic_ms
from operators.core.errors import TerminalError, TransientError
from pipelines.live.app import build_app
from pipelines.live.boards import Boards, NotPublishedError
from pipelines.live.operator.plans import plans
from pipelines.live.operator.readings import Readings
from pipelines.live.operator.routes import operator_pages
from pipelines.live.server import WebServer, listen
from pipelines.live.streams import Streams

ANSWER_S: Final = 8
"""Longest wait for one answer of ClickHouse: the heartbeat waits meanwhile."""
WAIT_MS: Final = 1_000
"""Without a notification of Redis the publications are looked at this often."""
PAUSE_S: Final = 0.5
"""At most twice a second, however often votes arrive."""
RENEWAL_MS: Final = 15_000
"""What moderation changed shows after so long, when no publication comes meanwhile."""

log = structlog.get_logger()


class LiveService:
    """Waits for changes; the web server works beside it."""

    def __init__(self, settings: Settings, clock: Clock = monotonic_ms) -> None:
        self._settings, self._clock = settings, clock
        self._boards = Boards(self._connect)
        self._streams = Streams(settings.live_streams)
        self.readings = Readings(plans(settings))
        operators = operator_pages(settings, self.readings)
        try:
            bound = listen(settings.live_host, settings.live_port)
        except OSError as error:
            raise TerminalError(
                f"Nothing can listen on {settings.live_host}:{settings.live_port}:"
                f" {error.strerror}."
            ) from None
        self._web = WebServer(
            build_app(settings, self._boards, self._streams, [operators.router()]),
            bound,
            proxies=settings.live_proxies,
            max_streams=settings.live_streams,
        )
        self._web.start()
        self._changes = redis.connect(settings, timeout_s=WAIT_MS / 1000 + 1)
        self._seen_change = "$"
        self._clickhouse: Client | None = None
        self._seen: object = None
        self._renewed_ms = clock() - RENEWAL_MS

    def _connect(self) -> Client:
        return connect(self._settings, analyst=True, timeout_s=ANSWER_S)

    def step(self) -> float:
        """Wait for a change; renew what is shown if `open` was renewed.

        Raises:
            TerminalError: The web server has ended.
        """
        if not self._web.running:
            raise TerminalError("The web server ended with an error: see the log above.")
        self._wait()
        self._web.loop.call_soon_threadsafe(self.readings.tick)
        tick = self._newest_tick()
        due = self._clock() - self._renewed_ms >= RENEWAL_MS
        if tick != self._seen or due:
            self._seen, self._renewed_ms = tick, self._clock()
            asyncio.run_coroutine_threadsafe(renew(self._boards, self._streams), self._web.loop)
        LIVE_STREAMS.set(self._streams.count)
        return PAUSE_S

    def _wait(self) -> None:
        """Until the sink has written something since the last look, or a while."""
        try:
            found: Any = self._changes.xread({CHANGES: self._seen_change}, block=WAIT_MS)
            if found:
                self._seen_change = found[0][1][-1][0]
        except RedisError:  # notifications are a convenience: without them, look now and then
            time.sleep(WAIT_MS / 1000)

    def _newest_tick(self) -> object:
        """The newest publication; the one seen last while ClickHouse does not answer."""
        try:
            self._clickhouse = self._clickhouse or self._connect()
            return newest_tick(self._clickhouse)
        except (*ERRORS, ClickHouseUnavailableError):
            self._clickhouse = None
            return self._seen

    def beat(self) -> dict[str, Any]:
        """Whether it serves, and how many follow."""
        return {"ready": self._web.running, "streams": self._streams.count}

    def close(self) -> None:
        """End the streams; their clients come again."""
        self._web.stop()
        self._boards.close()
        self.readings.close()


async def renew(boards: Boards, streams: Streams) -> None:
    """Begin an edition, and send the boards that somebody follows."""
    boards.renew()
    for consultation in streams.followed:
        try:
            streams.publish(await boards.board(consultation))
        except (NotPublishedError, TransientError):  # followers keep what they have
            continue


def main() -> None:
    """Run until told to stop."""
    run("live", LiveService, metrics=LIVE)


if __name__ == "__main__":
    main()

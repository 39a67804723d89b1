"""A TCP proxy between the sink and ClickHouse that makes the connection bad on purpose."""

import asyncio
import socket
import struct
import threading
import time
from contextlib import suppress
from random import Random
from typing import Literal, Self

Mode = Literal["pass", "slow", "cut"]
SLOWER = 10
MAX_CUT_LOG10 = 6
"""A connection is cut after 1 to a million bytes, evenly on the logarithm."""
PIECE = 65_536


class Proxy:
    """Listens on a free port; `mode` may change at any time.

    *slow*: each answer takes ten times as long as it took the server. *cut*: each connection is
    reset after a number of bytes, of both directions together, that the seed chooses.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._target = port
        self._random = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._budgets: dict[int, float] = {}
        self.mode: Mode = "pass"
        self.cuts = 0
        self.delays = 0
        self.port = 0

    @property
    def misbehaved(self) -> int:
        """How often an answer was delayed or a connection was cut."""
        return self.cuts + self.delays

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        async def listen() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        self._loop.run_until_complete(listen())
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        line = _Line(self, writer, there[1], 10 ** self._random.uniform(0, MAX_CUT_LOG10))
        await asyncio.gather(line.forward(reader, there[1]), line.back(there[0], writer))
        for end in (writer, there[1]):
            with suppress(OSError):
                end.close()


class _Line:
    """One connection through the proxy."""

    def __init__(
        self, proxy: Proxy, here: asyncio.StreamWriter, there: asyncio.StreamWriter, budget: float
    ) -> None:
        self._proxy, self._ends, self._budget = proxy, (here, there), budget
        self._asked: float | None = None

    async def forward(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        await self._copy(source, target, question=True)

    async def back(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        await self._copy(source, target, question=False)

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, question: bool
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(PIECE):
                if question:
                    self._asked = time.monotonic()
                elif self._proxy.mode == "slow" and self._asked is not None:
                    await asyncio.sleep((time.monotonic() - self._asked) * (SLOWER - 1))
                    self._asked = None
                    self._proxy.delays += 1
                if self._proxy.mode == "cut":
                    if self._budget < len(piece):
                        target.write(piece[: int(self._budget)])
                        with suppress(OSError):
                            await target.drain()
                        self._reset()
                        return
                    self._budget -= len(piece)
                target.write(piece)
                await target.drain()
        with suppress(OSError):
            target.close()

    def _reset(self) -> None:
        """End both ends hard, as a network does that fails."""
        self._proxy.cuts += 1
        for end in self._ends:
            found = end.get_extra_info("socket")
            if found is not None:
                with suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()

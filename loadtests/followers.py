"""Many followers of event streams, in a process of their own: ``python -m loadtests.followers``.

Reads a `FollowPlan` as JSON from its input and connects; then follows until the input is closed,
and writes what it has seen. Each hundred followers come from an address of their own of this
machine, because the service bounds how many one address may have.
"""

import asyncio
import json
import resource
import sys
import time
from collections import defaultdict
from typing import Final

import msgspec

PER_ADDRESS: Final = 80
AT_ONCE: Final = 50
"""Connections that are opened at a time: people do not all come in the same second."""
ANSWER_S: Final = 120


class FollowPlan(msgspec.Struct, frozen=True):
    """Who follows what.

    Attributes:
        port: Of the live service on this machine.
        path: Of the event stream.
        followers: How many.
    """

    port: int
    path: str
    followers: int


class Followed(msgspec.Struct, frozen=True):
    """What all followers have seen.

    Attributes:
        connected: How many were there when all had tried.
        connect_s: How long that took.
        received_ns: Moment of publication → when each follower got it, ns of this machine's
            monotonic clock; those that it held already when a follower came are left out.
        lost: Streams that ended by themselves.
        cpu_s: CPU of this process.
    """

    connected: int
    connect_s: float
    received_ns: dict[str, list[int]]
    lost: int
    cpu_s: float


class Audience:
    """The followers."""

    def __init__(self, plan: FollowPlan) -> None:
        self._plan = plan
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._received = defaultdict[str, list[int]](list)
        self.connected = self.refused = self.lost = 0
        self._tried = asyncio.Event()

    async def follow(self, number: int) -> None:
        """One follower, until it is cancelled or its stream ends."""
        plan = self._plan
        try:
            async with self._gate:
                third, fourth = divmod(number // PER_ADDRESS, 200)
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", plan.port, local_addr=(f"127.0.{1 + third}.{2 + fourth}", 0)
                )
                writer.write(
                    f"GET {plan.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Accept: text/event-stream\r\n\r\n".encode()
                )
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_S)
                if b" 200 " not in head.split(b"\r\n", 1)[0]:
                    writer.close()
                    self._refused()
                    return
                await asyncio.wait_for(self._event(reader), ANSWER_S)  # what stands already
                self.connected += 1
                self._tried.set()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self._refused()
            return
        try:
            while True:
                moment = await self._event(reader)
                self._received[moment].append(time.monotonic_ns())
        except (OSError, asyncio.IncompleteReadError):
            self.lost += 1
        finally:
            writer.close()

    def _refused(self) -> None:
        self.refused += 1
        self._tried.set()

    @staticmethod
    async def _event(reader: asyncio.StreamReader) -> str:
        """The publication that the next event is about."""
        while True:
            line = await reader.readuntil(b"\n")
            if line.startswith(b"data: "):
                return str(json.loads(line[6:])["as_of"])

    async def run(self, until: asyncio.Future[None]) -> Followed:
        """Connect all, say so, and follow until told to stop."""
        began = time.monotonic()
        followers = [asyncio.create_task(self.follow(n)) for n in range(self._plan.followers)]
        await self._settled()
        connected, connect_s = self.connected, time.monotonic() - began
        sys.stdout.write(f"{connected}\n")
        sys.stdout.flush()
        await until
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        used = resource.getrusage(resource.RUSAGE_SELF)
        return Followed(
            connected,
            round(connect_s, 2),
            dict(self._received),
            self.lost,
            round(used.ru_utime + used.ru_stime, 2),
        )

    async def _settled(self) -> None:
        """Until each follower is connected or was refused."""
        while self.connected + self.refused < self._plan.followers:
            self._tried.clear()
            await self._tried.wait()


async def follow(plan: FollowPlan) -> Followed:
    """Follow until the input is closed."""
    loop = asyncio.get_running_loop()
    until: asyncio.Future[None] = loop.create_future()
    waiting = loop.run_in_executor(None, sys.stdin.read)
    waiting.add_done_callback(lambda _done: until.set_result(None))
    return await Audience(plan).run(until)


def main() -> None:
    """Follow as the input says."""
    plan = msgspec.json.decode(sys.stdin.readline(), type=FollowPlan)
    wanted = plan.followers + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(follow(plan))) + b"\n")


if __name__ == "__main__":
    main()

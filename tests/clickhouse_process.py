"""A ClickHouse server over chDB as a process: on free ports, and with a folder of its own."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from places import CHECKOUT

PATIENCE_S = 300


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> int:
        return int(self.headers.get("x-clickhouse-exception-code", "0"))


@dataclass
class ServerProcess:
    """The package alone, started by its own command."""

    home: Path
    base: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def port(self) -> int:
        return self.base + 1

    @property
    def analyst_port(self) -> int:
        return self.base + 2

    def command(self) -> list[str]:
        options = {
            "--data": self.home / "clickhouse",
            "--temporary": self.home / "tmp" / "clickhouse",
            "--port": self.port,
            "--analyst-port": self.analyst_port,
            "--memory-mb": 2048,
        }
        given = [str(part) for option in options.items() for part in option]
        return ["infra.chdb_http", *given, "--publish", "marts", "--publish", "open"]

    def environment(self) -> dict[str, str]:
        return {}

    def password(self) -> str:
        """Of the operators' port."""
        return ""

    def start(self, log: int | None = None) -> None:
        """Start; its log goes to a file descriptor, or to a file."""
        with (self.home / "server.log").open("ab") as kept:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command()],
                env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | self.environment(),
                stderr=kept if log is None else log,
                cwd=self.home,
            )
        until(self._answers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, (self.home / "server.log").read_text()
        with contextlib.suppress(OSError):
            return self.ask("/ping", method="GET").text == "Ok.\n"
        return False

    def ask(
        self,
        path: str = "/",
        body: bytes | str = b"",
        *,
        method: str = "POST",
        analyst: bool = False,
        headers: dict[str, str] | None = None,
        **url: str,
    ) -> Reply:
        port = self.analyst_port if analyst else self.port
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            target = path + ("?" + urlencode(url) if url else "")
            raw = body.encode() if isinstance(body, str) else body
            known = self.password() and not analyst and "password" not in url
            key = {"X-ClickHouse-Key": self.password()} if known else {}
            connection.request(method, target, raw, key | (headers or {}))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, response.read(), names)

    def sql(self, sql: str, *, analyst: bool = False, **url: str) -> str:
        reply = self.ask(body=sql, analyst=analyst, **url)
        assert reply.status == 200, reply.text
        return reply.text.strip()

    def stream(self, sql: str, most: int = 2**40, **url: str) -> tuple[HTTPConnection, bytes]:
        """Begin to read a response, and stop after so many bytes; the caller closes."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("POST", "/?" + urlencode(url), sql.encode())
        response = connection.getresponse()
        out = b""
        with contextlib.suppress(IncompleteRead):
            while len(out) < most and (piece := response.read1(min(most - len(out), 2**20))):
                out += piece
        return connection, out

    def client(self, **options: object) -> Client:
        return clickhouse_connect.get_client(
            host="127.0.0.1", port=self.port, password=self.password(), **options
        )


@dataclass
class TuttiServerProcess(ServerProcess):
    """The server as the local stack starts it, with tutti's settings."""

    def command(self) -> list[str]:
        return ["infra.local.clickhouse_server"]

    def environment(self) -> dict[str, str]:
        return {
            "TUTTI_HOME": str(self.home),
            "TUTTI_PORT_BASE": str(self.base),
            "TUTTI_CLICKHOUSE_MEMORY_MB": "2048",
        }

    def password_file(self) -> Path:
        return self.home / "secrets" / "clickhouse.password"

    def password(self) -> str:
        return self.password_file().read_text() if self.password_file().exists() else ""


def until(true: Callable[[], object]) -> None:
    """Poll."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def free_base() -> int:
    """Below the ephemeral ports: there a client that polls can connect to itself."""
    while True:
        base = random.SystemRandom().randrange(12_000, 31_000)
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
            for offset in (1, 2):
                opened.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
            return base


@contextlib.contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """Start a server that the block may stop, kill and start again."""
    try:
        server.start()
        yield server
    finally:
        if server.process and server.process.poll() is None:
            server.stop(signal.SIGKILL)

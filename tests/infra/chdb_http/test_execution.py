"""What analysts send waits for its turn before anybody looks at it, and never keeps inserts."""

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import pytest
from clickhouse_process import PATIENCE_S, until

from infra.chdb_http import execution as subject
from infra.chdb_http import limits
from infra.chdb_http.body import BodyMemory
from infra.chdb_http.execution import Execution
from infra.chdb_http.listener import Listener
from infra.chdb_http.metrics import NoMetrics
from infra.chdb_http.query_pool import QueryPool
from infra.chdb_http.request import RawRequest

KIB = 1024
GZIP = {"Content-Encoding": "gzip"}
LIMIT = limits.analysts(1024, ()).statement_bytes


class Refused(Exception):  # noqa: N818 - it only ends a test's request
    pass


class Policy:
    def admit(self, _request):
        raise Refused


def test_a_statement_is_parsed_once_it_has_a_slot_and_not_if_its_client_has_gone(monkeypatch):
    parsed = list[bytes]()
    parse = subject.parse

    def watched(raw, query_id):
        parsed.append(raw.body)
        return parse(raw, query_id)

    monkeypatch.setattr(subject, "parse", watched)

    async def run() -> None:
        pool = QueryPool("analysts", running=1, waiting=9)
        listener = Listener(
            limits.analysts(1024, ()), pool, BodyMemory(100), Policy(), analysts=True
        )
        execution = Execution(None, QueryPool("inserts", 1, 1), Path(), NoMetrics())

        def ask(sql: bytes) -> asyncio.Task[None]:
            return asyncio.create_task(
                execution.answer(listener, RawRequest("POST", {}, {}, sql), None)
            )

        async with pool.slot():
            stays, leaves = ask(b"SELECT 1"), ask(b"SELECT 2")
            for _ in range(20):
                await asyncio.sleep(0)
            assert parsed == []
            leaves.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaves
        with pytest.raises(Refused):
            await stays
        assert parsed == [b"SELECT 1"]

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_statements_of_analysts_are_bounded(server):
    short = "SELECT '" + "x" * (LIMIT - 12) + "'"
    long = "SELECT '" + "x" * LIMIT + "'"
    assert server.ask(body=short, analyst=True).status == 200
    replies = [
        server.ask(body=long, analyst=True),
        server.ask(method="GET", query=long, analyst=True),
        server.ask(body=long[LIMIT // 2 :], query=long[: LIMIT // 2], analyst=True),
        server.ask(body=gzip.compress(long.encode()), headers=GZIP, analyst=True),
        server.ask(query="SELECT 1", param_long="x" * 3 * LIMIT, analyst=True),
    ]  # fmt: skip
    assert [reply.status for reply in replies] == [413] * 5
    assert server.ask(body=long).status == 200


@contextlib.contextmanager
def crowd(port: int, statements: list[str]) -> Iterator[None]:
    """Sixty clients, in a process of their own, who send these statements again and again."""
    command = [sys.executable, str(Path(__file__).with_name("crowd.py")), str(port), "60"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write("\n".join(statements) + "\n\n")
        process.stdin.flush()
        assert process.stdout.readline() == "refused\n"  # some of them: the queue is full
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


# As large as is read to its end, and as it is read slowest; and what used to keep all others.
HEAVY = [
    "SELECT " + "NOT " * (LIMIT // 4 - 10) + "1",
    "SELECT " + "'\\" * (LIMIT // 2 - 10),
    "SELECT " + ", ".join(f"a{n}" for n in range(LIMIT // 8)),
    "SELECT " + "(" * 900 + "1" + ")" * 900,
    "SELECT " + "x" * 250_000,
    "SELECT " + "[" * 250_000,
]


def test_the_sink_never_waits_behind_analysts(server, table):
    rows = b"\n".join(b"%d,x" % number for number in range(1000))

    def insert() -> float:
        started = time.monotonic()
        assert server.ask(body=rows, query=f"INSERT INTO {table} FORMAT CSV").status == 200
        return time.monotonic() - started

    quiet = median(insert() for _ in range(15))
    with crowd(server.analyst_port, HEAVY):
        busy = median(insert() for _ in range(15))
    # The crowd takes its share of the cores: 3 to 12 times as long. With one event loop for both
    # ports, or with statements that are parsed before they have a slot, it is 100 times and more.
    assert busy < 40 * max(quiet, 0.005)
    assert server.sql(f"SELECT count() FROM {table}") == "30000"
    until(lambda: server.ask(body="SELECT 1", analyst=True).status == 200)


def test_a_long_url_of_an_analyst_is_refused_before_it_is_read(server):
    url = "/?" + urlencode({"query": "SELECT 1", "param_x": "x" * 150 * KIB})
    with socket.create_connection(("127.0.0.1", server.analyst_port), timeout=PATIENCE_S) as one:
        one.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert one.recv(64).startswith(b"HTTP/1.1 413")

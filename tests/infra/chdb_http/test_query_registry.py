"""Queries by their id, queries that end early, and query pools that are full."""

import asyncio
import contextlib
import select
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clickhouse_process import PATIENCE_S, until

from infra.chdb_http.execution import Execution
from infra.chdb_http.metrics import NoMetrics
from infra.chdb_http.query_pool import QueryPool

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 8"


def runs(server, mark: str) -> bool:
    sql = f"SELECT count() FROM system.processes WHERE query LIKE '%{mark}%'"
    return server.sql(sql + " AND query NOT LIKE '%processes%'") != "0"


def answered(clients: list[socket.socket]) -> list[socket.socket]:
    return select.select(clients, [], [], 0)[0]


@pytest.mark.parametrize("analyst", [False, True])
def test_kill_query_ends_the_query_of_this_id(server, analyst):
    sql = f"{ENDLESS} AND 'killed{analyst}' != ''"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, body=sql, query_id=f"one{analyst}", analyst=analyst)
        until(lambda: runs(server, f"killed{analyst}"))
        kill = f"KILL QUERY WHERE query_id = 'one{analyst}' SYNC FORMAT CSV"
        assert server.sql(kill, analyst=analyst) == f'"finished","one{analyst}","default",""'
        assert asked.result().code == 394
    until(lambda: not runs(server, f"killed{analyst}"))
    assert server.sql(f"KILL QUERY WHERE query_id = 'one{analyst}'", analyst=analyst) == ""


def test_a_query_id_is_used_once_at_a_time_or_replaces(server):
    sql = f"{ENDLESS} AND 'replaced' != ''"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, body=sql, query_id="two")
        until(lambda: runs(server, "replaced"))
        refused = server.ask(body="SELECT 1", query_id="two")
        assert (refused.status, refused.code) == (500, 216)
        assert server.sql("SELECT 2", query_id="two", replace_running_query="1") == "2"
        assert asked.result().code == 394


@pytest.mark.parametrize("analyst", [False, True])
def test_a_get_ends_no_other_query(server, analyst):
    name = f"four{analyst}"
    sql = f"{ENDLESS} AND '{name}' != ''"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, body=sql, query_id=name, analyst=analyst)
        until(lambda: runs(server, name))
        for more in ({"query": "SELECT 1", "replace_running_query": "1", "query_id": name},
                     {"query": f"KILL QUERY WHERE query_id = '{name}'"}):  # fmt: skip
            assert server.ask(method="GET", analyst=analyst, **more).code in {164, 216}
        assert not asked.done()
        server.ask(body=f"KILL QUERY WHERE query_id = '{name}'", analyst=analyst)
        assert asked.result().code == 394


def test_analysts_end_only_their_own_queries(server):
    sql = f"{ENDLESS} AND 'theirs' != ''"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, body=sql, query_id="three")
        until(lambda: runs(server, "theirs"))
        assert server.sql("KILL QUERY WHERE query_id = 'three'", analyst=True) == ""
        assert not asked.done()
        server.sql("KILL QUERY WHERE query_id = 'three'")
        assert asked.result().code == 394


def test_a_client_that_leaves_at_once_leaves_nothing_behind(server):
    """The query may not have begun in the engine when it is cancelled."""
    sql = f"{ENDLESS} AND 'hasty' != ''".encode()
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(sql)
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(head + sql)
    until(lambda: not runs(server, "hasty"))
    assert server.sql("SELECT 1") == "1"


def test_analysts_wait_in_a_bounded_queue_and_then_are_refused(server):
    """And a query that waits there can be left, too."""
    sql = f"{ENDLESS} AND 'crowd' != ''"
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(sql)}\r\n\r\n{sql}"
    with contextlib.ExitStack() as opened:
        clients = list[socket.socket]()
        for _ in range(24):  # two run, sixteen wait
            address = ("127.0.0.1", server.analyst_port)
            clients.append(opened.enter_context(socket.create_connection(address)))
            clients[-1].sendall(head.encode())
        until(lambda: len(answered(clients)) == 6)
        for client in answered(clients):
            text = client.recv(65536)
            if text.endswith(b"\r\n\r\n"):  # its body follows
                text += client.recv(65536)
            assert text.startswith(b"HTTP/1.1 503")
            assert b"TOO_MANY_SIMULTANEOUS_QUERIES" in text
        assert server.sql("SELECT 1") == "1"
    until(lambda: not runs(server, "crowd"))
    assert server.sql("SELECT 1", analyst=True) == "1"


@pytest.mark.parametrize(
    ("sql", "url", "status", "code"),
    [
        ("SET max_threads = 1", {}, 501, 48),
        ("USE tutti", {}, 501, 48),
        ("CREATE TEMPORARY TABLE x (a UInt8)", {}, 501, 48),
        ("CREATE OR REPLACE TEMPORARY TABLE x (a UInt8)", {}, 501, 48),
        ("SELECT 1", {"session_id": "s", "session_check": "1"}, 500, 372),
    ],
)
def test_what_needs_a_session_is_refused_clearly(server, sql, url, status, code):
    reply = server.ask(body=sql, **url)
    assert (reply.status, reply.code) == (status, code), reply.text


def test_a_session_id_alone_changes_nothing(server):
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda _: server.sql("SELECT 1", session_id="s"), range(8))
        assert set(replies) == {"1"}


FORMATS = [
    "RowBinaryWithNamesAndTypes",
    "RowBinary",
    "Native",
    "CSVWithNames",
    "TSV",
    "JSONEachRow",
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("packed", [{}, {"compress": "1"}])
def test_the_engine_waits_for_a_slow_reader(server, name, packed):
    """What nobody reads is not computed: neither engine nor server hold two million rows."""
    mark = f"slow{name}{len(packed)}"
    sql = f"SELECT number, randomString(200), '{mark}' FROM numbers(2000000) FORMAT {name}"
    connection, begun = server.stream(sql, most=2**20, **packed)
    with contextlib.closing(connection):
        assert len(begun) == 2**20
        for _ in range(20):
            running = server.sql(
                f"SELECT read_rows FROM system.processes WHERE query LIKE '%{mark}%'"
                " AND query NOT LIKE '%processes%'"
            )
            assert int(running) < 1_000_000
    until(lambda: not runs(server, mark))


def test_a_cancellation_is_repeated_until_the_query_has_ended():
    """The engine forgets the first one, as it does when the query has not begun yet."""

    async def run() -> int:
        loop = asyncio.get_running_loop()
        work = loop.create_future()

        class Engine:
            kills = 0

            def kill(self, _query_tag: str) -> None:
                self.kills += 1
                if self.kills == 2:
                    loop.call_soon_threadsafe(work.set_result, None)

        engine = Engine()
        execution = Execution(engine, QueryPool("inserts", 1, 1), Path(), NoMetrics())
        async with asyncio.timeout(PATIENCE_S):
            await execution._end(QueryPool("queries", 1, 1), "tag", work, (n for n in ()))
        return engine.kills

    assert asyncio.run(run()) == 2

"""HTTP as such: methods, bodies that never come, connections that are not used, nonsense."""

import asyncio
import contextlib
import socket
import time

import psutil
import pytest
import uvicorn
from clickhouse_process import PATIENCE_S
from raw_heads import speak

from infra.chdb_http import connection, limits
from infra.chdb_http.body import BodyMemory, disconnected
from infra.chdb_http.connection import MAX_CONNECTIONS, LimitedConnection
from infra.chdb_http.errors import QueryError


def talk(port: int, sent: bytes, *, end: bool = False) -> bytes:
    """What comes back until the server closes; ``end`` closes our half first."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
        out = b""
        with contextlib.suppress(OSError):
            client.sendall(sent)
            if end:
                client.shutdown(socket.SHUT_WR)
            while data := client.recv(65536):
                out += data
        return out


@pytest.mark.parametrize("path", ["/ping", "/replicas_status", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_probes_are_answered(server, path, method):
    for analyst in (False, True):
        reply = server.ask(path, method=method, analyst=analyst)
        assert reply.status == 200
        assert reply.body == (b"Ok.\n" if method == "GET" else b"")
        assert reply.headers["content-length"] == "4"


def test_head_answers_without_a_body(server):
    reply = server.ask(method="HEAD", query="SELECT 1")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(server, method):
    assert server.ask(method=method, query="SELECT 1").status == 405


def test_other_paths_are_not_there(server):
    assert server.ask("/play", method="GET").status == 404
    assert server.ask("/../etc/passwd", method="GET").status == 404


@pytest.mark.parametrize("name", ["query_id", "default_format"])
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00", "ü", " a", "a" * 300 + "\n"])
def test_what_comes_back_in_a_header_is_checked(server, name, value):
    for sql in ("SELECT 1", "INSERT INTO tutti.nothing VALUES (1)"):
        reply = server.ask(body=sql, **{name: value})
        assert reply.status == 400
        assert "x-evil" not in reply.headers


@pytest.mark.parametrize("url", ["query=SELECT+1&query=SELECT+2", "query=SELECT+1&a=b&a=b"])
def test_a_parameter_of_the_url_stands_once(server, url):
    for port in (server.port, server.analyst_port):
        reply = speak(port, f"GET /?{url} HTTP/1.1", "Host: {own}")
        assert (reply.status, reply.headers["x-clickhouse-exception-code"]) == (400, "36")


def test_a_connection_serves_many_requests(server):
    one = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nSELECT 1"
    bad = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\nSELEC 1"
    last = b"GET /?query=SELECT+3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    out = talk(server.port, one + bad + one + last)
    assert out.count(b"HTTP/1.1 200") == 3
    assert out.count(b"HTTP/1.1 400") == 1


def test_a_body_may_come_in_chunks(server, table):
    head = f"POST /?query=INSERT+INTO+{table}+FORMAT+CSV HTTP/1.1\r\nHost: localhost\r\n".encode()
    head += b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert b" 200 " in talk(server.port, head + b"4\r\n1,x\n\r\n5\r\n22,y\n\r\n0\r\n\r\n")
    assert server.sql(f"SELECT sum(a) FROM {table}") == "23"
    # cut off: nothing is written
    assert b" 200 " not in talk(server.port, head + b"4\r\n1,x\n\r\n5\r\n22", end=True)
    assert server.sql(f"SELECT sum(a) FROM {table}") == "23"


@pytest.mark.parametrize("framing", ["Content-Length: 1073741824", "Transfer-Encoding: chunked"])
def test_a_gigabyte_is_refused_early(server, framing):
    """The client is told while it sends, or before; the server keeps none of it."""
    head = f"POST /?query=INSERT+INTO+t+FORMAT+CSV HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        client.sendall(head.encode())
        piece = b"x" * 2**20
        chunk = b"100000\r\n" + piece + b"\r\n" if "chunked" in framing else piece
        answer = b""
        while not answer:
            client.settimeout(0.001 if sent < 2**30 else PATIENCE_S)
            with contextlib.suppress(TimeoutError):
                answer = client.recv(65536)
            if not answer:
                client.settimeout(PATIENCE_S)
                client.sendall(chunk)
                sent += len(piece)
    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 2**30


def test_all_bodies_together_are_bounded():
    async def take() -> None:
        memory = BodyMemory(100)
        async with memory.share() as one, memory.share() as other:
            one(60)
            other(40)
            with pytest.raises(QueryError, match="Too much data") as refused:
                other(1)
            assert refused.value.status == 503
        async with memory.share() as again:
            again(100)

    asyncio.run(take())


def test_bodies_that_never_end_keep_no_analyst_out(server):
    size = limits.analysts(1024, ()).request_bytes
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"%x\r\n%b\r\n" % (size, b" " * size)  # but for the empty chunk that ends it
    with contextlib.ExitStack() as opened:
        for _ in range(MAX_CONNECTIONS * 3 // 4):  # the port is not full
            address = ("127.0.0.1", server.analyst_port)
            client = opened.enter_context(socket.create_connection(address))
            client.sendall(head + whole)
        replies = [server.ask(body="SELECT 1", analyst=True).text for _ in range(20)]
    assert replies == ["1\n"] * 20


NONSENSE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /%ff%00?query=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /?query=SELECT+%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 2**19 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"SELECT 1",
]


@pytest.mark.parametrize("sent", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_harms_nobody(server, sent):
    out = talk(server.port, sent, end=True)
    assert not out.startswith(b"HTTP/1.1 5")
    assert server.sql("SELECT 1") == "1"


def connections(server) -> int:
    """How many the analysts' port holds."""
    there = psutil.Process(server.process.pid).net_connections("tcp")
    return sum(
        each.laddr.port == server.analyst_port and each.status == psutil.CONN_ESTABLISHED
        for each in there
    )


def test_one_port_cannot_take_the_connections_of_the_other(server):
    with contextlib.ExitStack() as opened:
        for _ in range(MAX_CONNECTIONS + 20):
            address = ("127.0.0.1", server.analyst_port)
            client = opened.enter_context(socket.create_connection(address, timeout=PATIENCE_S))
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nSEL")
        assert server.sql("SELECT 1") == "1"
        deadline = time.monotonic() + PATIENCE_S
        while (found := connections(server)) > MAX_CONNECTIONS:  # those that it refuses are ending
            assert time.monotonic() < deadline, found
    assert server.sql("SELECT 1", analyst=True) == "1"


@pytest.mark.parametrize("analyst", [False, True])
def test_many_silent_clients_keep_nobody_out(server, analyst):
    """Neither those that send nothing, nor those that never end their head."""
    port = server.analyst_port if analyst else server.port
    process = psutil.Process(server.process.pid)
    server.sql("SELECT 1", analyst=analyst)
    threads = process.num_threads()
    with contextlib.ExitStack() as opened:
        for number in range(2 * MAX_CONNECTIONS):
            address = ("127.0.0.1", port)
            client = opened.enter_context(socket.create_connection(address, timeout=PATIENCE_S))
            with contextlib.suppress(ConnectionError):
                client.sendall(b"GET / HTTP/1.1\r\nX: y" * (number % 2))
            if number % 100 == 99:
                assert server.sql("SELECT 1", analyst=analyst) == "1"
        assert server.sql("SELECT 1", analyst=analyst) == "1"
        assert process.num_threads() <= threads + 8
        assert len(process.net_connections("tcp")) < 2 * MAX_CONNECTIONS


@pytest.mark.parametrize(
    ("slow", "seconds", "expected"),
    [("body", 0, b"done"), ("reader", 0, b"done"), ("body", 3600, b"503")],
)
def test_where_a_port_is_full_who_dawdles_gives_way(monkeypatch, slow, seconds, expected):
    monkeypatch.setattr(connection, "DAWDLE_SECONDS", seconds)
    monkeypatch.setattr(LimitedConnection, "max_connections", 3)
    entered = asyncio.Semaphore(0)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.create_task(disconnected(receive))
        entered.release()
        while scope["path"] == "/slow" and not gone.done():
            piece = {"type": "http.response.body", "body": b"x" * 65536, "more_body": True}
            await (asyncio.sleep(0.01) if slow == "body" else send(piece))
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"done"})

    async def ask(port: int, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return await reader.read()
        except ConnectionResetError:  # refused before the request was read
            return b""
        finally:
            writer.close()

    async def run() -> None:
        config = uvicorn.Config(
            app, http=LimitedConnection, port=0, lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        head = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        sent = head + (b"" if slow == "body" else b"123456789")
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        for client in clients:
            client.sendall(sent)
        whole = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        async with asyncio.timeout(PATIENCE_S):
            for _ in clients:
                await entered.acquire()
            answer = await ask(port, whole)
            while expected not in answer:  # until the server has noticed that nobody reads
                answer = await ask(port, whole)
        for client in clients:
            client.close()
        server.should_exit = server.force_exit = True
        await serving

    asyncio.run(run())


def test_a_client_that_never_says_what_it_wants_is_cut_off(monkeypatch):
    """Also one that sends a byte now and then."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def trickle(port: int, first: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await reader.read(65536)
        writer.close()

    async def run() -> None:
        config = uvicorn.Config(
            app, http=LimitedConnection, port=0, lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        async with asyncio.timeout(PATIENCE_S):
            whole = b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
            await asyncio.gather(trickle(port, b"GET / HT"), trickle(port, whole))
        server.should_exit = True
        await serving

    asyncio.run(run())

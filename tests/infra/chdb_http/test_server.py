"""Stops, kills, locks, clients that leave."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections import defaultdict
from http.client import IncompleteRead
from pathlib import Path

import psutil
import pytest
from clickhouse_process import ServerProcess, free_base, until
from places import CHECKOUT

from infra.chdb_http.server import _listen

TABLE = "CREATE TABLE tutti.v (n UInt64) ENGINE = MergeTree ORDER BY n"


def test_no_acknowledged_insert_is_lost_by_kill(own_server):
    own_server.sql("CREATE DATABASE tutti ENGINE = Atomic")
    own_server.sql(TABLE)
    acknowledged = list[int]()

    def send():
        number = 0
        while True:
            try:
                reply = own_server.ask(body=f"INSERT INTO tutti.v VALUES ({number})")
            except OSError:
                return
            if reply.status == 200:
                acknowledged.append(number)
            number += 1

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: len(acknowledged) >= 200)
    own_server.stop(signal.SIGKILL)
    sender.join()
    own_server.start()
    stored = {int(line) for line in own_server.sql("SELECT n FROM tutti.v").splitlines()}
    assert set(acknowledged) <= stored
    assert len(stored) <= len(acknowledged) + 1


def test_it_ends_when_it_is_told_also_if_nobody_reads_its_log(own_server):
    """Its supervisor was killed: what it says goes into a pipe without an end."""
    own_server.stop()
    read, write = os.pipe()
    own_server.start(log=write)
    os.close(write)
    os.close(read)
    own_server.stop()


def test_merges_give_way_to_inserts_and_queries(own_server):
    niceness = defaultdict[str, set[int]](set)
    for thread in Path(f"/proc/{own_server.process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            name = (thread / "comm").read_text().strip()
            niceness[name].add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness.pop("MergeMutate") == {max(ours, 10)}
    assert max(set.union(*niceness.values())) == ours


def test_a_running_insert_is_finished_before_the_stop(own_server):
    own_server.sql("CREATE DATABASE tutti ENGINE = Atomic")
    own_server.sql(TABLE)
    replies = list[int]()
    rows = b"\n".join(b"%d" % n for n in range(2_000_000))

    def send():
        reply = own_server.ask(body=rows, query="INSERT INTO tutti.v FORMAT CSV")
        replies.append(reply.status)

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: "Insert" in own_server.sql("SELECT query_kind FROM system.processes"))
    assert own_server.stop() == 0
    sender.join()
    assert replies == [200]
    own_server.start()
    assert own_server.sql("SELECT count() FROM tutti.v") == "2000000"


def test_a_stop_does_not_wait_for_slow_queries(own_server):
    slow = (
        "SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1,"
        " function_sleep_max_microseconds_per_block = 0"
    )

    def ask():
        with contextlib.suppress(OSError):
            own_server.ask(body=slow)

    query = threading.Thread(target=ask)
    query.start()
    until(lambda: "sleepEachRow" in own_server.sql("SELECT query FROM system.processes"))
    assert own_server.stop() == 0
    query.join()


def test_a_client_that_leaves_frees_its_place(server):
    for name in ("CSV", "JSON"):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            sql = (
                f"SELECT sleepEachRow(1), '{name}' FROM numbers(1000) SETTINGS max_block_size = 1,"
                f" function_sleep_max_microseconds_per_block = 0 FORMAT {name}"
            ).encode()
            head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(sql)
            client.sendall(head + sql)
            running = (
                "SELECT count() FROM system.processes"
                f" WHERE query LIKE '%sleep%{name}%' AND query NOT LIKE '%processes%'"
            )
            until(lambda sql=running: server.sql(sql) == "1")
        until(lambda sql=running: server.sql(sql) == "0")


def test_a_second_process_on_the_same_folder_says_so(own_server):
    other = ServerProcess(own_server.home, free_base())
    done = subprocess.run(
        [sys.executable, "-m", *other.command()],
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert b"clickhouse_cannot_start" in done.stderr
    assert own_server.sql("SELECT 1") == "1"


def test_the_folders_are_private_and_temporary_files_are_gone_after_a_start(own_server):
    temporary = own_server.home / "tmp" / "clickhouse"
    (temporary / "left").write_text("behind")
    own_server.stop()
    own_server.start()
    assert not (temporary / "left").exists()
    for folder in (temporary, own_server.home / "clickhouse"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_listens_on_the_loopback_address_only(server):
    sockets = psutil.Process(server.process.pid).net_connections("inet")
    listening = {tuple(each.laddr) for each in sockets if each.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", server.port), ("127.0.0.1", server.analyst_port)}


def test_small_answers_do_not_wait_for_acknowledgements():
    """Without TCP_NODELAY each of them would take 40 ms."""

    async def sends_at_once() -> int:
        found = asyncio.get_running_loop().create_future()

        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = _listen(0)
        async with await asyncio.start_server(accepted, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await found

    assert asyncio.run(sends_at_once())


FAILS_LATE = "SELECT number, throwIf(number = 3000000) FROM numbers(5000000)"
TOO_MANY_ROWS = "SELECT number, repeat('x', 8) FROM numbers(2000000)"


def test_queries_that_fail_in_mid_stream_keep_neither_others_nor_the_stop_waiting(own_server):
    """After the head and some blocks were sent, an error can only break the response off."""
    for sql, analyst in ((FAILS_LATE, False), (TOO_MANY_ROWS, True)):
        for form in ("Native", "JSONEachRow", "CSVWithNames"):
            # More than are answered at a time.
            for _ in range(3):
                with pytest.raises(IncompleteRead) as broken:
                    own_server.ask(body=sql, analyst=analyst, default_format=form)
                assert len(broken.value.partial) > 1024 * 1024
                assert b"__exception__" in broken.value.partial[-1000:]
    assert own_server.sql("SELECT 1") == own_server.sql("SELECT 1", analyst=True) == "1"
    assert own_server.sql("SELECT count() FROM system.processes") == "1"
    assert own_server.stop() == 0

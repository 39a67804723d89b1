"""docs/clickhouse-http.md names its tests, and its limits are those of the code."""

import asyncio
import re

import pytest
from places import CHECKOUT

from infra.chdb_http import body, connection, limits, server
from infra.chdb_http.errors import QueryError
from infra.chdb_http.server import ServerConfig

DOCUMENT = (CHECKOUT / "docs" / "clickhouse-http.md").read_text()
TESTS = CHECKOUT / "tests" / "infra"
MIB = 1024 * 1024


def cells(name: str) -> list[str]:
    limited = DOCUMENT.split("## Limits\n")[1].splitlines()
    line = next(line for line in limited if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.split("|")[2:4]]


def test_every_row_names_a_test_that_is_there():
    sources = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.endswith("| test |")]
    for row in rows:
        named = set(re.findall(r"`(test_\w+)`", row))
        assert named, row
        assert named <= there, row


def test_the_limits_are_those_of_the_document():
    request = ServerConfig.__dataclass_fields__["request_bytes"].default
    own, their = limits.operators(1024, request), limits.analysts(1024, ("marts",))
    assert cells("queries at a time") == [str(own.running), str(their.running)]
    assert cells("queries that wait") == [str(own.waiting), str(their.waiting)]
    at_a_time = f"{server.INSERTS_RUNNING} at a time, on threads of their own"
    assert cells("inserts") == [f"{at_a_time}; {server.INSERTS_WAITING} wait", "none"]
    assert cells("one body") == [
        f"{own.request_bytes // MIB} MiB",
        f"{their.request_bytes // 1024} KiB",
    ]
    assert cells("one statement") == ["256 KiB", f"{their.statement_bytes // 1024} KiB"]
    assert cells("all bodies together") == [
        f"{server.OPERATOR_BODIES * own.request_bytes // MIB} MiB",
        f"{server.ANALYST_BODIES * their.request_bytes // MIB} MiB",
    ]
    assert cells("head of a request") == [f"{server.HEAD_BYTES // 1024} KiB"] * 2
    assert cells("connections") == [str(connection.MAX_CONNECTIONS)] * 2
    assert cells("time for the head") == [f"{connection.HEAD_SECONDS} s"] * 2
    assert cells("pause within a body") == [f"{body.STALL_SECONDS} s"] * 2
    assert their.settings["max_execution_time"] == "30"
    assert their.settings["max_temporary_data_on_disk_size_for_query"] == str(1024 * MIB)
    assert own.settings["max_memory_usage"] == str(512 * MIB)
    assert their.settings["max_memory_usage"] == str(256 * MIB)
    assert their.settings["max_result_rows"] == "1000000"
    assert their.settings["max_result_bytes"] == str(128 * MIB)


def test_a_body_that_stops_is_given_up(monkeypatch):
    monkeypatch.setattr(body, "STALL_SECONDS", 0.01)

    async def read() -> None:
        await body.read_body(asyncio.Event().wait, {}, 100, lambda _: None, None)

    with pytest.raises(QueryError, match="does not arrive") as refused:
        asyncio.run(read())
    assert refused.value.code == 209


def test_external_tables_are_refused(server):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert server.ask(body="--x--", headers=headers, query="SELECT 1").status == 501
    url = {"t_format": "CSV", "t_types": "UInt8"}
    assert server.ask(body="1", query="SELECT * FROM t", **url).status == 501


def test_other_encodings_are_refused(server):
    for name in ("br", "snappy", "compress", "nonsense"):
        reply = server.ask(body=b"x", headers={"Content-Encoding": name})
        assert (reply.status, reply.code) == (400, 36)

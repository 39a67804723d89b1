"""What Grafana's ClickHouse plugin sends over HTTP, and how it reads the answer.

Written after the source of the plugin (`pkg/plugin/driver.go`, `health.go`) and of Go's driver that
it uses (`clickhouse-go` 2, `conn_http.go`, `lib/proto/block.go`); neither runs in a test. Columns
are decoded by clickhouse-connect.
"""

import base64
import gzip
import io
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver import ctypes
from clickhouse_connect.driver.query import QueryContext
from clickhouse_connect.driver.types import Closable

CLIENT_PROTOCOL_VERSION = 54483
HELLO = "SELECT displayName(), version(), revision(), timezone()"
PATIENCE_S = 300


@dataclass
class Answer:
    """The columns of an answer and its rows; all blocks together."""

    names: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


class DriverError(Exception):
    """What the plugin shows in a panel's corner."""


class _Source(Closable):
    def __init__(self, body: bytes) -> None:
        self.gen = iter([body])

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class GrafanaDriver:
    """A connection as the plugin opens it: protocol http, compression gzip."""

    port: int
    password: str = ""
    database: str = "marts"

    def query(self, sql: str, **settings: str) -> Answer:
        """Send a query.

        Raises:
            DriverError: The server refuses.
        """
        parameters = settings | {
            "database": self.database,
            "default_format": "Native",
            "client_protocol_version": str(CLIENT_PROTOCOL_VERSION),
        }
        secret = base64.b64encode(f"default:{self.password}".encode()).decode()
        headers = {
            "Authorization": f"Basic {secret}",
            "User-Agent": "grafana/11.6.0 clickhouse-datasource/4.8.2 clickhouse-go/2.34.0"
            " (lv:go/1.24; os:linux)",
            "Accept-Encoding": "gzip",
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"/?{urlencode(parameters)}", sql.encode(), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.headers.get("Content-Encoding") == "gzip":
                body = gzip.GzipFile(fileobj=io.BytesIO(body)).read()
            if answer.status != 200:
                raise DriverError(body.decode())
            return decode(body)
        finally:
            connection.close()

    def dial(self) -> Answer:
        """What is asked on connecting, and then by the button "Save & test"."""
        hello = self.query(HELLO)
        assert self.query("SELECT 1").rows == [(1,)]
        assert self.query("SELECT version()").rows == [(hello.rows[0][1],)]
        return hello


def decode(body: bytes) -> Answer:
    """Read blocks to the end of the answer."""
    source = ctypes.RespBuffCls(_Source(body))
    context = QueryContext()
    found = Answer([], [], [])
    while True:
        try:
            first = source.read_byte()
        except Exception:  # noqa: BLE001 - where the answer ends
            return found
        head = bytes([first, *source.read_bytes(7)])
        assert head == b"\x01\x00\x02\xff\xff\xff\xff\x00", head
        columns, rows = source.read_leb128(), source.read_leb128()
        found.names, found.types, block = [], [], []
        for _ in range(columns):
            found.names.append(source.read_leb128_str())
            found.types.append(source.read_leb128_str())
            assert source.read_byte() == 0, "another serialization than the type's own"
            if rows:
                kind = get_from_name(found.types[-1])
                block.append(kind.read_column(source, rows, context))
        found.rows += list(zip(*block, strict=True)) if block else []

"""How tutti talks to ClickHouse, over its HTTP interface with `clickhouse-connect`."""

from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from urllib3.exceptions import HTTPError

from infra.settings import Settings

UNAVAILABLE: Final = (OperationalError, HTTPError, ConnectionError, TimeoutError)
"""What is raised while the server is away; `DatabaseError` is its own answer."""

ERRORS: Final = (ClickHouseError, DatabaseError, HTTPError, ConnectionError, TimeoutError)


def scalar(clickhouse: Client, sql: str) -> Any:
    """The one value that a query answers; None if it answers no row."""
    row = clickhouse.query(sql).first_row
    return row[0] if row else None


def connect(settings: Settings, *, analyst: bool = False, timeout_s: int = 60) -> Client:
    """A client of the operators' address, or of the analysts' read-only one."""
    return clickhouse_connect.get_client(
        host="127.0.0.1",
        port=settings.analyst_port if analyst else settings.clickhouse_port,
        compress=False,
        send_receive_timeout=timeout_s,
        autogenerate_session_id=False,
        query_limit=0,
    )

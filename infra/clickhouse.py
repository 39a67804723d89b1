"""How tutti talks to ClickHouse, over its HTTP interface with `clickhouse-connect`."""

import logging
from typing import Any, Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from urllib3.exceptions import HTTPError

from infra.settings import Settings
from operators.core.errors import TransientError

UNAVAILABLE: Final = (OperationalError, HTTPError, ConnectionError, TimeoutError)
"""What is raised while the server is away; `DatabaseError` is its own answer."""

ERRORS: Final = (ClickHouseError, DatabaseError, HTTPError, ConnectionError, TimeoutError)


def scalar(clickhouse: Client, sql: str) -> Any:
    """The one value that a query answers; None if it answers no row."""
    row = clickhouse.query(sql).first_row
    return row[0] if row else None


# The errors are raised as well; the library also prints them.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)


class ClickHouseAwayError(TransientError):
    """ClickHouse does not answer."""

    def __init__(self) -> None:
        super().__init__("ClickHouse does not answer: see tutti status, or run tutti up.")


def connect(settings: Settings, *, analyst: bool = False, timeout_s: int = 60) -> Client:
    """A client of the operators' address, or of the analysts' read-only one.

    Raises:
        ClickHouseAwayError: Nobody answers there.
    """
    url = urlsplit(settings.clickhouse_for_analysts if analyst else settings.clickhouse)
    try:
        return clickhouse_connect.get_client(
            interface=url.scheme,
            host=url.hostname,
            port=url.port,
            compress=False,
            send_receive_timeout=timeout_s,
            autogenerate_session_id=False,
            query_limit=0,
        )
    except UNAVAILABLE:
        raise ClickHouseAwayError from None

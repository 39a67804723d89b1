"""How tutti talks to ClickHouse, over its HTTP interface with `clickhouse-connect`."""

import logging
import re
from collections.abc import Iterator
from http.client import IncompleteRead
from typing import Any, Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from clickhouse_connect.driver.httputil import default_pool_manager
from clickhouse_connect.driver.transform import extract_exception_with_tag
from urllib3.exceptions import HTTPError, ProtocolError

from infra.config.secrets import (
    clickhouse_password_file,
    generated_password_file,
    read_secret,
)
from infra.config.settings import Settings
from operators.core.errors import TerminalError, TransientError

UNAVAILABLE: Final = (OperationalError, HTTPError, ConnectionError, TimeoutError)
"""What is raised while the server is away; `DatabaseError` is its own answer."""

BUSY: Final = {
    159: "TIMEOUT_EXCEEDED",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    203: "NO_FREE_CONNECTION",
    209: "SOCKET_TIMEOUT",
    210: "NETWORK_ERROR",
    236: "ABORTED",
    241: "MEMORY_LIMIT_EXCEEDED",
    242: "TABLE_IS_READ_ONLY",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",
    319: "UNKNOWN_STATUS_OF_INSERT",
    439: "CANNOT_SCHEDULE_TASK",
}
"""Answers of ClickHouse that say nothing against the statement: number → name."""

ERRORS: Final = (ClickHouseError, DatabaseError, HTTPError, ConnectionError, TimeoutError)


def is_unavailable(error: BaseException) -> bool:
    """Whether the server is away or too busy: the same statement may succeed later."""
    if isinstance(error, UNAVAILABLE):
        return True
    return isinstance(error, DatabaseError) and error.code in BUSY


def scalar(clickhouse: Client, sql: str) -> Any:
    """The one value that a query answers; None if it answers no row."""
    row = clickhouse.query(sql).first_row
    return row[0] if row else None


_TAG: Final = "X-ClickHouse-Exception-Tag"
_LATE_BYTES: Final = 1 << 16
"""Of a late exception, with room: a statement, which it may repeat, has 32 KiB at most."""


def pieces(answer: Any, size: int = 1 << 20) -> Iterator[bytes]:
    """The answer of `raw_stream`, as it comes in, at most `size` bytes at a time.

    Raises:
        DatabaseError: The query failed when a part of its answer was on its way.
    """
    tag, end = answer.headers.get(_TAG, ""), b""
    while True:
        try:
            piece = answer.read(size)
        except ProtocolError as error:  # the server hangs up, whether the query failed or itself
            rest = [part.partial for part in error.args if isinstance(part, IncompleteRead)]
            late = _late_exception(b"".join([end, *rest]), tag)
            if late is None:
                raise
            raise DatabaseError(late) from None
        if not piece:
            return
        yield piece
        end = (end + piece)[-_LATE_BYTES:]


def _late_exception(end: bytes, tag: str) -> str | None:
    """What stands behind the mark with this answer's tag, which no text in a row can know."""
    mark = end.rfind(f"__exception__\r\n{tag}".encode())
    return extract_exception_with_tag(end[mark:], tag) if tag and mark >= 0 else None


# The errors are raised as well; the library also prints them.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)


class ClickHouseUnavailableError(TransientError):
    """ClickHouse does not answer."""

    def __init__(self) -> None:
        super().__init__("ClickHouse does not answer: see tutti status, or run tutti up.")


class ClickHouseAuthenticationError(TerminalError):
    """ClickHouse and we do not trust each other."""


# ClickHouse's numbers of: unknown user, wrong password, authentication failed.
_REFUSED: Final = re.compile(r"[Cc]ode:? (192|193|194|516)\b")


def connect(settings: Settings, *, analyst: bool = False, timeout_s: int = 60) -> Client:
    """A client of the operators' address, or of the analysts' read-only one.

    Raises:
        ClickHouseUnavailableError: Nobody answers there.
        ClickHouseAuthenticationError: It does not take our password, or we not its certificate.
    """
    user = settings.analyst_user if analyst else settings.clickhouse_user
    file = settings.analyst_password_file if analyst else clickhouse_password_file(settings)
    setting = f"TUTTI_{'ANALYST' if analyst else 'CLICKHOUSE'}_PASSWORD_FILE"
    # The local server makes this one at its first start.
    made_later = file == generated_password_file(settings) and not file.exists()
    url = urlsplit(settings.clickhouse_for_analysts if analyst else settings.clickhouse)
    try:
        return clickhouse_connect.get_client(
            interface=url.scheme,
            host=url.hostname,
            port=url.port,
            username=user,
            password=read_secret(file, setting) if file and not made_later else "",
            ca_cert=str(settings.clickhouse_ca_file) if settings.clickhouse_ca_file else None,
            compress=False,
            send_receive_timeout=timeout_s,
            autogenerate_session_id=False,
            query_limit=0,
            # Named, it is used whatever proxy the environment names: that would read all. It is the
            # library's one for all clients; one of its own would outlive its client.
            pool_mgr=default_pool_manager() if url.scheme == "http" else None,
        )
    except UNAVAILABLE as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ClickHouseAuthenticationError(
                f"The certificate of ClickHouse at {url.netloc} is not trusted: is"
                " TUTTI_CLICKHOUSE_CA_FILE its authority?"
            ) from None
        raise ClickHouseUnavailableError from None
    except DatabaseError as error:
        if not _REFUSED.search(str(error)):
            raise
        if made_later and file and file.exists():
            raise ClickHouseUnavailableError from None  # it has just started
        raise ClickHouseAuthenticationError(
            f"ClickHouse at {url.netloc} does not take the password of {user}: is it that of"
            f" {setting}{'' if file is None else f' ({file})'}?"
        ) from None

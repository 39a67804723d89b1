"""What most commands need: the settings, and ClickHouse. Both take long to import."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from infra.config.settings import Settings


def settings() -> "Settings":
    """This installation's settings."""
    from infra.config.settings import Settings

    return Settings()


def clickhouse(*, analyst: bool = False, timeout_s: int = 60) -> "Client":
    """A client of this installation's ClickHouse; `error_sentences` says what went wrong.

    Args:
        analyst: At the analysts' read-only address.
        timeout_s: Longest wait for an answer.
    """
    ours = settings()  # first: what is wrong with them is said without waiting for the client
    from infra.clickhouse.client import connect

    return connect(ours, analyst=analyst, timeout_s=timeout_s)

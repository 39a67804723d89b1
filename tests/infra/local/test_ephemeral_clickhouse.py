"""A ClickHouse on free ports, which has everything and ends with its block."""

import socket

import pytest

from infra.clickhouse.client import ClickHouseUnavailableError, connect, scalar
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse


def test_it_has_every_view_and_ends_with_the_block(tmp_path):
    with ephemeral_clickhouse(tmp_path) as settings:
        client = connect(settings)
        assert scalar(client, "SELECT count() FROM marts.leaderboard") == 0
        assert scalar(client, "SELECT count() FROM open.leaderboard") == 0
    with pytest.raises(ClickHouseUnavailableError):
        connect(settings)
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", settings.clickhouse_port))

"""What is asked of a service never goes through a proxy that the environment names."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.service.local_http import fetch


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listens, and is named as everybody's proxy."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listening.getsockname()[1]}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield listening


@pytest.fixture
def nobody() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_neither_queries_nor_passwords_do(
    proxy: socket.socket, nobody: int, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("sesame")
    password.chmod(0o600)
    settings = Settings(
        clickhouse_url=f"http://127.0.0.1:{nobody}", clickhouse_password_file=password
    )
    with pytest.raises(ClickHouseUnavailableError):
        connect(settings)
    with pytest.raises(TimeoutError):
        proxy.accept()


def test_clients_share_their_connections(tmp_path: Path) -> None:
    """What a client has of its own stays after it, and periodic takes a new one each minute."""
    with ready_clickhouse(tmp_path) as settings:
        assert connect(settings).http is connect(settings).http


def test_questions_about_health_do_not(proxy: socket.socket, nobody: int) -> None:
    assert fetch(f"http://127.0.0.1:{nobody}/jobs/overview", 1.0) is None
    with pytest.raises(TimeoutError):
        proxy.accept()

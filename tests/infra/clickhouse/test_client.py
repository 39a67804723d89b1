"""Our client against a server with passwords, and behind TLS."""

import stat

import pytest
from certificates import AWKWARD_SECRET, tls_in_front_of
from clickhouse_process import free_base

from infra.clickhouse.client import (
    ClickHouseAuthenticationError,
    ClickHouseUnavailableError,
    connect,
)
from infra.config.settings import Settings


def test_clickhouse_behind_tls_with_the_authority_in_a_file(server, secrets_folder):
    with tls_in_front_of(server.port, secrets_folder) as port:
        url = f"https://127.0.0.1:{port}"
        known = {"clickhouse_url": url, "clickhouse_password_file": server.password_file()}
        trusting = Settings(clickhouse_ca_file=secrets_folder / "ca.pem", **known)
        assert connect(trusting).query("SELECT 1").result_rows == [(1,)]
        for stranger in (secrets_folder / "stranger.pem", None):
            suspicious = Settings(clickhouse_ca_file=stranger, **known)
            with pytest.raises(ClickHouseAuthenticationError, match="certificate of ClickHouse"):
                connect(suspicious)


def test_the_local_server_demands_the_passwords_it_was_given(
    own_server, secrets_folder, monkeypatch
):
    own_server.stop()
    monkeypatch.setenv("TUTTI_CLICKHOUSE_USER", "sink")
    monkeypatch.setenv("TUTTI_CLICKHOUSE_PASSWORD_FILE", str(secrets_folder / "password"))
    monkeypatch.setenv("TUTTI_ANALYST_PASSWORD_FILE", str(secrets_folder / "password"))
    own_server.start()  # which asks /ping: that needs no password, as with ClickHouse
    settings = Settings(home=own_server.home, port_base=own_server.base)
    assert connect(settings).query("SELECT 1").result_rows == [(1,)]
    assert connect(settings, analyst=True).query("SELECT 1").result_rows == [(1,)]
    for wrong in (
        {"clickhouse_password_file": secrets_folder / "wrong"},
        {"clickhouse_password_file": None},
        {"clickhouse_user": "other"},
    ):
        with pytest.raises(ClickHouseAuthenticationError, match="TUTTI_CLICKHOUSE_PASSWORD_FILE"):
            connect(settings.model_copy(update=wrong))
    with pytest.raises(ClickHouseAuthenticationError, match="TUTTI_ANALYST_PASSWORD_FILE"):
        connect(settings.model_copy(update={"analyst_password_file": None}), analyst=True)
    assert own_server.ask(body="SELECT 1").status == 403
    assert own_server.ask(body="SELECT 1", analyst=True).code == 516
    assert own_server.sql("SELECT 1", user="sink", password=AWKWARD_SECRET) == "1"
    assert AWKWARD_SECRET not in (own_server.home / "server.log").read_text()


def test_a_server_that_is_away_is_not_one_that_refuses():
    with pytest.raises(ClickHouseUnavailableError):
        connect(Settings(clickhouse_url="http://127.0.0.1:1"))


def test_the_local_server_makes_a_password_for_operators_at_its_first_start(own_server):
    settings = Settings(home=own_server.home, port_base=own_server.base)
    file = settings.home / "secrets" / "clickhouse.password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_text()
    assert len(secret) >= 40
    assert connect(settings).query("SELECT 1").result_rows == [(1,)]
    for path in ("/", "/metrics"):
        for key in ("", "wrong"):
            reply = own_server.ask(path, body="SELECT 1", headers={"X-ClickHouse-Key": key})
            assert (reply.status, reply.code) == (403, 516)
    # Analysts read what is published, as before.
    assert connect(settings, analyst=True).query("SELECT 1").result_rows == [(1,)]
    own_server.stop()
    own_server.start()
    assert file.read_text() == secret
    file.rename(settings.home / "elsewhere")
    with pytest.raises(ClickHouseAuthenticationError, match=r"clickhouse\.password"):
        connect(settings)
    assert secret not in (own_server.home / "server.log").read_text()


def test_a_local_server_that_never_started_is_one_that_is_away(tmp_path):
    """And asking for it makes no password: the server does that."""
    with pytest.raises(ClickHouseUnavailableError):
        connect(Settings(home=tmp_path, port_base=free_base()))
    assert not list(tmp_path.iterdir())

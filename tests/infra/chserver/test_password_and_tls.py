"""Our clients against servers with passwords, and behind TLS."""

import socket
import subprocess
from contextlib import ExitStack

import pytest
from certificates import make_certificates, tls_in_front_of
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra import redis
from infra.clickhouse.client import ClickHouseRefusesError, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.local.redis_server import executable

HUSH = "h\"us'h \\ ü"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("certificates")
    make_certificates(made)
    for name, secret in (("password", HUSH), ("wrong", "wrong")):
        (made / name).touch(mode=0o600)
        (made / name).write_text(f"{secret}\n")
    return made


def test_clickhouse_behind_tls_with_the_authority_in_a_file(server, folder):
    with tls_in_front_of(server.port, folder) as port:
        url = f"https://127.0.0.1:{port}"
        trusting = Settings(clickhouse_url=url, clickhouse_ca_file=folder / "ca.pem")
        assert connect(trusting).query("SELECT 1").result_rows == [(1,)]
        for stranger in (folder / "stranger.pem", None):
            suspicious = Settings(clickhouse_url=url, clickhouse_ca_file=stranger)
            with pytest.raises(ClickHouseRefusesError, match="certificate of ClickHouse"):
                connect(suspicious)


def test_the_local_server_demands_the_passwords_it_was_given(own_server, folder, monkeypatch):
    own_server.stop()
    monkeypatch.setenv("TUTTI_CLICKHOUSE_USER", "sink")
    monkeypatch.setenv("TUTTI_CLICKHOUSE_PASSWORD_FILE", str(folder / "password"))
    monkeypatch.setenv("TUTTI_ANALYST_PASSWORD_FILE", str(folder / "password"))
    own_server.start()  # which asks /ping: that needs no password, as with ClickHouse
    settings = Settings(home=own_server.home, port_base=own_server.base)
    assert connect(settings).query("SELECT 1").result_rows == [(1,)]
    assert connect(settings, analyst=True).query("SELECT 1").result_rows == [(1,)]
    for wrong in (
        {"clickhouse_password_file": folder / "wrong"},
        {"clickhouse_password_file": None},
        {"clickhouse_user": "other"},
    ):
        with pytest.raises(ClickHouseRefusesError, match="TUTTI_CLICKHOUSE_PASSWORD_FILE"):
            connect(settings.model_copy(update=wrong))
    with pytest.raises(ClickHouseRefusesError, match="TUTTI_ANALYST_PASSWORD_FILE"):
        connect(settings.model_copy(update={"analyst_password_file": None}), analyst=True)
    assert own_server.ask(body="SELECT 1").status == 403
    assert own_server.ask(body="SELECT 1", analyst=True).code == 516
    assert own_server.sql("SELECT 1", user="sink", password=HUSH) == "1"
    assert HUSH not in (own_server.home / "server.log").read_text()


def test_a_server_that_is_away_is_not_one_that_refuses(folder):
    with pytest.raises(ClickHouseUnavailableError):
        connect(Settings(clickhouse_url="http://127.0.0.1:1"))
    with pytest.raises(redis.RedisUnavailableError):
        redis.ping(Settings(redis_url="redis://127.0.0.1:1"), timeout_s=1)


@pytest.fixture(scope="module")
def redis_port(folder):
    with ExitStack() as after:
        port = free_port()
        server = subprocess.Popen(
            [executable(), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder
        )
        after.callback(server.wait, 30)
        after.callback(server.terminate)
        quoted = HUSH.replace("\\", "\\\\").replace('"', '\\"')
        configuration = f'bind 127.0.0.1\nport {port}\nsave ""\nrequirepass "{quoted}"\n'
        assert server.stdin
        server.stdin.write(configuration.encode())
        server.stdin.close()
        yield port


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_redis_with_a_password_and_behind_tls(redis_port, folder):
    plain = Settings(
        redis_url=f"redis://127.0.0.1:{redis_port}", redis_password_file=folder / "password"
    )
    retry(
        retry=retry_if_exception_type(redis.RedisUnavailableError),
        stop=stop_after_delay(30),
        wait=wait_fixed(0.1),
    )(redis.ping)(plain, timeout_s=5)
    for wrong in (
        {"redis_password_file": folder / "wrong"},
        {"redis_password_file": None},
        {"redis_user": "nobody"},
    ):
        with pytest.raises(redis.RedisAuthenticationError, match="does not take the password"):
            redis.ping(plain.model_copy(update=wrong), timeout_s=5)
    with tls_in_front_of(redis_port, folder) as port:
        secure = {"redis_url": f"rediss://127.0.0.1:{port}", "redis_ca_file": folder / "ca.pem"}
        redis.ping(plain.model_copy(update=secure), timeout_s=5)
        for authority in (folder / "stranger.pem", None):
            wrong = secure | {"redis_ca_file": authority}
            with pytest.raises(redis.RedisAuthenticationError, match="certificate of Redis"):
                redis.ping(plain.model_copy(update=wrong), timeout_s=5)

"""Our client against a Redis with a password, and behind TLS."""

import socket
import subprocess
from contextlib import ExitStack

import pytest
from certificates import AWKWARD_SECRET, tls_in_front_of
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra import redis
from infra.config.settings import Settings
from infra.local.redis_server import executable


@pytest.fixture(scope="module")
def redis_port(secrets_folder):
    with ExitStack() as after:
        port = free_port()
        server = subprocess.Popen(
            [executable(), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=secrets_folder,
        )
        after.callback(server.wait, 30)
        after.callback(server.terminate)
        quoted = AWKWARD_SECRET.replace("\\", "\\\\").replace('"', '\\"')
        configuration = f'bind 127.0.0.1\nport {port}\nsave ""\nrequirepass "{quoted}"\n'
        assert server.stdin
        server.stdin.write(configuration.encode())
        server.stdin.close()
        yield port


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_redis_with_a_password_and_behind_tls(redis_port, secrets_folder):
    plain = Settings(
        redis_url=f"redis://127.0.0.1:{redis_port}", redis_password_file=secrets_folder / "password"
    )
    retry(
        retry=retry_if_exception_type(redis.RedisUnavailableError),
        stop=stop_after_delay(180),
        wait=wait_fixed(0.1),
    )(redis.ping)(plain, timeout_s=5)
    for wrong in (
        {"redis_password_file": secrets_folder / "wrong"},
        {"redis_password_file": None},
        {"redis_user": "nobody"},
    ):
        with pytest.raises(redis.RedisAuthenticationError, match="does not take the password"):
            redis.ping(plain.model_copy(update=wrong), timeout_s=5)
    with tls_in_front_of(redis_port, secrets_folder) as port:
        secure = {
            "redis_url": f"rediss://127.0.0.1:{port}",
            "redis_ca_file": secrets_folder / "ca.pem",
        }
        redis.ping(plain.model_copy(update=secure), timeout_s=5)
        for authority in (secrets_folder / "stranger.pem", None):
            wrong = secure | {"redis_ca_file": authority}
            with pytest.raises(redis.RedisAuthenticationError, match="certificate of Redis"):
                redis.ping(plain.model_copy(update=wrong), timeout_s=5)


def test_a_redis_that_is_away_is_not_one_that_refuses():
    with pytest.raises(redis.RedisUnavailableError):
        redis.ping(Settings(redis_url="redis://127.0.0.1:1"), timeout_s=1)

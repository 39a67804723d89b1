"""The local Redis: what our own code asks is allowed, and nothing else."""

import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from places import CHECKOUT
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from infra.config.settings import Settings
from infra.local.redis_server import ADMINISTRATOR, administrator_password
from infra.redis import CHANGES, connect

REFUSED = (
    ("FLUSHALL",),
    ("EVAL", "return 1", "0"),
    ("SCRIPT", "LOAD", "return 1"),
    ("FUNCTION", "LIST"),
    ("CONFIG", "GET", "*"),
    ("CONFIG", "SET", "dir", "/tmp"),  # noqa: S108 - what an attacker would try
    ("MODULE", "LIST"),
    ("DEBUG", "SLEEP", "0"),
    ("KEYS", "*"),
    ("SHUTDOWN",),
    ("SLAVEOF", "127.0.0.1", "1"),
    ("ACL", "LIST"),
    ("CLIENT", "LIST"),
    ("MONITOR",),
    ("SET", "elsewhere", "x"),
    ("MGET", "elsewhere"),
    ("DEL", "tutti:vector:x"),
    ("SUBSCRIBE", "x"),
    ("PUBLISH", "x", "y"),
)


@pytest.fixture
def server(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base = probe.getsockname()[1] - 5
    settings = Settings(home=tmp_path, port_base=base)
    environment = {"TUTTI_HOME": str(tmp_path), "TUTTI_PORT_BASE": str(base)}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local.redis_server"],
        env=environment | {"PYTHONPATH": str(CHECKOUT), "PATH": "/usr/bin:/bin"},
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connect(settings, timeout_s=1).ping()
            break
        except RedisError:
            time.sleep(0.05)
    yield settings
    process.terminate()
    process.wait(30)


def test_our_own_commands_work_and_all_others_are_refused(server):
    ours = connect(server, timeout_s=5)
    ours.set("tutti:vector:x", b"1", ex=60)
    assert ours.mget(["tutti:vector:x", "tutti:none"]) == [b"1", None]
    ours.xadd(CHANGES, {"consultation_id": "c"}, maxlen=10, approximate=True)
    assert ours.xread({CHANGES: "0"})
    for command in REFUSED:
        with pytest.raises(RedisError) as refused:
            ours.execute_command(*command)
        unknown = "unknown command" in str(refused.value).lower()
        assert isinstance(refused.value, NoPermissionError) or unknown, command


def test_the_administrator_has_a_password_of_its_own(server):
    password = administrator_password(server)
    assert (server.home / "secrets" / "redis-administrator.password").stat().st_mode & 0o077 == 0
    own = Redis(port=server.redis_port, username=ADMINISTRATOR, password=password)
    assert own.flushall()
    with pytest.raises(AuthenticationError):
        Redis(port=server.redis_port, username=ADMINISTRATOR, password="guessed").ping()  # noqa: S106


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
@pytest.mark.parametrize("line", ["POST / HTTP/1.1", "PUT / HTTP/1.1", "GET / HTTP/1.1"])
def test_the_lines_of_a_web_page_end_the_connection(server, line, host):
    port = server.redis_port
    page = f"{line}\r\nHost: {host}:{port}\r\n\r\nSET tutti:page yes\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(page.encode())
        with suppress(ConnectionResetError):
            while connection.recv(4096):
                pass
    assert connect(server, timeout_s=60).mget("tutti:page") == [None]

"""A local Redis server for tests that need no stack."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from places import CHECKOUT

from infra.config.settings import Settings
from infra.redis import RedisUnavailableError, ping
from infra.service.waiting import wait_until


@contextmanager
def own_redis(home: Path) -> Iterator[Settings]:
    """The server, on a free port, until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base = probe.getsockname()[1] - 5
    settings = Settings(home=home, port_base=base)
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local.redis_server"],
        env={
            "TUTTI_HOME": str(home),
            "TUTTI_PORT_BASE": str(base),
            "PYTHONPATH": str(CHECKOUT),
            "PATH": "/usr/bin:/bin",
        },
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
    )

    def answers() -> bool:
        try:
            ping(settings, timeout_s=1)
        except RedisUnavailableError:
            return False
        return True

    try:
        assert wait_until(answers, 60, every_s=0.05)
        yield settings
    finally:
        process.kill()
        process.wait()

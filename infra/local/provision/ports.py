"""Check of the eleven ports that the stack listens on."""

import errno
import socket
from collections.abc import Iterator

from infra.local.provision.checkout import Checkout
from infra.local.provision.problem import Problem

PORT_MIN, PORT_MAX = 1024, 65000  # of the first; the same as in infra/settings.py
PORTS = (
    "live page",
    "ClickHouse",
    "ClickHouse for analysts",
    "Kafka",
    "Kafka controller",
    "Redis",
    "Flink, votes",
    "Flink, semantics",
    "metrics",
    "supervisor",
    "HTTP intake",
)


def check_ports(here: Checkout, *, fatal: bool) -> Iterator[Problem]:
    """Eleven free ports on 127.0.0.1, unless this checkout's own stack holds them."""
    if here.stack_runs():
        return
    base = here.port_base
    if base not in range(PORT_MIN, PORT_MAX + 1):
        yield Problem(
            f"TUTTI_PORT_BASE={here.env.get('TUTTI_PORT_BASE')} is no port from {PORT_MIN} to "
            f"{PORT_MAX}: choose the first of eleven free ones."
        )
        return
    used = [f"{port} ({name})" for port, name in enumerate(PORTS, base) if port_is_used(port)]
    if used:
        yield Problem(
            f"In use on 127.0.0.1: {', '.join(used)}: stop what listens there, or choose eleven "
            f"others with TUTTI_PORT_BASE={base + 100}.",
            fatal,
        )


def port_is_used(port: int) -> bool:
    """Whether something listens on the port; a connection that is closing does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False

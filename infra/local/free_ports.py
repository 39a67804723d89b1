"""Free ports for a stack that runs beside others on this machine."""

import random
import socket
from typing import Final

PORTS: Final = 11
"""Ports of a stack, counted from its base."""
STEP: Final = 20
"""Between two bases: more than `PORTS`, so that stacks on neighbouring bases share none."""


def free_port_base() -> int:
    """A port with free ones for a stack behind it, below the range that the system hands out."""
    while True:
        base = random.SystemRandom().randrange(20_000, 32_000, STEP)
        try:
            for port in range(base, base + PORTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base

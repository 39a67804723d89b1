"""Free ports for a stack that runs beside others on this machine."""

import random
import socket


def free_port_base() -> int:
    """A port with nine free ones behind it, below the range that the system hands out."""
    while True:
        base = random.SystemRandom().randrange(20_000, 32_000, 10)
        try:
            for port in range(base, base + 10):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base

"""Ports for a stack beside others: eleven in a row that nobody uses."""

import random
import socket

from infra.config.settings import Settings
from infra.local.free_ports import PORTS, STEP, free_port_base


def test_a_range_with_a_used_port_is_passed_over(monkeypatch) -> None:
    free = free_port_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free + 7))
        choices, chance = iter([free, free]), random.SystemRandom.randrange
        monkeypatch.setattr(
            *(random.SystemRandom, "randrange"),
            lambda self, *bounds: next(choices, None) or chance(self, *bounds),
        )
        assert free_port_base() != free
        assert next(choices, None) is None


def test_two_stacks_on_different_bases_never_meet() -> None:
    settings = Settings(port_base=20_000)
    ports = [getattr(settings, name) for name in dir(Settings) if name.endswith("_port")]
    assert max(ports) - settings.port_base == PORTS - 1 < STEP


def test_all_ports_can_be_bound() -> None:
    base = free_port_base()
    assert base % STEP == 0
    assert 20_000 <= base < 32_000
    for port in range(base, base + PORTS):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))

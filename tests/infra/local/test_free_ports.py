"""Ports for a stack beside others: ten in a row that nobody uses."""

import random
import socket

from infra.local.free_ports import free_port_base


def test_a_range_with_a_used_port_is_passed_over(monkeypatch) -> None:
    free = free_port_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free + 7))
        choices = iter([free, free, free + 10 if free + 20 < 32_000 else free - 10])
        monkeypatch.setattr(random.SystemRandom, "randrange", lambda *_: next(choices))
        assert free_port_base() != free


def test_all_ten_ports_can_be_bound() -> None:
    base = free_port_base()
    assert base % 10 == 0
    assert 20_000 <= base < 32_000
    for port in range(base, base + 10):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))

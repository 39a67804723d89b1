"""A measurement's own stack is never somebody's real one."""

import pytest

from loadtests import own_stack
from operators.core.errors import TerminalError


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TUTTI_KAFKA_BROKERS", "kafka.example:9092"),
        ("TUTTI_CLICKHOUSE_URL", "https://clickhouse.example:8443"),
        ("TUTTI_REDIS_URL", "redis://redis.example:6379/0"),
    ],
)
def test_a_server_elsewhere_gets_none_of_our_votes(setting: str, value: str, monkeypatch) -> None:
    monkeypatch.setenv(setting, value)
    monkeypatch.setattr(own_stack.stack, "up", lambda *_: pytest.fail("a stack was started"))
    with pytest.raises(TerminalError, match=setting), own_stack.own_stack(print):
        pass

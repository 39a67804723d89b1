"""Load and evaluation are two commands; each measurement belongs to one of them."""

from loadtests.__main__ import app as load
from loadtests.evaluation.__main__ import app as evaluation


def names(app) -> set[str]:
    return {command.callback.__name__ for command in app.registered_commands}


def test_each_measurement_has_its_command() -> None:
    clustering = {"clusters", "semantics", "themes"}
    measurements = clustering | {"groups", "group_times", "encoder", "signals", "state"}
    assert names(evaluation) == measurements
    assert names(load) == {"run", "bulk", "http", "live", "replay", "capacity", "report"}

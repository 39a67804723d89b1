"""A quick sample of tests/faults on the stack that is there; `make prove` breaks everything."""

from faults.actions import redis_wrong_types, through_a_proxy, twin
from faults.drive import run
from faults.scenarios import Scenario
from faults.stage import Stage

RATE = 2_000


def everything_at_once(stage: Stage) -> list[str]:
    """Each twin is short, so that the whole test is."""
    twin("pipelines.sink.main", 4)(stage)
    redis_wrong_types(stage, 2)
    return through_a_proxy("cut", 6)(stage)


def test_cut_connections_a_second_sink_and_a_wrong_type_in_redis_change_no_number(stack):
    scenario = Scenario("bad neighbours", "quick", "nothing changes", everything_at_once)
    assert run(Stage(stack), scenario, rate=RATE)["wrong"] == []

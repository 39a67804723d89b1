import pytest
from confluent_kafka import KafkaException

from pipelines.flink.checkpoint_trigger import QUIET_S, Stillness, pause_s


@pytest.mark.parametrize(
    ("took_s", "longest_s", "pause"),
    [
        ([0.05] * 3, 1, 0.25),  # cheap: often, but not without end
        ([0.2, 0.2, 0.2], 1, 0.4),
        ([0.2, 0.2, 0.9], 1, 0.4),  # one that met a garbage collection
        ([0.2, 0.5, 0.5], 1, 1),
        ([3, 3, 3], 1, 1),  # dear: never later than was asked for
        ([0.05] * 3, 0.1, 0.1),
    ],
)
def test_the_pause_grows_with_what_a_checkpoint_costs(took_s, longest_s, pause):
    assert pause_s(took_s, longest_s) == pytest.approx(pause)


def test_a_job_that_reads_and_writes_nothing_is_still_until_something_comes():
    now, ends = [0.0], {("tutti.accepted-votes.v1", 0): 5}
    stillness = Stillness(lambda: dict(ends), lambda: now[0])
    assert not stillness.lasts()
    now[0] = QUIET_S
    assert stillness.lasts()
    ends["tutti.accepted-votes.v1", 0] += 1
    assert not stillness.lasts()
    now[0] += QUIET_S - 0.1
    assert not stillness.lasts()
    stillness.end()
    now[0] += QUIET_S - 0.1
    assert not stillness.lasts()


def test_while_kafka_does_not_tell_checkpoints_go_on():
    def silent() -> dict:
        raise KafkaException

    now = [0.0]
    stillness = Stillness(silent, lambda: now[0])
    now[0] = 10 * QUIET_S
    assert not stillness.lasts()

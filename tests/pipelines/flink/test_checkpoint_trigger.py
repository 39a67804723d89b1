import pytest

from pipelines.flink.checkpoint_trigger import pause_s


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

"""Everything can be counted again only from a log that has kept its beginning."""

import pytest

from pipelines.votes.accepted_log import all_from_zero


@pytest.mark.parametrize(
    ("watermarks", "whole"),
    [({0: (0, 7), 1: (0, 0)}, True), ({0: (0, 7), 1: (3, 9)}, False), ({0: (5, 5)}, False)],
)
def test_a_log_reaches_back_when_each_partition_begins_at_zero(watermarks, whole):
    assert all_from_zero(lambda: watermarks) is whole

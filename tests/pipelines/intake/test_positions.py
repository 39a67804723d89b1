"""Intake's books: offsets read = messages + offset_gaps, whatever the log holds."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.positions import Position


def test_a_gap_between_messages_is_a_hole():
    position = Position(0, 0)
    position.advance(0)
    position.advance(3)
    assert (position.next_offset, position.offset_gaps) == (4, 2)


def test_markers_behind_the_last_message_are_holes_too():
    position = Position(5, 1)
    position.advance(5)
    position.end(8)
    assert (position.next_offset, position.offset_gaps) == (8, 3)


@given(st.sets(st.integers(0, 500)), st.integers(501, 600))
def test_messages_and_holes_make_up_the_offsets(offsets, end):
    position = Position(0, 0)
    for offset in sorted(offsets):
        position.advance(offset)
    position.end(end)
    assert position.next_offset == end == len(offsets) + position.offset_gaps

"""The same evidence always gives the same name, other evidence another one."""

from pipelines.periodic.signal_ids import digest, signal_id


def test_a_name_does_not_depend_on_the_process():
    # Names are published: another one for the same evidence would be a second signal.
    assert signal_id("burst", "cities-2026", "p-1", 29_000_000) == "burst-d3e117fb9c8c"


def test_the_order_and_the_number_of_parts_count():
    names = {digest("a", "b"), digest("b", "a"), digest("a"), digest("a", "b", "c")}
    assert len(names) == 4


def test_the_kind_is_part_of_the_name():
    assert signal_id("burst", "c") != signal_id("identical", "c")

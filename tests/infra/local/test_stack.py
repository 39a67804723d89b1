import pytest

from infra.local.services import SERVICES
from infra.local.stack import NotReadyError

PART = {part.name: part for part in SERVICES}
FULL = "Terminating due to java.lang.OutOfMemoryError: GC overhead limit exceeded"


@pytest.mark.parametrize(
    ("part", "setting"),
    [("votes", "TUTTI_FLINK_HEAP_MB"), ("semantics", "TUTTI_SEMANTICS_HEAP_MB")],
)
def test_who_starts_a_part_whose_heap_is_full_is_told_which_setting_to_raise(part, setting):
    error = NotReadyError(PART[part], f"before\n{FULL}\nafter")
    assert f"Raise {setting}," in str(error)
    assert error.tail.startswith("before")


@pytest.mark.parametrize(("part", "tail"), [("votes", "another reason"), ("intake", FULL)])
def test_any_other_reason_is_in_the_log(part, tail):
    assert "the end of its log is above" in str(NotReadyError(PART[part], tail))

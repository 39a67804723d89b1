import pytest

from infra.local.services import SERVICES
from infra.local.stack import NotReadyError

SERVICE = {service.name: service for service in SERVICES}
FULL = "Terminating due to java.lang.OutOfMemoryError: GC overhead limit exceeded"


@pytest.mark.parametrize(
    ("service", "setting"),
    [("votes", "TUTTI_FLINK_HEAP_MB"), ("semantics", "TUTTI_SEMANTICS_HEAP_MB")],
)
def test_who_starts_a_part_whose_heap_is_full_is_told_which_setting_to_raise(service, setting):
    error = NotReadyError(SERVICE[service], f"before\n{FULL}\nafter")
    assert f"Raise {setting}," in str(error)
    assert error.tail.startswith("before")


@pytest.mark.parametrize(("service", "tail"), [("votes", "another reason"), ("intake", FULL)])
def test_any_other_reason_is_in_the_log(service, tail):
    assert "the end of its log is above" in str(NotReadyError(SERVICE[service], tail))

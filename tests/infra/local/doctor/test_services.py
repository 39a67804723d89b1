"""A service that is not ready, and a job without a checkpoint, are problems."""

import pytest
from patients import levels, patient, running

from infra.local.doctor.services import check_checkpoint, check_stack
from infra.local.services import SERVICES


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_a_service_that_is_not_ready_is_a_problem_that_names_its_log(tmp_path, service):
    found = {line.check: line for line in check_stack(running(patient(tmp_path), broken=service))}
    assert found[service].level == "problem"
    assert f"{service}.log" in found[service].cure
    assert levels(line for name, line in found.items() if name != service) == {"ok"}


def test_what_a_ready_service_warns_of_is_a_warning(tmp_path):
    who = running(patient(tmp_path))
    who.services[4].facts["warning"] = "Java collects garbage 98 % of the time."
    found = [line for line in check_stack(who) if line.level == "warning"]
    assert [(line.check, line.found) for line in found] == [
        (who.services[4].service, "Java collects garbage 98 % of the time.")
    ]


def test_a_fact_that_is_not_known_yet_is_not_told(tmp_path):
    who = running(patient(tmp_path))
    who.services[4].facts.update(freshness_ms=None, waiting=0)
    [found] = [line.found for line in check_stack(who) if line.check == who.services[4].service]
    assert "freshness" not in found
    assert "waiting 0" in found


def test_no_checkpoint_of_a_running_job_is_a_problem(tmp_path):
    who = patient(tmp_path)
    assert levels(check_checkpoint(who)) == {"ok"}
    assert levels(check_checkpoint(running(patient(tmp_path)))) == {"problem"}
    for count in ("votes/epoch-1", "semantics/epoch-1"):
        newest = who.settings.home / count / "checkpoints" / "job" / "chk-7"
        newest.mkdir(parents=True)
        (newest / "_metadata").touch()
    assert levels(check_checkpoint(who)) == {"ok"}

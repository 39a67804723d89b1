"""The doctor finds what is broken on purpose, says what to do, and changes nothing."""

import os
import socket

import pytest
from stack.conftest import free_port_base

from infra.config.settings import Settings
from infra.local import doctor
from infra.local.doctor import CHECKS, Finding, Patient, examine
from infra.local.services import SERVICES
from infra.local.status import ServiceStatus
from infra.local.supervisor import LOG_BACKUPS, LOG_BYTES, Supervisor
from operators.core.clock import system_clock


def patient(folder, **more) -> Patient:
    settings = Settings(**{"home": folder / "home", "port_base": free_port_base()} | more)
    return Patient(
        settings,
        os.environ | {"TUTTI_HOME": str(settings.home), "TUTTI_PORT_BASE": str(settings.port_base)},
    )


def levels(findings) -> set[str]:
    return {finding.level for finding in findings}


def running(who: Patient, *, broken: str = "") -> Patient:
    """As if the stack ran."""
    who.__dict__["services"] = [
        ServiceStatus(service.name, "RUNNING", service.name != broken, "", 1, 1, None, {})
        for service in SERVICES
    ]
    return who


def test_it_says_that_nothing_runs_and_checks_what_it_can(tmp_path):
    found = examine(patient(tmp_path))
    assert {"prerequisites", "packages", "jars", "ports", "disk", "memory", "secrets", "stack"} <= {
        finding.check for finding in found
    }
    assert "problem" not in levels(found), found
    [stack] = [finding for finding in found if finding.check == "stack"]
    assert (stack.level, stack.cure) == ("warning", "tutti up")
    assert not (tmp_path / "home").exists()


def test_every_finding_that_is_not_well_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "DISK_PROBLEM_BYTES", 10**18)
    found = examine(patient(tmp_path, jars=tmp_path / "none", flink_heap_mb=10**6))
    bad = [finding for finding in found if finding.level != "ok"]
    assert {finding.check for finding in bad} >= {"jars", "disk", "memory", "stack"}
    assert all(finding.cure for finding in bad)


def test_a_check_that_fails_is_a_problem_and_the_others_go_on(tmp_path, monkeypatch):
    def check_the_moon(_patient):
        raise OSError("too far")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (check_the_moon, doctor.check_memory))
    found = examine(patient(tmp_path))
    assert found[0] == Finding("the moon", "problem", "cannot be checked: OSError: too far")
    assert found[1].check == "memory"


def test_a_missing_archive_is_named(tmp_path):
    [found] = doctor.check_jars(patient(tmp_path, jars=tmp_path))
    assert found.level == "problem"
    assert ".jar" in found.found


def test_another_version_of_a_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "version", lambda _name: "0.0.1")
    [found] = doctor.check_packages(patient(tmp_path))
    assert found.level == "problem"
    assert "0.0.1 instead of" in found.found
    assert found.cure == "make setup"


def test_a_used_port_is_named(tmp_path):
    who = patient(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", who.settings.kafka_port))
        taken.listen()
        [found] = doctor.check_ports(who)
    assert found.level == "problem"
    assert str(who.settings.kafka_port) in found.found


def test_a_secret_that_others_can_read_is_a_problem(tmp_path):
    who = patient(tmp_path)
    folder = who.settings.home / "secrets"
    folder.mkdir(parents=True, mode=0o700)
    key = folder / "pseudonym.key"
    key.write_text("x" * 32)
    key.chmod(0o600)
    assert levels(doctor.check_secrets(who)) == {"ok"}
    key.chmod(0o640)
    [found] = doctor.check_secrets(who)
    assert found.level == "problem"
    assert str(key) in found.found
    assert "chmod" in found.cure


def test_logs_that_outgrow_their_rotation_are_a_warning(tmp_path, monkeypatch):
    who = patient(tmp_path)
    who.settings.logs.mkdir(parents=True)
    (who.settings.logs / "stray.log").write_bytes(b"x" * 100_000)
    assert levels(doctor.check_logs(who)) == {"ok"}
    monkeypatch.setattr(doctor, "LOG_BYTES", 10)
    assert levels(doctor.check_logs(who)) == {"warning"}


def test_the_log_of_every_part_is_rotated(tmp_path):
    configuration = Supervisor(Settings(home=tmp_path))._configuration()
    for service in SERVICES:
        program = configuration[f"program:{service.name}"]
        assert program["redirect_stderr"] == "true"
        assert int(program["stdout_logfile_maxbytes"]) == LOG_BYTES <= 10 * 2**20
        assert int(program["stdout_logfile_backups"]) == LOG_BACKUPS <= 3


def test_no_part_multiplies_matrices_on_more_than_one_thread(tmp_path):
    configuration = Supervisor(Settings(home=tmp_path))._configuration()
    for service in SERVICES:
        assert 'OPENBLAS_NUM_THREADS="1"' in configuration[f"program:{service.name}"]["environment"]


def test_growth_that_fills_the_disk_in_a_month_is_a_warning(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "secrets").mkdir(parents=True)
    key = home / "secrets" / "pseudonym.key"
    key.write_bytes(b"x" * 10_000_000)
    who = patient(tmp_path)
    day_later = key.stat().st_mtime * 1000 + 86_400_000
    who = Patient(who.settings, who.environment, lambda: int(day_later))
    free = 10_000_000_000

    def usage(_place):
        return type("Usage", (), {"free": free})

    monkeypatch.setattr(doctor.shutil, "disk_usage", usage)
    assert levels(doctor.check_disk(who)) == {"ok"}  # 10 MB a day
    key.write_bytes(b"x" * 10_000_000)
    monkeypatch.setattr(doctor, "_size", lambda _home: 1_000_000_000)
    os.utime(key, (day_later / 1000 - 86_400,) * 2)
    [found] = doctor.check_disk(who)
    assert found.level == "warning"
    assert "10 days" in found.found


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_a_part_that_is_not_ready_is_a_problem_that_names_its_log(tmp_path, service):
    found = {
        line.check: line for line in doctor.check_stack(running(patient(tmp_path), broken=service))
    }
    assert found[service].level == "problem"
    assert f"{service}.log" in found[service].cure
    assert levels(line for name, line in found.items() if name != service) == {"ok"}


def test_what_a_ready_part_warns_of_is_a_warning(tmp_path):
    who = running(patient(tmp_path))
    who.services[4].facts["warning"] = "Java collects garbage 98 % of the time."
    found = [line for line in doctor.check_stack(who) if line.level == "warning"]
    assert [(line.check, line.found) for line in found] == [
        (who.services[4].service, "Java collects garbage 98 % of the time.")
    ]


@pytest.mark.parametrize(
    ("ahead_ms", "level"), [(0, "ok"), (-900, "ok"), (1_500, "warning"), (-90_000, "problem")]
)
def test_clocks_that_differ(ahead_ms, level):
    assert doctor._clock("broker", ahead_ms).level == level


def test_no_checkpoint_of_a_running_job_is_a_problem(tmp_path):
    who = patient(tmp_path)
    assert levels(doctor.check_checkpoint(who)) == {"ok"}
    assert levels(doctor.check_checkpoint(running(patient(tmp_path)))) == {"problem"}
    for count in ("votes/epoch-1", "semantics/epoch-1"):
        newest = who.settings.home / count / "checkpoints" / "job" / "chk-7"
        newest.mkdir(parents=True)
        (newest / "_metadata").touch()
    assert levels(doctor.check_checkpoint(who)) == {"ok"}


def test_every_check_is_in_the_list():
    named = {name for name in vars(doctor) if name.startswith("check_")}
    assert named == {check.__name__ for check in CHECKS}
    assert system_clock() > 0

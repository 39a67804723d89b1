"""Installations that the doctor examines."""

import os
from pathlib import Path

from infra.config.settings import Settings
from infra.local.doctor.patient import Patient
from infra.local.free_ports import free_port_base
from infra.local.services import SERVICES
from infra.local.status import ServiceStatus


def patient(folder: Path, **more) -> Patient:
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

"""Ports: free, or taken by this stack."""

from collections.abc import Iterator

from infra.local.doctor.finding import Finding
from infra.local.doctor.patient import Patient
from infra.local.provision.ports import check_ports as provision_ports


def check_ports(patient: Patient) -> Iterator[Finding]:
    """Eleven free ports, as long as our own stack does not hold them."""
    settings = patient.settings
    ports = f"{settings.port_base} to {settings.port_base + 10}"
    if patient.runs:
        yield Finding("ports", "ok", f"{ports} are this stack's")
        return
    problems = list(provision_ports(patient.checkout, fatal=True))
    for problem in problems:
        found, _, cure = problem.sentence.rpartition(": ")
        yield Finding("ports", "problem", found, cure)
    if not problems:
        yield Finding("ports", "ok", f"{ports} on 127.0.0.1 are free")

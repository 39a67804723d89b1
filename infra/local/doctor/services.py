"""Services: each is ready, and the jobs have checkpoints."""

from collections.abc import Iterator
from datetime import UTC, datetime

from infra.local.doctor.finding import Finding
from infra.local.doctor.patient import Patient


def check_stack(patient: Patient) -> Iterator[Finding]:
    """Every service is ready: it answers, or its main loop has written a heartbeat lately."""
    if not patient.runs:
        yield Finding(
            "stack", "warning", "nothing runs, so its services cannot be asked", "tutti up"
        )
        return
    for service in patient.services:
        known = {name: value for name, value in service.facts.items() if value is not None}
        facts = ", ".join(f"{name} {value}" for name, value in known.items())
        if service.ready and "warning" in service.facts:
            yield Finding(
                service.service, "warning", service.facts["warning"], "see tutti status again"
            )
        elif service.ready:
            yield Finding(service.service, "ok", f"ready{f': {facts}' if facts else ''}")
        else:
            log = patient.settings.logs / f"{service.service}.log"
            yield Finding(
                service.service,
                "problem",
                f"{service.state.lower()}, not ready{f': {facts}' if facts else ''}",
                f"wait a moment or run tutti up; its log is {log}",
            )


def check_checkpoint(patient: Patient) -> Iterator[Finding]:
    """There are checkpoints from which the jobs can be resumed."""
    for service, done in (("votes", "counting begins"), ("semantics", "clustering begins")):
        folder = patient.settings.home / service
        times = [file.stat().st_mtime for file in folder.glob("*/checkpoints/*/chk-*/_metadata")]
        name = "checkpoint" if service == "votes" else f"checkpoint of {service}"
        if times:
            newest = datetime.fromtimestamp(max(times), UTC)
            yield Finding(name, "ok", f"the newest is of {newest:%Y-%m-%d %H:%M:%S} UTC")
        elif patient.ready(service):
            yield Finding(
                name, "problem", f"none in {folder}", f"see whether {service} may write there"
            )
        else:
            yield Finding(name, "ok", f"none yet: {done} with the first message")

"""All checks, in the order of the report; none changes anything.

Those that ask a running service say nothing while the stack is down: `check_stack` says that once.
"""

from typing import Final

from infra.local.doctor.clickhouse import check_clickhouse_addresses, check_migrations
from infra.local.doctor.clocks import check_clocks
from infra.local.doctor.disk import check_disk, check_logs
from infra.local.doctor.finding import Finding
from infra.local.doctor.installed import check_jars, check_packages, check_prerequisites
from infra.local.doctor.memory import check_memory
from infra.local.doctor.patient import Check, Patient
from infra.local.doctor.ports import check_ports
from infra.local.doctor.secrets import check_secrets
from infra.local.doctor.services import check_checkpoint, check_stack
from infra.local.doctor.topics import check_topics

CHECKS: Final[tuple[Check, ...]] = (
    check_prerequisites,
    check_packages,
    check_jars,
    check_ports,
    check_disk,
    check_memory,
    check_secrets,
    check_logs,
    check_checkpoint,
    check_stack,
    check_topics,
    check_clickhouse_addresses,
    check_migrations,
    check_clocks,
)


def examine(patient: Patient) -> list[Finding]:
    """Run every check; one that fails is a problem itself."""
    found: list[Finding] = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            found += check(patient)
        except Exception as error:  # noqa: BLE001 - the other checks may tell why
            found.append(
                Finding(name, "problem", f"cannot be checked: {type(error).__name__}: {error}")
            )
    return found

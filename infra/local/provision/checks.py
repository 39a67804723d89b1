"""Everything that is checked before anything is changed."""

from infra.local.provision.checkout import Checkout
from infra.local.provision.machine import check_folder, check_machine, check_memory
from infra.local.provision.ports import check_ports
from infra.local.provision.problem import Problem
from infra.local.provision.programs import check_java, check_maven, check_python

CHECKS = (check_machine, check_python, check_java, check_maven, check_memory, check_folder)


def problems(here: Checkout, *, ports_fatal: bool) -> list[Problem]:
    """Run every check and list everything that stands in the way."""
    found = [problem for check in CHECKS for problem in check(here)]
    return [*found, *check_ports(here, fatal=ports_fatal)]

"""The installation that is examined."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.local.doctor.finding import Finding
from infra.local.provision.checkout import Checkout
from infra.local.status import ServiceStatus, status
from operators.core.clock import Clock, system_clock


@dataclass(frozen=True)
class Patient:
    """What the checks look at."""

    settings: Settings
    environment: Mapping[str, str]
    clock: Clock = system_clock

    @cached_property
    def checkout(self) -> Checkout:
        """The checkout, as the set-up sees it."""
        return Checkout(CHECKOUT, {**self.environment, "TUTTI_HOME": str(self.settings.home)})

    @cached_property
    def services(self) -> list[ServiceStatus]:
        """Each service, asked once."""
        return status(self.settings)

    @property
    def runs(self) -> bool:
        """Whether a supervisor keeps the services."""
        return any(service.pid for service in self.services)

    def ready(self, service: str) -> bool:
        """Whether that service is ready."""
        return any(found.ready for found in self.services if found.service == service)


Check = Callable[[Patient], Iterator[Finding]]
"""A check yields findings and changes nothing."""

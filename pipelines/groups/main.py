"""The service of opinion groups, at low priority: counting comes first."""

from typing import Any, Final

import structlog

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.service.metrics import GROUPS
from infra.service.runner import run
from pipelines.groups.grouping import Grouping

NICE: Final = 10
POLL_S: Final = 0.5
UNAVAILABLE_S: Final = 2.0
READ_S: Final = 120
"""Longest wait for one answer of ClickHouse."""
MAX_RUN_S: Final = 600
"""Grouping one consultation that takes longer hangs."""

log = structlog.get_logger()


class GroupsService:
    """Groups what has changed; starts anew when ClickHouse has been unavailable."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._grouping: Grouping | None = None
        self._last_ms: int | None = None

    def step(self) -> float:
        """Group one consultation that has changed, if any."""
        try:
            if self._grouping is None:
                self._grouping = Grouping(connect(self._settings, timeout_s=READ_S))
            worked = self._grouping.step()
            self._last_ms = self._grouping.last_ms
        except (*ERRORS, ClickHouseUnavailableError) as error:
            log.warning("clickhouse_unavailable", error=type(error).__name__)
            self._grouping = None
            return UNAVAILABLE_S
        return 0.0 if worked else POLL_S

    def beat(self) -> dict[str, Any]:
        """How long the newest run took, ms; None: there was none."""
        return {"ready": True, "last_ms": self._last_ms}

    def close(self) -> None:
        """A run that is cut short is made anew after the next start."""


def main() -> None:
    """Run until told to stop."""
    run("groups", GroupsService, metrics=GROUPS, nice=NICE, longest_step_s=MAX_RUN_S)


if __name__ == "__main__":
    main()

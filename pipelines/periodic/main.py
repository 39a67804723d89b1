"""The service of periodic tasks, at low priority: counting comes first."""

from functools import partial
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from tenacity import retry, retry_if_exception_type, wait_fixed

from infra.clickhouse.client import ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.config.sources import RulesInForce
from infra.service.periodic_metrics import PERIODIC
from infra.service.runner import run
from operators.core.clock import system_clock
from pipelines.periodic.scheduler import Scheduler
from pipelines.periodic.tasks import tasks
from pipelines.verify.sync import sync
from schemas.dated_rules import DatedRules

NICE: Final = 10
POLL_S: Final = 0.5
ANSWER_S: Final = 300
"""Longest wait for one answer of ClickHouse."""
SYNC_S: Final = 60
"""Longest wait until all that was sent before a closing is counted; then the next tick tries."""
MAX_TICK_S: Final = 600
"""A tick that has been worked on for longer hangs."""


@retry(retry=retry_if_exception_type(ClickHouseUnavailableError), wait=wait_fixed(1.0))
def _connect(settings: Settings) -> Client:
    return connect(settings, timeout_s=ANSWER_S)


class PeriodicService:
    """Runs the tasks of each tick."""

    def __init__(self, settings: Settings) -> None:
        in_force = RulesInForce(settings)

        def rules() -> DatedRules:
            in_force.renewed()
            return in_force.rules

        every = tasks(rules, partial(sync, settings, SYNC_S))
        self._scheduler = Scheduler(every, lambda: _connect(settings), system_clock)

    def step(self) -> float:
        """Work on the newest tick, if it is due."""
        self._scheduler.step()
        return POLL_S

    def beat(self) -> dict[str, Any]:
        """The tick worked on last, ms since 1970."""
        return {"ready": True, "tick_ms": self._scheduler.newest_ms}

    def close(self) -> None:
        """A task that is cut short is repeated after the next start."""


def main() -> None:
    """Run until told to stop."""
    run("periodic", PeriodicService, metrics=PERIODIC, nice=NICE, longest_step_s=MAX_TICK_S)


if __name__ == "__main__":
    main()

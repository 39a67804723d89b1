"""What the operator page reads, and how often: from ClickHouse, and from this machine."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from infra.clickhouse import operator_page
from infra.clickhouse.arrivals import read_arrivals
from infra.clickhouse.client import ERRORS, connect
from infra.clickhouse.groups_report import read_newest_groups
from infra.config.settings import Settings
from operators.core.clock import Clock, system_clock
from pipelines.live.operator.headroom import StageWatch
from pipelines.live.operator.machine import read_machine
from pipelines.live.operator.readings import PacedReading
from schemas.reserved import PROBE_CONSULTATION

ANSWER_S = 60
"""Longest wait for one answer: counting people goes through all ballots."""
CONSENSUS = 3
"""Proposals that all groups agree on, of each consultation."""


class Clients:
    """A client of the operators' address for each thread."""

    def __init__(self, open_client: Callable[[], Client]) -> None:
        self._open = open_client
        self._of_thread = threading.local()

    def reading(self, read: Callable[[Client], Any]) -> Callable[[], Any]:
        """The same reading, with the client of the thread that it runs in."""

        def with_client() -> Any:
            client: Client | None = getattr(self._of_thread, "client", None)
            if client is None:
                client = self._of_thread.client = self._open()
            try:
                return read(client)
            except ERRORS:
                self._of_thread.client = None
                raise

        return with_client


def plans(settings: Settings, clock: Clock = system_clock) -> list[PacedReading]:
    """Everything that is read. What goes through all ballots rests longest."""
    reading = Clients(lambda: connect(settings, timeout_s=ANSWER_S)).reading
    watch = StageWatch()

    def now() -> datetime:
        return datetime.fromtimestamp(clock() / 1000, UTC)

    return [
        PacedReading("consultations", reading(operator_page.read_consultations), 0.5, 4, "votes"),
        PacedReading(
            "stages", reading(lambda c: watch.seen(operator_page.read_stages(c))), 1, 4, "votes"
        ),
        PacedReading("leaders", reading(operator_page.read_leaders), 1, 4, "tables"),
        PacedReading(
            "arrivals",
            reading(lambda c: read_arrivals(c, now(), PROBE_CONSULTATION)),
            *(2, 10, "tables"),
        ),
        PacedReading(
            "letters", reading(lambda c: operator_page.read_letters(c, now())), 2, 10, "tables"
        ),
        PacedReading(
            "refused by",
            reading(lambda c: operator_page.read_refused_by(c, now())),
            *(2, 10, "tables"),
        ),
        PacedReading("waiting", reading(operator_page.read_waiting), 3, 10, "tables"),
        PacedReading("signals", reading(operator_page.read_signals), 10, 20, "ballots"),
        PacedReading("people", reading(operator_page.read_people), 30, 50, "ballots"),
        PacedReading(
            "groups", reading(lambda c: read_newest_groups(c, CONSENSUS)), 30, 50, "tables"
        ),
        PacedReading("checks", reading(operator_page.read_differences), 60, 50, "ballots"),
        PacedReading("machine", lambda: read_machine(settings, clock), 2, 4, "machine"),
    ]

"""The tasks, in the order in which they run at each tick."""

from collections.abc import Callable

from clickhouse_connect.driver.client import Client

from pipelines.periodic import closings as closings_task
from pipelines.periodic import history_snapshots, stable_ranks, suggestions, traffic
from pipelines.periodic.bursts import scan_for_bursts
from pipelines.periodic.history_snapshots import take_snapshot
from pipelines.periodic.identical import scan_for_identical
from pipelines.periodic.publish import publish
from pipelines.periodic.scheduler import Task
from pipelines.periodic.stable_ranks import stabilise_ranks
from pipelines.periodic.suggestions import suggest
from schemas.dated_rules import DatedRules


def tasks(rules: Callable[[], DatedRules], counted: Callable[[], object]) -> tuple[Task, ...]:
    """All tasks.

    Args:
        rules: The dated rules as they are now; publications ask whether messages must be signed.
        counted: Returns when all that has been sent so far is in ClickHouse; results wait for it.
    """

    def publish_answered_for(clickhouse: Client, tick_ms: int) -> None:
        publish(clickhouse, tick_ms, rules().sources.signed_spans(tick_ms))

    shown = closings_task.ShownClosings(lambda: rules().closings, counted)

    return (
        Task(stable_ranks.TASK, stabilise_ranks),
        Task(closings_task.TASK, shown.show),
        Task("publish", publish_answered_for, waits=True),
        Task(history_snapshots.TASK, take_snapshot),
        Task("bursts", scan_for_bursts, waits=True),
        Task("identical", scan_for_identical, waits=True),
        Task(suggestions.TASK, suggest, waits=True),
        # Waits: what is not counted yet would look like silence.
        Task(traffic.TASK, traffic.TrafficGauges().measure, waits=True),
    )

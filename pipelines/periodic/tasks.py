"""The steps, in the order in which they run at each minute mark."""

from typing import Final

from pipelines.periodic import history_snapshots, stable_ranks, suggestions
from pipelines.periodic.history_snapshots import take_snapshot
from pipelines.periodic.bursts import scan_for_bursts
from pipelines.periodic.stable_ranks import stabilise_ranks
from pipelines.periodic.identical import scan_for_identical
from pipelines.periodic.scheduler import Step
from pipelines.periodic.publish import publish
from pipelines.periodic.suggestions import suggest

STEPS: Final[tuple[Step, ...]] = (
    Step(stable_ranks.STEP, stabilise_ranks),
    Step("publish", publish, waits=True),
    Step(history_snapshots.STEP, take_snapshot),
    Step("bursts", scan_for_bursts, waits=True),
    Step("identical", scan_for_identical, waits=True),
    Step(suggestions.STEP, suggest, waits=True),
)

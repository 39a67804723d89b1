"""The steps, in the order in which they run at each minute mark."""

from typing import Final

from pipelines.periodic import history_snapshots, stable_ranks, suggestions
from pipelines.periodic.history_snapshots import carry_base
from pipelines.periodic.bursts import look_for_bursts
from pipelines.periodic.stable_ranks import hold_ranks
from pipelines.periodic.identical import look_for_identical
from pipelines.periodic.scheduler import Step
from pipelines.periodic.publish import publish
from pipelines.periodic.suggestions import suggest

STEPS: Final[tuple[Step, ...]] = (
    Step(stable_ranks.STEP, hold_ranks),
    Step("publish", publish, waits=True),
    Step(history_snapshots.STEP, carry_base),
    Step("bursts", look_for_bursts, waits=True),
    Step("identical", look_for_identical, waits=True),
    Step(suggestions.STEP, suggest, waits=True),
)

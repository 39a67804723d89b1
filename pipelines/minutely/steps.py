"""The steps, in the order in which they run at each minute mark."""

from typing import Final

from pipelines.minutely import bases, held, suggestions
from pipelines.minutely.bases import carry_base
from pipelines.minutely.bursts import look_for_bursts
from pipelines.minutely.held import hold_ranks
from pipelines.minutely.identical import look_for_identical
from pipelines.minutely.marks import Step
from pipelines.minutely.publish import publish
from pipelines.minutely.suggestions import suggest

STEPS: Final[tuple[Step, ...]] = (
    Step(held.STEP, hold_ranks),
    Step("publish", publish, waits=True),
    Step(bases.STEP, carry_base),
    Step("bursts", look_for_bursts, waits=True),
    Step("identical", look_for_identical, waits=True),
    Step(suggestions.STEP, suggest, waits=True),
)

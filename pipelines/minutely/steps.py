"""The steps, in the order in which they run at each minute mark."""

from typing import Final

from pipelines.minutely.marks import Step
from pipelines.minutely.publish import publish

STEPS: Final[tuple[Step, ...]] = (Step("publish", publish),)

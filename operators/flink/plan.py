"""The compiled plan of the votes job: what its state is bound to.

Flink finds an operator's state again by the ids that stand in the compiled plan. So the plan is a
file of this repository, and the job runs that file, not what a planner makes of the SQL today.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

VERSION: Final = 1
"""Of the plan; a changed plan is a new file with the next number."""

EPOCH: Final = 424_242
"""Stands in the file where the epoch belongs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled plan.

    Attributes:
        version: Its number, for people.
        text: Flink's JSON, with `EPOCH` in the place of the epoch.
    """

    version: int
    text: str

    @property
    def sha256(self) -> str:
        """What identifies the plan beside an epoch's state."""
        return sha256(self.text.encode()).hexdigest()

    def of(self, epoch: int) -> str:
        """The plan that counts into an epoch."""
        return self.text.replace(str(EPOCH), str(epoch))


def current_plan() -> Plan:
    """The plan of this version of tutti."""
    file = files("operators.flink").joinpath(f"plans/votes-{VERSION}.json")
    return Plan(VERSION, file.read_text())

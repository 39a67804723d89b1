"""The compiled plan of the votes job: what its state is bound to.

Flink finds an operator's state again by the ids that stand in the compiled plan. So the plan is a
file of this repository, and the job runs that file, not what a planner makes of the SQL today.
Settings that Flink writes into a plan are left out: most may change without touching the state.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

VERSION: Final = 3
"""Of the plan; a changed plan is a new file with the next number.

So is a setting that changes the operators without changing the file, as the sinks' buffer did.
"""

EPOCH: Final = 424_242
"""Stands in the file where the epoch belongs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled plan.

    Attributes:
        version: Its number, for people.
        text: Flink's JSON without settings, with `EPOCH` in the place of the epoch.
    """

    version: int
    text: str

    @property
    def sha256(self) -> str:
        """What identifies the plan beside an epoch's state."""
        return sha256(f"{self.version}\n{self.text}".encode()).hexdigest()

    def of(self, epoch: int, mini_batch_ms: int) -> str:
        """The plan as Flink runs it.

        Args:
            epoch: What it counts into.
            mini_batch_ms: The longest time a change waits for others, ms.
        """
        plan = json.loads(self.text.replace(str(EPOCH), str(epoch)))
        for node in plan["nodes"]:
            if "miniBatchInterval" in node:
                node["miniBatchInterval"]["interval"] = mini_batch_ms
        return json.dumps(plan)


def for_file(compiled: str) -> str:
    """A freshly compiled plan as it stands in the file: what the state is bound to."""
    plan = json.loads(compiled)
    for node in plan["nodes"]:
        node.pop("configuration", None)
        if "miniBatchInterval" in node:
            node["miniBatchInterval"]["interval"] = 0
            node["description"] = node["type"]  # it repeats the interval
        # protects: no tombstone before a new value
        _send_new_rows_only(node)
    return json.dumps(plan, indent=1) + "\n"


def _send_new_rows_only(node: dict[str, Any]) -> None:
    """Let no sink be sent the row of before, which upsert-kafka writes as a tombstone.

    The planner asks for it because a sink's key is not exactly the key of its aggregate: the epoch,
    a constant, comes in addition. Who reads up to the tombstone would miss the cell for a moment.
    """
    if node["type"].startswith("stream-exec-global-group-aggregate"):
        node["generateUpdateBefore"] = False
    if node["type"].startswith("stream-exec-sink"):
        node["inputChangelogMode"].remove("UPDATE_BEFORE")


def current_plan() -> Plan:
    """The plan of this version of tutti."""
    file = files("operators.flink").joinpath(f"plans/votes-{VERSION}.json")
    return Plan(VERSION, file.read_text())

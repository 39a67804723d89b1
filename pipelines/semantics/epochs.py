"""Which epoch the semantics job works on, and from where.

Vectors of two encoders must never meet in one cluster, nor state of two versions of the rules. So
state belongs to a epoch, which notes what made it; another encoder, other rules or damaged
state begin the next one, at the start of the topic. A epoch is never begun twice.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from infra.config.settings import Settings
from operators.flink.checkpoints import checkpoints
from pipelines.votes.restore_policy import Check, RestorePlan, intact

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What decides what state means.

    Attributes:
        model: The encoder.
        method: Rules of clustering.
        layout: Version of the job's graph and state.
    """

    model: str
    method: str
    layout: str


def epoch_folder(settings: Settings, epoch: int) -> Path:
    """Where a epoch's state is."""
    return settings.home / "semantics" / f"epoch-{epoch}"


def epochs_with_folder(settings: Settings) -> set[int]:
    """The epochs that there is state of."""
    folders = (settings.home / "semantics").glob("epoch-*")
    return {int(folder.name.removeprefix("epoch-")) for folder in folders}


def choose(settings: Settings, maker: MadeBy, said: Iterable[int], check: Check) -> RestorePlan:
    """Go on with the newest epoch if it can be; otherwise begin another one.

    Args:
        settings: Where the state is.
        maker: What is running now.
        said: The epochs of which the output topics hold something.
        check: Finds damage.
    """
    said = set(said)
    newest = max(epochs_with_folder(settings) | said, default=0)
    folder = epoch_folder(settings, newest)
    known = made_by(folder)
    if newest and known == maker:
        if checkpoints(folder / "checkpoints"):
            checkpoint = intact(folder, check, log_is_whole=True)
            if checkpoint is not None:
                return RestorePlan(newest, checkpoint)
        elif newest not in said:
            return RestorePlan(newest, None)
    if newest:
        log.info("generation_begins", epoch=newest + 1, former=known and asdict(known))
    begun = epoch_folder(settings, newest + 1)
    begun.mkdir(parents=True)
    draft = begun / "made_by.draft"
    draft.write_text(json.dumps(asdict(maker)))
    draft.replace(begun / "made_by.json")
    return RestorePlan(newest + 1, None)


def made_by(folder: Path) -> MadeBy | None:
    """What made a epoch's state; None if that is not known."""
    try:
        noted: dict[str, Any] = json.loads((folder / "made_by.json").read_text())
        return MadeBy(**noted)
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None

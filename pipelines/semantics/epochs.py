"""Which epoch the semantics job works on, and from where.

Vectors of two encoders must never meet in one cluster, nor state of two versions of the rules. So
state belongs to an epoch, which records what made it; another encoder, other rules or damaged
state begin the next one, at the start of the topic. An epoch is never begun twice.

Within a job's epoch a consultation that changes its encoder is clustered anew under an epoch of its
own, the next number (`operators.core.clusters.clusterings`); the job's next epoch is above those.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from infra.config.settings import Settings
from infra.service.state_files import read_json, write_json
from operators.flink.checkpoints import checkpoints
from pipelines.flink.restore import DamageCheck, RestorePlan, intact

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What decides what state means.

    Attributes:
        model: The encoders that consultations may have, the default one first.
        method: Rules of clustering.
        layout: Version of the job's graph and state.
    """

    model: str
    method: str
    layout: str


@dataclass(frozen=True, slots=True)
class EmittedEpochs:
    """What the output topics hold.

    Attributes:
        of_jobs: The epochs of jobs that have emitted something.
        newest: The greatest epoch of all, consultations' own included; 0: nothing was emitted.
    """

    of_jobs: frozenset[int] = frozenset()
    newest: int = 0


def epoch_folder(settings: Settings, epoch: int) -> Path:
    """Where an epoch's state is."""
    return settings.home / "semantics" / f"epoch-{epoch}"


def epochs_with_folder(settings: Settings) -> set[int]:
    """The epochs that there is state of."""
    folders = (settings.home / "semantics").glob("epoch-*")
    return {int(folder.name.removeprefix("epoch-")) for folder in folders}


def choose(
    settings: Settings, maker: MadeBy, emitted: EmittedEpochs, check: DamageCheck
) -> RestorePlan:
    """Go on with the newest epoch if it can be; otherwise begin another one.

    Args:
        settings: Where the state is.
        maker: What is running now.
        emitted: The epochs of which the output topics hold something.
        check: Finds damage.
    """
    newest = max(epochs_with_folder(settings) | emitted.of_jobs, default=0)
    folder = epoch_folder(settings, newest)
    known = made_by(folder)
    if newest and known == maker:
        if checkpoints(folder / "checkpoints"):
            checkpoint = intact(folder, check, log_is_whole=True)
            if checkpoint is not None:
                return RestorePlan(newest, checkpoint)
        elif newest not in emitted.of_jobs:
            return RestorePlan(newest, None)
    following = max(newest, emitted.newest) + 1
    if newest:
        log.info("epoch_begins", epoch=following, former=known and asdict(known))
    begun = epoch_folder(settings, following)
    begun.mkdir(parents=True)
    write_json(begun / "made_by.json", asdict(maker))
    return RestorePlan(following, None)


def made_by(folder: Path) -> MadeBy | None:
    """What made an epoch's state; None if that is not known."""
    try:
        return MadeBy(**read_json(folder / "made_by.json"))
    except TypeError:
        return None

"""State of another encoder, of other rules, or damaged, is never gone on with."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.config.settings import Settings
from operators.flink.checkpoints import DamagedError
from pipelines.flink.checkpoint_records import record_completed, record_damage
from pipelines.flink.restore import RestorePlan
from pipelines.semantics.epochs import EmittedEpochs, MadeBy, choose, epoch_folder

MAKER = MadeBy("minilm/1", "clusters/1", "1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def emitted(*epochs: int) -> EmittedEpochs:
    return EmittedEpochs(frozenset(epochs), max(epochs))


def whole(path: Path, _folder: Path) -> None:
    if (path / "_metadata").read_bytes() != b"state":
        raise DamagedError("garbage")


def checkpoint(settings: Settings, epoch: int, number: int = 7) -> Path:
    path = epoch_folder(settings, epoch) / "checkpoints" / "job" / f"chk-{number}"
    path.mkdir(parents=True)
    (path / "_metadata").write_bytes(b"state")
    return path


def test_the_first_start_begins_generation_1_and_goes_on_with_it(settings):
    assert choose(settings, MAKER, EmittedEpochs(), whole) == RestorePlan(1, None)
    assert choose(settings, MAKER, EmittedEpochs(), whole) == RestorePlan(
        1, None
    )  # it died before saying anything
    newest = checkpoint(settings, 1)
    assert choose(settings, MAKER, emitted(1), whole) == RestorePlan(1, newest)


@pytest.mark.parametrize("what", ["model", "method", "layout"])
def test_another_maker_begins_the_next_generation(settings, what):
    choose(settings, MAKER, EmittedEpochs(), whole)
    checkpoint(settings, 1)
    other = replace(MAKER, **{what: "another"})
    assert choose(settings, other, emitted(1), whole) == RestorePlan(2, None)
    assert choose(settings, MAKER, emitted(1, 2), whole) == RestorePlan(
        3, None
    )  # never one of before


def test_what_has_said_something_and_lost_its_state_is_not_begun_again(settings):
    choose(settings, MAKER, EmittedEpochs(), whole)
    assert choose(settings, MAKER, emitted(1), whole) == RestorePlan(2, None)
    assert choose(settings, MAKER, emitted(1, 5), whole) == RestorePlan(6, None)


def test_a_damaged_or_older_checkpoint_is_not_gone_on_with(settings):
    choose(settings, MAKER, EmittedEpochs(), whole)
    path = checkpoint(settings, 1)
    (path / "_metadata").write_bytes(b"garbage")
    assert choose(settings, MAKER, emitted(1), whole) == RestorePlan(2, None)
    older = checkpoint(settings, 2, 3)
    record_completed(4, epoch_folder(settings, 2) / "checkpoints" / "job")
    assert choose(settings, MAKER, emitted(1, 2), whole) == RestorePlan(3, None)
    record_damage(older, epoch_folder(settings, 2))
    newest = checkpoint(settings, 3)
    assert choose(settings, MAKER, emitted(1, 2, 3), whole) == RestorePlan(3, newest)


def test_epochs_of_consultations_are_passed_over_and_not_gone_on_with(settings):
    choose(settings, MAKER, EmittedEpochs(), whole)
    newest = checkpoint(settings, 1)
    beside = EmittedEpochs(frozenset({1}), newest=3)  # a consultation has changed its encoder twice
    assert choose(settings, MAKER, beside, whole) == RestorePlan(1, newest)
    assert choose(settings, replace(MAKER, method="another"), beside, whole) == RestorePlan(4, None)

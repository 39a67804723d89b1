"""A damaged or lost checkpoint: never a wrong number, never a start without end."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stack.conftest import Stack
from stack.test_rebuild import Crowd, all_is_right, reading, shown, total, wait_for

from infra.local.epochs import epoch_folder
from operators.flink.checkpoints import checkpoints, state_files
from pipelines.exchange.send import Sender

# One of them in every run; each takes the time of a restart and a recount.
PROVE = pytest.mark.prove


def deleted(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint)


def overwritten(checkpoint: Path) -> None:
    metadata = checkpoint / "_metadata"
    metadata.write_bytes(b"\x93" * metadata.stat().st_size)


def overwritten_after_the_header(checkpoint: Path) -> None:
    metadata = checkpoint / "_metadata"
    metadata.write_bytes(metadata.read_bytes()[:8] + b"\x7f" * metadata.stat().st_size)


def cut_off(checkpoint: Path) -> None:
    metadata = checkpoint / "_metadata"
    metadata.write_bytes(metadata.read_bytes()[: metadata.stat().st_size // 2])


def newest_state(checkpoint: Path) -> Path:
    return max(
        (file.path for file in state_files((checkpoint / "_metadata").read_bytes())),
        key=lambda path: path.stat().st_mtime_ns,
    )


def state_missing(checkpoint: Path) -> None:
    newest_state(checkpoint).unlink()


def state_short(checkpoint: Path) -> None:
    newest_state(checkpoint).write_bytes(b"")


def state_garbage(checkpoint: Path) -> None:
    """Found only when Flink tries."""
    file = newest_state(checkpoint)
    file.write_bytes(b"\xff" * file.stat().st_size)


def changelog_lost(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint.parent.parent.parent / "changelog")


@pytest.mark.parametrize(
    "damage",
    [
        overwritten,
        *(
            pytest.param(kind, marks=PROVE)
            for kind in (
                deleted,
                overwritten_after_the_header,
                cut_off,
                state_missing,
                state_short,
                state_garbage,
                changelog_lost,
            )
        ),
    ],
)
def test_damage_is_counted_anew_and_no_number_steps_back(
    stack: Stack, damage: Callable[[Path], None]
) -> None:
    consultation = f"damage-{damage.__name__}"
    sender = Sender(stack.settings)
    for number in range(200):
        sender.send("votes", Crowd(stack, consultation, 1).vote(number))
    assert not sender.finish().failed
    stack.sync()
    before = shown(stack)
    with reading(stack, consultation):
        assert total(stack, consultation) == 200
        stack.kill("votes")
        damage(checkpoints(epoch_folder(stack.settings, before) / "checkpoints")[0])
        wait_for(lambda: shown(stack) > before)
        all_is_right(stack, consultation, 200)

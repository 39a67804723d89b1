"""The manifest of an encoder: its files, how they are used, for which languages.

It is a TOML file beside the files that it names. Unknown fields are refused, so that a misspelt
one is not silently replaced by a default.
"""

import json
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from operators.core.clusters import normalise
from operators.core.errors import TerminalError

NAME: Final = "manifest.toml"
MAX_BYTES: Final = 65_536
ENCODING: Final = "1"
"""Raise it when `OnnxEncoder` computes other vectors from the same files and texts."""

Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")]
Line = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f]{1,300}\Z")]
FileName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
Cosine = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class _ManifestTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a manifest; unknown fields are refused."""


class File(_ManifestTable, frozen=True):
    """A file beside the manifest.

    Attributes:
        file: Its name, without a folder.
        sha256: Its checksum in hexadecimal; empty: not recorded yet, so it is not loaded.
    """

    file: FileName
    sha256: Digest = ""


class Directions(File, frozen=True):
    """The file of an encoder's language directions.

    Attributes:
        learnt_from: Digest of the sentences from which they were learnt.
    """

    learnt_from: Line | None = None


class Calibration(_ManifestTable, frozen=True):
    """Cosines that a consultation begins with, until it has enough proposals of its own.

    Attributes:
        t_micro: Cosine from which two proposals say nearly the same.
        t_macro: Cosine from which two proposals are about the same topic.
    """

    t_micro: Cosine
    t_macro: Cosine


class SelfTest(_ManifestTable, frozen=True):
    """What the encoder made of a text when its files were recorded.

    Attributes:
        text: The text.
        vector: The first components of its vector.
    """

    text: Line
    vector: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=4096)]


class Manifest(_ManifestTable, frozen=True):
    """One sentence encoder.

    Attributes:
        name: Short name, e.g. ``all-minilm-l6-v2``.
        source: Where its weights come from, in words.
        licence: SPDX identifier of the weights' licence.
        languages: Primary languages (ISO 639) that it was made for.
        dimension: Length of a vector.
        max_tokens: Longer texts are cut here, special tokens included.
        pooling: How the vectors of the tokens become one: their mean, the first one (``cls``), or
            the graph does it itself (``none``).
        normalise: Whether vectors are divided by their length; false: the graph does.
        onnx: The graph with its weights. Inputs: ``input_ids``, and if it asks for them
            ``attention_mask`` and ``token_type_ids``. The first output is used.
        tokenizer: File of the ``tokenizers`` library.
        calibration: Cosines that clusters begin with.
        prefix: Put in front of each text, for encoders that were trained so.
        licence_text: File of the licence's text, where it has to go with the weights.
        notes: What users should know.
        directions: Language directions (`models.directions`) that are taken away from each vector.
        self_test: A recorded vector.
    """

    name: Word
    source: Line
    licence: Line
    languages: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{2,3}\Z")], ...],
        msgspec.Meta(min_length=1, max_length=200),
    ]
    dimension: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    max_tokens: Annotated[int, msgspec.Meta(ge=4, le=8192)]
    pooling: Literal["mean", "cls", "none"]
    normalise: bool
    onnx: File
    tokenizer: File
    calibration: Calibration
    prefix: Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f]{0,100}\Z")] = ""
    licence_text: FileName | None = None
    notes: Line | None = None
    directions: Directions | None = None
    self_test: SelfTest | None = None

    @property
    def recorded(self) -> bool:
        """Whether the checksums of all files are known."""
        return all(file.sha256 for file in self.files)

    @property
    def files(self) -> tuple[File, ...]:
        """What it is loaded from: graph, tokenizer, and language directions if there are any."""
        files = (self.onnx, self.tokenizer)
        return files if self.directions is None else (*files, self.directions)

    @property
    def model(self) -> str:
        """Name and version; the version is a digest of everything that a vector depends on."""
        decisive = [
            *(self.onnx.sha256, self.tokenizer.sha256, self.dimension, self.max_tokens),
            *(self.pooling, self.normalise, self.prefix, normalise.METHOD, ENCODING),
        ]
        if self.directions is not None:
            decisive.append(self.directions.sha256)
        return f"{self.name}/{sha256(json.dumps(decisive).encode()).hexdigest()[:6]}"


def path_of(place: Path) -> Path:
    """The manifest's path, from this path or from the manifest's folder."""
    return place / NAME if place.is_dir() else place


def read(place: Path) -> Manifest:
    """Read a manifest.

    Args:
        place: The file, or the folder that holds it as ``manifest.toml``.

    Raises:
        TerminalError: There is no manifest, or it is not valid.
    """
    path = path_of(place)
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise TerminalError(f"{path} is no manifest: it is longer than {MAX_BYTES} bytes.")
        return parse(text)
    except FileNotFoundError:
        raise TerminalError(
            f"There is no encoder at {path}: run make setup, or let TUTTI_MODEL name a manifest."
        ) from None
    except OSError as error:
        raise TerminalError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise TerminalError(f"{path}: {error}: mend the manifest.") from None


def parse(text: bytes) -> Manifest:
    """Decode and check a manifest.

    Raises:
        ValueError: The text is no TOML, or no valid manifest.
    """
    manifest = msgspec.convert(tomllib.loads(text.decode()), Manifest)
    if manifest.calibration.t_macro > manifest.calibration.t_micro:
        raise ValueError("t_macro must not be above t_micro - at `$.calibration`")
    test = manifest.self_test
    if test is not None and len(test.vector) > manifest.dimension:
        raise ValueError("more components than dimension - at `$.self_test.vector`")
    return manifest


def render(manifest: Manifest) -> str:
    """Write a manifest as TOML; `parse` reads it back."""
    fields = msgspec.to_builtins(manifest)
    values = {name: value for name, value in fields.items() if value is not None}
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    lines = [f"{name} = {_toml(value)}" for name, value in values.items() if name not in tables]
    for table, content in tables.items():
        given = {key: value for key, value in content.items() if value is not None}
        lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in given.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A value as TOML: JSON writes strings, numbers, flags and lists of them as TOML does."""
    return json.dumps(value, ensure_ascii=False)

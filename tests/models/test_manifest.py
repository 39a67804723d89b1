"""Manifests are checked strictly, and say in one sentence what is wrong."""

import re
from pathlib import Path

import msgspec
import pytest
from tiny_encoders import Tiny

from models.export import TEMPLATES
from models.manifest import parse, read, render
from operators.core.errors import TerminalError

TEXT = render(Tiny(Path("nowhere")).manifest())


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_manifest_of_the_repository_is_valid_and_named_as_its_file(path: Path) -> None:
    manifest = read(path)
    assert manifest.name == path.stem
    assert manifest.recorded == (manifest.self_test is not None), "pinned wholly, or not at all"


def test_the_default_is_recorded_where_it_is_made() -> None:
    assert not read(TEMPLATES / "all-minilm-l6-v2.toml").recorded


def test_a_manifest_that_was_written_is_read_back() -> None:
    manifest = parse(TEXT.encode())
    odd = msgspec.structs.replace(manifest, prefix='say "ü\\n": ', source="≠ 'x' # no comment")
    assert parse(render(odd).encode()) == odd


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("pooling", "poling", "unknown field `poling`"),
        ('"cls"', '"max"', "$.pooling"),
        ("dimension = 5", "dimension = 0", "$.dimension"),
        ("dimension = 5", 'dimension = "5"', "$.dimension"),
        ("dimension = 5", "dimension = 5.0", "$.dimension"),
        ("max_tokens = 16", "max_tokens = 3", "$.max_tokens"),
        ('"tiny.onnx"', '"../tiny.onnx"', "$.onnx.file"),
        ('"tiny.onnx"', '"/tiny.onnx"', "$.onnx.file"),
        ('sha256 = ""', 'sha256 = "abc"', "$.onnx.sha256"),
        ('["en", "mt"]', "[]", "$.languages"),
        ('["en", "mt"]', '["English"]', "$.languages"),
        ("t_micro = 0.9", "t_micro = 0.7", "t_macro must not be above t_micro"),
        ("t_micro = 0.9", "t_micro = nan", "$.calibration.t_micro"),
        ('name = "tiny"', 'name = "Tiny!"', "$.name"),
        ("normalise = true", "normalise = 1", "$.normalise"),
        ("[calibration]", "[calibration", "Expected"),
        ('name = "tiny"\n', "", "missing required field `name`"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    path = tmp_path / "manifest.toml"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(TerminalError) as error:
        read(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b""])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.toml").write_bytes(content)
    with pytest.raises(TerminalError):
        read(tmp_path)


def test_a_missing_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="make setup"):
        read(tmp_path)


def test_the_version_changes_with_all_that_changes_vectors_and_with_nothing_else() -> None:
    manifest = parse(TEXT.encode())
    assert re.fullmatch(r"tiny/[0-9a-f]{6}", manifest.model)
    digest = "0" * 64
    change = msgspec.structs.replace
    for other in (
        change(manifest, pooling="mean"),
        change(manifest, prefix=""),
        change(manifest, normalise=False),
        change(manifest, max_tokens=17),
        change(manifest, onnx=change(manifest.onnx, sha256=digest)),
        change(manifest, tokenizer=change(manifest.tokenizer, sha256=digest)),
    ):
        assert other.model != manifest.model
    same = change(manifest, notes="read me", languages=("fr",), licence="MIT")
    assert same.model == manifest.model

"""The measurement of an encoder reads texts, counts costs, and notices unequal vectors."""

from pathlib import Path

import numpy as np
import pytest
from tiny_encoders import Tiny
from typer.testing import CliRunner

from loadtests.evaluation.__main__ import app
from loadtests.evaluation.encoder_cost import CALLS, measure, read_texts
from models.load import load
from operators.core.errors import TerminalError


def test_every_size_of_a_call_is_measured(tmp_path: Path) -> None:
    costs = measure(load(Tiny(tmp_path / "tiny").write()), ["more trees"] * 200)
    assert [cost.call for cost in costs] == list(CALLS)
    assert all(cost.same and cost.cpu_ms > 0 for cost in costs)


def test_vectors_that_depend_on_their_neighbours_are_noticed() -> None:
    class Careless:
        model, dimension = "careless/0", 1

        def encode(self, texts):
            return np.full((len(texts), 1), 1 + len(texts) * 1e-6, np.float32)

    assert [cost.same for cost in measure(Careless(), ["a"] * 64)] == [True, False, False, False]


def test_texts_come_from_the_first_column_or_from_the_demo(tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text('text,category\n"a, b",x\nc,y\nd,z\n')
    assert read_texts(file, 2) == ["a, b", "c"]
    assert len(read_texts(None, 500)) == 500
    for content in ("text\n", ""):
        file.write_text(content)
        with pytest.raises(TerminalError, match="holds no texts"):
            read_texts(file, 5)
    with pytest.raises(TerminalError, match="cannot be read"):
        read_texts(tmp_path / "nowhere", 5)


def test_the_command_measures_the_encoder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTTI_MODEL", str(Tiny(tmp_path / "tiny").write() / "manifest.toml"))
    done = CliRunner().invoke(app, ["encoder", "--count", "20"])
    assert done.exit_code == 0, done.output
    assert "tiny/" in done.output

"""Data sets with labels are read from CSV and JSON, always in the same order."""

import json
from pathlib import Path

import pytest

from loadtests.evaluation.labelled_texts import FILES, many, read
from operators.core.errors import TerminalError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [(f"text {n}", f"topic {n % 2}") for n in range(5)]
    lines = ["text,category", *(",".join(row) for row in rows)]
    (tmp_path / FILES["banking77"]).write_text("\n".join(lines))
    (tmp_path / FILES["clinc150"]).write_text(json.dumps({"train": [["no", "no"]], "test": rows}))
    return tmp_path


def test_both_formats_give_the_same_texts_in_one_shuffled_order(folder: Path) -> None:
    one, other = (read(folder, name) for name in FILES)
    assert (one.texts, one.topics) == (other.texts, other.topics)
    assert one.texts == ["text 2", "text 4", "text 3", "text 0", "text 1"]
    assert one.topics == ["topic 0", "topic 0", "topic 1", "topic 0", "topic 1"]


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=r"banking77_test\.csv is missing"):
        read(tmp_path, "banking77")


def test_many_texts_differ_by_their_endings(folder: Path) -> None:
    texts = many(folder, 23)
    assert len(texts) == 23
    assert texts[10] == f"{texts[0]}, in district 1"
    assert len(set(texts[5:10] + texts[10:15])) == 10

"""The generated documents are fresh and complete; what is written by hand in them stays."""

import pytest
from places import CHECKOUT

from docs.generate.documents import FILES, NEEDS_CLICKHOUSE, PARTS, documents, pages

REFERENCE = CHECKOUT / "docs" / "reference"
FRESH = documents()


@pytest.mark.parametrize("file", FRESH, ids=lambda file: file.name)
def test_a_generated_document_is_fresh(file):
    assert file.read_text("utf-8") == FRESH[file](), "run: make documents"


def test_every_part_has_one_place():
    placed = sorted(name for names in pages().values() for name in names)
    assert placed == sorted([*PARTS, *NEEDS_CLICKHOUSE])


def test_every_page_of_the_reference_but_its_index_is_generated():
    by_hand = {"index.md"}
    generated = {file.name for file in (*pages(), *(CHECKOUT / name for name in FILES))}
    assert {file.name for file in REFERENCE.iterdir()} - by_hand <= generated


def test_what_is_written_by_hand_stays(tmp_path):
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("# By hand\n\n<!-- generated: flow -->\nold\n<!-- /generated -->\n\nBy hand.\n")
    text = documents({"flow": lambda: "new\n"}, tmp_path)[page]()
    assert text.startswith("# By hand\n\n<!-- generated: flow -->\n\nnew\n\n<!-- /generated -->\n")
    assert text.endswith("\n\nBy hand.\n")
    assert "old" not in text

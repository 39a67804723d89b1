import re
from functools import partial

from places import CHECKOUT

from docs.generate.documents import PARTS, documents
from docs.generate.views import dictionary
from infra.clickhouse.views import view_names

FILE = CHECKOUT / "docs" / "reference" / "dictionary.md"


def test_the_data_dictionary_is_fresh(clickhouse):
    fresh = documents({**PARTS, "dictionary": partial(dictionary, clickhouse)})[FILE]()
    assert FILE.read_text("utf-8") == fresh, "run: make documents"


def test_every_column_of_every_view_says_what_it_means(clickhouse):
    rows = re.findall(r"^\| `\w+` \| (.*) \| .+ \|$", dictionary(clickhouse), re.MULTILINE)
    assert len(rows) > 100
    assert all(meaning.strip() for meaning in rows)


def test_every_view_is_in_it():
    text = FILE.read_text(encoding="utf-8")
    for name in view_names():
        if not name.startswith("tutti."):
            assert f"\n## {name}" in text, name

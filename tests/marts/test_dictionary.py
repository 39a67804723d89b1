from infra.clickhouse.dictionary import FILE, dictionary
from infra.clickhouse.views import view_names


def test_the_data_dictionary_is_fresh(clickhouse):
    assert FILE.read_text(encoding="utf-8") == dictionary(clickhouse), "run: make documents"


def test_every_column_of_every_view_says_what_it_means(clickhouse):
    for line in dictionary(clickhouse).splitlines():
        if line.startswith("| `"):
            assert line.rsplit("|", 2)[1].strip(), line


def test_every_view_is_in_it():
    text = FILE.read_text(encoding="utf-8")
    for name in view_names():
        if not name.startswith("tutti."):
            assert f"\n## {name}" in text, name

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.live import languages as subject
from pipelines.live.languages import LANGUAGES, choose, language

HERE = Path(subject.__file__).parent
MOMENT = datetime(2026, 5, 1, 20, 5, tzinfo=UTC)


def texts() -> set[str]:
    """Everything that is looked up in a catalogue."""
    found = set()
    for file in sorted((HERE / "templates").iterdir()):
        found |= set(re.findall(r'_\(\s*"([^"]+)"', file.read_text()))
    found |= set(re.findall(r'self\.text\("([^"]+)"', (HERE / "languages.py").read_text()))
    return found | set(
        re.findall(r'^    \d+: "([^"]+)"', (HERE / "app.py").read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_a_catalogue_has_every_text_and_no_other(code):
    assert language(code).texts.keys() == texts()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_text_is_filled_in_with_the_same_values(code):
    for english, translated in language(code).texts.items():
        names = sorted(re.findall(r"\{(\w+)\}", english))
        assert sorted(re.findall(r"\{(\w+)\}", translated)) == names, translated


def test_texts_are_looked_for_where_they_are():
    assert {"Consultations", "Country unknown", "Data as of {moment}"} <= texts()
    assert len(texts()) > 80


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "*", "en"),
        (None, ";;;q=x,,", "en"),
        (None, "x" * 100_000, "en"),
        ("en", "de", "en"),
        ("../de", "", "en"),
    ],
)
def test_a_language_is_chosen_by_the_address_then_by_the_browser(asked, accepted, expected):
    assert choose(asked, accepted).code == expected


def test_numbers_dates_and_countries_are_written_as_in_the_language():
    english = language("en")
    assert english.number(1234567) == "1,234,567"
    assert english.percent(0.8356) == "83.6%"
    assert english.percent(0.8356, 0) == "84%"
    assert english.percent(None) == "–"
    assert english.interval(0.5, 0.75) == "50.0% – 75.0%"
    assert english.moment(MOMENT) == "1 May 2026, 20:05 UTC"
    assert english.moment(None) == "–"
    assert english.country("GR") == "Greece"
    assert english.country("XX") == "Several countries together"
    assert english.country("ZZ") == "Country unknown"
    assert english.country("Q?") == "Q?"
    assert english.language("pt-BR") == "Portuguese"
    assert english.language("x-elvish") == "x-elvish"

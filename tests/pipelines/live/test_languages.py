import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operators.core.clusters.language import EUROPEAN_UNION
from pipelines.live import languages as subject
from pipelines.live.languages import LANGUAGES, choose, language

HERE = Path(subject.__file__).parent
MOMENT = datetime(2026, 5, 1, 20, 5, tzinfo=UTC)
COUNTRIES = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip


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


def test_no_text_needs_a_plural():
    """Counts stand beside their words, never in a sentence: what is filled in is none."""
    filled = {name for text in texts() for name in re.findall(r"\{(\w+)\}", text)}
    assert filled == {"country", "day", "moment"}


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


def test_the_pages_speak_every_official_language_of_the_union():
    assert sorted(LANGUAGES) == sorted(EUROPEAN_UNION)
    assert LANGUAGES[0] == "en"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_found_by_the_address_and_by_the_browser(code):
    assert choose(code, "fr").code == code
    assert choose(None, f"{code}-ZZ,{code};q=0.9,en;q=0.1").code == code


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_countries_of_the_union_have_names_in_every_language(code):
    assert language(code).name
    for country in COUNTRIES:
        assert language(code).country(country) not in {"", country}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_sentence_is_left_in_english(code):
    for english, translated in language(code).texts.items():
        if english.endswith("."):
            assert translated != english


@pytest.mark.parametrize("code", ["et", "ga", "lt", "lv", "mt"])
def test_a_share_in_a_text_is_written_as_the_number_beside_it(code):
    """This would fail if a text said "95 %" where the language's numbers say "95%"."""
    written = language(code).percent(0.95, 0)
    for english, translated in language(code).texts.items():
        assert translated.count(written) == english.count("95 %"), translated


@pytest.mark.parametrize(
    ("code", "number", "share", "moment", "greece"),
    [
        ("et", "1\xa0234\xa0567", "83,6%", "1. mai 2026, 20:05 UTC", "Kreeka"),
        ("ga", "1,234,567", "83.6%", "1 Beal 2026, 20:05 UTC", "an Ghréig"),
        ("lt", "1\xa0234\xa0567", "83,6\xa0%", "2026-05-01, 20:05 UTC", "Graikija"),
        ("lv", "1\xa0234\xa0567", "83,6%", "2026. gada 1. maijs, 20:05 UTC", "Grieķija"),
        ("mt", "1,234,567", "83.6%", "01 Mej 2026, 20:05 UTC", "il-Greċja"),
    ],
)
def test_small_languages_have_numbers_and_dates_of_their_own(code, number, share, moment, greece):
    spoken = language(code)
    assert spoken.number(1234567) == number
    assert spoken.percent(0.8356) == share
    assert spoken.moment(MOMENT) == moment
    assert spoken.country("GR") == greece

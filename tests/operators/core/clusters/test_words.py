"""What a topic is called."""

import pytest
import stopwordsiso

from operators.core.clusters.labels import LENGTH, shortened, terms
from operators.core.clusters.language import EUROPEAN_UNION
from operators.core.clusters.words import words


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "We don't need MORE roads, but night-trains!", ("roads", "night-trains")),
        ("fr", "L’énergie qu’on gaspille, aujourd'hui", ("énergie", "gaspille")),
        ("it", "L'acqua dell'Europa", ("acqua", "europa")),
        ("de-AT", "Die Straßen in den Städten", ("straßen", "städten")),
        ("el", "Περισσότερα δέντρα στις πόλεις", ("δέντρα", "πόλεις")),
        ("bg", "Повече дървета в града", ("дървета", "града")),
        ("mt", "l-Ewropa u tal-baħar", ("ewropa", "baħar")),
        ("", "the 2030 goals", ("the", "goals")),
    ],
)
def test_words_are_what_a_text_is_about(language: str, text: str, expected) -> None:
    found = words(text, language)
    assert set(expected) <= set(found)
    assert not {"we", "the 2030", "l", "die", "in", "στις", "в", "2030"} & set(found)


@pytest.mark.parametrize("code", sorted(set(EUROPEAN_UNION) - {"mt"}))
def test_the_union_s_languages_but_maltese_have_stop_words(code: str) -> None:
    some = sorted(w for w in stopwordsiso.stopwords(code) if w.isalpha() and len(w) > 1)[:50]
    assert not set(words(" ".join(some), code)) & set(some)


def test_terms_stay_until_others_are_clearly_better() -> None:
    weighted = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0, "e": 1.9, "f": 1.8}
    assert terms(weighted) == ("a", "b", "c", "d", "e")
    assert terms(weighted, ("a", "b", "c", "d", "f")) == ("a", "b", "c", "d", "f")
    assert terms(weighted | {"g": 9.0}, ("a", "b", "c", "d", "f")) == ("g", "a", "b", "c", "d")
    assert terms(weighted, ("a", "gone")) == ("a", "b", "c", "d", "e")


def test_a_label_is_one_line_of_bounded_length() -> None:
    assert shortened("Short\nand  sweet") == "Short and sweet"
    assert len(shortened("word " * 100)) <= LENGTH
    assert shortened("x" * 200) == "x" * (LENGTH - 1) + "…"

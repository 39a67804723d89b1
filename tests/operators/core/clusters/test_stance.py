"""The opposite-stance guard: near in meaning is not the same wish."""

import pytest

from operators.core.clusters.stance import stance
from operators.core.clusters.stance_cues import CUES

OPPOSITE = [
    ("en", "Build more nuclear power plants", "Build fewer nuclear power plants"),
    ("en", "We should ban cars in city centres", "We should not ban cars in city centres"),
    ("en", "Keep the wealth tax", "Abolish the wealth tax"),
    ("en", "Allow glyphosate", "Don’t allow glyphosate"),
    ("fr", "Construire plus de centrales nucléaires", "Construire moins de centrales nucléaires"),
    ("fr", "Subventionner la chasse", "Ne plus subventionner la chasse"),
    ("fr", "Augmenter la TVA", "Baisser la TVA"),
    ("fr", "Autoriser la chasse", "Interdire la chasse"),
    ("de", "Mehr Windräder bauen", "Weniger Windräder bauen"),
    ("de", "Ein Tempolimit einführen", "Kein Tempolimit einführen"),
    ("de", "Die Steuern erhöhen", "Die Steuern senken"),
    ("es", "Subir los impuestos", "Bajar los impuestos"),
    ("es", "Permitir la caza", "No permitir la caza"),
    ("it", "Aumentare le tasse", "Ridurre le tasse"),
    ("it", "Costruire centrali nucleari", "Non costruire centrali nucleari"),
    ("nl", "Meer kerncentrales bouwen", "Minder kerncentrales bouwen"),
    ("nl", "Vuurwerk toestaan", "Vuurwerk verbieden"),
    ("pt", "Aumentar os impostos", "Reduzir os impostos"),
    ("pt", "Construir mais barragens", "Não construir mais barragens"),
    ("pl", "Więcej elektrowni jądrowych", "Mniej elektrowni jądrowych"),
    ("pl", "Podnieść podatki", "Obniżyć podatki"),
]
SAME = [
    ("en", "🚲🚲🚲", "Trees 🌳"),
    ("en", "🌳", "1 2 3"),
    ("en", "Reduce noise at night", "Stop noise at night"),
    ("en", "Never ban hunting", "Allow hunting"),
    ("en", "Not only cities need trains", "Cities need trains"),
    ("fr", "Plus de trains de nuit", "Davantage de trains de nuit"),
    ("fr", "Non seulement les villes ont besoin de trains", "Les villes ont besoin de trains"),
    ("de", "Plastik verbieten", "Kein Plastik mehr"),
    ("es", "No a la caza", "Prohibir la caza"),
    ("it", "Vietare la caccia", "Abolire la caccia"),
    ("nl", "Minder vliegtuigen", "Geen vliegtuigen"),
    ("pt", "Proibir a caça", "Acabar com a caça"),
    ("pl", "Zakazać polowań", "Nie dla polowań"),
]


@pytest.mark.parametrize(("language", "one", "other"), OPPOSITE)
def test_a_text_and_its_contrary_are_told_apart(language: str, one: str, other: str) -> None:
    assert stance(one, language, other, language) == "opposite"
    assert stance(other, language, one, language) == "opposite"


@pytest.mark.parametrize(("language", "one", "other"), SAME)
def test_two_ways_to_want_one_thing_are_the_same(language: str, one: str, other: str) -> None:
    assert stance(one, language, other, language) == "same"


def test_stances_compare_across_languages() -> None:
    assert stance("Ban hunting", "en", "Jagd verbieten", "de-AT") == "same"
    assert stance("Ban hunting", "en", "Jagd erlauben", "de") == "opposite"


def test_a_language_without_a_table_is_unclear_unless_the_text_is_the_same() -> None:
    assert stance("Mer tåg", "sv", "Färre tåg", "sv") == "unclear"
    assert stance("Mer tåg", "sv", "mer TÅG!", "sv") == "same"
    assert stance("More trains", "", "Fewer trains", "") == "unclear"


def test_contraries_that_are_neither_for_nor_against_are_unclear() -> None:
    assert stance("Tax the rich", "en", "Tax the poor", "en") == "unclear"


def test_too_many_turns_are_unclear() -> None:
    assert stance("Do not stop reducing limits", "en", "Limits", "en") == "unclear"


def test_the_tables_are_lower_case_and_without_repeats() -> None:
    for cues in CUES.values():
        for word in cues.negations | cues.only | cues.against:
            assert word == word.casefold()
        assert not cues.negations & cues.against
        assert len(cues.contraries) > 8
        assert all(one and other for one, other in cues.contraries)

"""Languages: declared ones win, short texts are recognised or left unknown."""

import subprocess
import sys
import tomllib

import pytest
from places import CHECKOUT, FIXTURES

from operators.core.clusters.language import EUROPEAN_UNION, OTHERS, language_of, primary

TEXTS: dict[str, list[str]] = tomllib.loads((FIXTURES / "languages.toml").read_text())


def test_the_24_official_languages_are_covered() -> None:
    assert sorted(TEXTS) == sorted(EUROPEAN_UNION)
    assert len(TEXTS) == 24


def test_of_short_texts_19_in_20_are_recognised_and_hardly_one_is_taken_for_another() -> None:
    answers = [(code, language_of(text)) for code, texts in TEXTS.items() for text in texts]
    right = sum(code == answer for code, answer in answers)
    wrong = [(code, answer) for code, answer in answers if answer not in {code, ""}]
    assert right / len(answers) >= 0.95
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("code", EUROPEAN_UNION)
def test_several_sentences_are_recognised_in_every_official_language(code: str) -> None:
    assert language_of(". ".join(TEXTS[code])) == code


@pytest.mark.parametrize("text", ["", "ok", "Nej", "NATO", "12345 678", "👍👍👍", "CO2 -5 %"])
def test_what_says_too_little_is_unknown(text: str) -> None:
    assert language_of(text) == ""


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        ("fr", "fr"),
        ("PT-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("en-x-us", "en-x-us"),
        ("und", "de"),
        ("", "de"),
    ],
)
def test_a_declared_language_wins_and_a_tag_of_none_does_not(declared: str, answer: str) -> None:
    assert language_of("Mehr Radwege in der Stadt", declared) == answer


def test_the_primary_language_is_what_stop_words_go_by() -> None:
    assert [primary(tag) for tag in ("pt-BR", "DE", "")] == ["pt", "de", ""]


def test_another_process_gives_the_same_answers() -> None:
    program = (
        "import sys, tomllib; from operators.core.clusters.language import language_of;"
        "print([language_of(t) for ts in tomllib.load(sys.stdin.buffer).values() for t in ts])"
    )
    with (FIXTURES / "languages.toml").open("rb") as texts:
        emitted = subprocess.run(
            [sys.executable, "-c", program],
            stdin=texts,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    here = [language_of(text) for texts in TEXTS.values() for text in texts]
    assert emitted.strip() == str(here)


def test_no_language_is_listed_twice() -> None:
    assert len({*EUROPEAN_UNION, *OTHERS}) == len(EUROPEAN_UNION) + len(OTHERS)

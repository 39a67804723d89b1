"""The directions are learnt from our own sentences, and hold on others."""

import csv
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from infra.config.folders import MODELS
from loadtests.evaluation.partition_agreement import agree
from models.directions import read, without
from models.export import TEMPLATES
from models.manifest import read as read_manifest
from models.onnx_encoder import OnnxEncoder
from models.sentences.learn import (
    FOLDER,
    NUMBER,
    bare,
    digest,
    directions,
    learn,
    translations,
)
from operators.core.clusters.average_link import average_link
from operators.core.clusters.fixed_point import SCALE, centred, quantise
from operators.core.clusters.language import EUROPEAN_UNION, language_of
from operators.core.clusters.thresholds import calibrate

NAME = "multilingual-e5-small"
SIB_SENTENCES = 40
"""Of each language: a sixteenth of a second of CPU for each text in all of them."""

STORED = TEMPLATES / f"{NAME}.directions.npy"


@pytest.fixture(scope="module")
def without_directions() -> OnnxEncoder:
    """The multilingual encoder, its directions not taken away."""
    if not (MODELS / NAME / "manifest.toml").exists():
        pytest.skip(f"the encoder {NAME} is not here: make setup makes it")
    return bare(MODELS / NAME)


@pytest.fixture(scope="module")
def own(without_directions: OnnxEncoder) -> np.ndarray:
    """Vectors of our sentences (languages, sentences, dimension)."""
    return np.array([without_directions.encode(each) for each in translations().values()])


class Judged:
    """Texts in several languages, some of which say the same."""

    def __init__(self, vectors: np.ndarray, contents: list[int], languages: list[str]) -> None:
        self.vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        self.contents, self.languages = np.array(contents), np.array(languages)
        self.same = self.contents[:, None] == self.contents[None, :]

    @property
    def retrieved(self) -> float:
        """How often the nearest text of another language is the translation."""
        order = np.argsort(self.contents, kind="stable")
        of = {c: self.vectors[order][self.languages[order] == c] for c in set(self.languages)}
        found = [
            np.mean((of[one] @ of[other].T).argmax(axis=1) == np.arange(len(of[one])))
            for one, other in permutations(sorted(of), 2)
        ]
        return float(np.mean(found))

    @property
    def in_own_language(self) -> float:
        """How often the nearest text that says something else is of the same language."""
        cosines = np.where(self.same, -9, self.vectors @ self.vectors.T)
        return float(np.mean(self.languages[cosines.argmax(axis=1)] == self.languages))

    def clusters(self) -> np.ndarray:
        """As they are formed of all at once."""
        whole = np.array([quantise(vector) for vector in self.vectors])
        wide = centred(whole, np.rint(whole.sum(0, dtype=np.float64) / len(whole)))
        floor = calibrate(wide).macro * SCALE**2
        return average_link(wide @ wide.T, np.ones(len(wide), np.int64), floor)


def test_every_language_has_the_same_contents_and_none_is_there_twice():
    texts = translations()
    assert tuple(texts) == EUROPEAN_UNION
    assert {len(each) for each in texts.values()} == {40}
    for language, sentences in texts.items():
        assert len(set(sentences)) == 40, language
        assert all(
            20 < len(sentence) <= 120 and sentence.strip() == sentence for sentence in sentences
        )


@pytest.mark.parametrize("language", EUROPEAN_UNION)
def test_the_sentences_are_of_the_language_that_their_file_names(language: str):
    found = [language_of(sentence) for sentence in translations()[language]]
    assert found.count(language) >= 36, sorted(set(found))


def test_files_of_different_lengths_are_refused(tmp_path: Path):
    (tmp_path / "de.txt").write_text("eins\nzwei\n")
    (tmp_path / "en.txt").write_text("one\n")
    with pytest.raises(ValueError, match="different numbers of lines"):
        translations(tmp_path)


def test_a_difference_of_languages_is_found_and_taken_away():
    draws = np.random.default_rng(5)
    contents, languages = draws.normal(size=(40, 32)), draws.normal(size=(6, 32))
    vectors = contents[None] + 3 * languages[:, None]
    found = directions(vectors.mean(axis=1), 5)
    assert found.shape == (5, 32)
    left = without(vectors.reshape(-1, 32).astype(np.float32), found).reshape(6, 40, 32)
    np.testing.assert_allclose(left - left[0], 0, atol=1e-4)


def test_their_signs_do_not_depend_on_the_library():
    means = np.random.default_rng(6).normal(size=(8, 12))
    for found in (directions(means, 4), directions(means[::-1], 4)):
        np.testing.assert_array_equal(found, directions(means, 4))
        assert (found[np.arange(4), np.abs(found).argmax(axis=1)] > 0).all()


def test_the_stored_directions_are_those_of_the_sentences_in_the_repository():
    manifest = read_manifest(TEMPLATES / f"{NAME}.toml")
    assert manifest.directions is not None
    assert manifest.directions.learnt_from == digest(translations()), (
        f"sentences have changed: python -m models.sentences.learn build/models/{NAME}"
    )
    assert read(STORED.read_bytes(), manifest.dimension).shape == (NUMBER, manifest.dimension)
    assert FOLDER.name == "sentences"


def test_learning_again_gives_the_stored_directions(own: np.ndarray):
    again = directions(own.mean(axis=1, dtype=np.float64))
    stored = read(STORED.read_bytes(), own.shape[2])
    # Another processor may turn directions whose lengths are nearly equal: what they span counts.
    np.testing.assert_allclose(again.T @ again, stored.T @ stored, atol=1e-3)


def test_learn_takes_the_means_of_the_languages(without_directions: OnnxEncoder):
    some = {language: texts[:2] for language, texts in list(translations().items())[:3]}
    means = [
        without_directions.encode(texts).mean(axis=0, dtype=np.float64) for texts in some.values()
    ]
    np.testing.assert_array_equal(
        learn(without_directions, some, 2), directions(np.array(means), 2)
    )


def test_learnt_from_one_half_they_hold_on_the_other(own: np.ndarray):
    learnt, judged = own[:, ::2], own[:, 1::2]
    found = directions(learnt.mean(axis=1, dtype=np.float64))
    rows = judged.reshape(-1, own.shape[2])
    places = list(range(judged.shape[1])) * len(judged)
    languages = np.repeat(EUROPEAN_UNION, judged.shape[1]).tolist()
    before, after = (Judged(vectors, places, languages) for vectors in (rows, without(rows, found)))
    assert after.retrieved >= 0.95
    assert after.retrieved >= before.retrieved
    assert after.in_own_language <= 0.25 < before.in_own_language


@pytest.fixture(scope="module")
def sib(without_directions: OnnxEncoder, shared_data: Path) -> Judged:
    """Sentences of SIB-200 in 24 languages, which others wrote."""
    file = shared_data / "text" / "sib200" / "train_dev.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    numbers = sorted({int(row["sentence"]) for row in rows})
    kept = set(numbers[:: len(numbers) // SIB_SENTENCES][:SIB_SENTENCES])
    rows = [row for row in rows if int(row["sentence"]) in kept]
    vectors = without_directions.encode([row["text"] for row in rows])
    return Judged(
        without(vectors, read(STORED.read_bytes(), vectors.shape[1])),
        [int(row["sentence"]) for row in rows],
        [row["language"] for row in rows],
    )


def test_on_texts_of_others_translations_are_neighbours_and_languages_are_not(sib: Judged):
    assert sib.retrieved >= 0.95
    assert sib.in_own_language <= 0.25


def test_on_texts_of_others_translations_are_clustered_together_and_not_by_language(sib: Judged):
    clusters = sib.clusters()
    together = clusters[:, None] == clusters[None, :]
    pairs = np.triu(sib.same, 1)
    assert together[pairs].mean() >= 0.95
    assert agree(sib.languages.tolist(), clusters.tolist()).nmi <= 0.03

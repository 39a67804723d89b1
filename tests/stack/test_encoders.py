"""Encoders through the real stack: each consultation has its own, and may change it."""

import json
import random
from pathlib import Path

import pytest

from infra.config.folders import MODELS
from infra.config.settings import Settings
from models import sentences
from models.choice import ENGLISH, MULTILINGUAL
from models.load import load
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.language import language_of
from pipelines.exchange.send import Sender
from pipelines.semantics.encoder import InstalledEncoders

pytestmark = pytest.mark.skipif(
    not all((MODELS / name / "manifest.toml").is_file() for name in (ENGLISH, MULTILINGUAL)),
    reason="the encoders are not there: make setup makes them",
)

LANGUAGES = ("de", "en", "fr")
EMOJI = ("👍", "🌳🌳🚲", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ")
FOLDER = Path(sentences.__file__).parent


def translations() -> list[tuple[str, str, str]]:
    """Proposals in three languages, as id, language and text, shuffled; one id ends in both."""
    texts = {code: (FOLDER / f"{code}.txt").read_text().splitlines() for code in LANGUAGES}
    found = [
        (f"{number}-{code}", code, text)
        for code, lines in texts.items()
        for number, text in enumerate(line for line in lines if line.strip())
    ]
    random.Random(2).shuffle(found)
    return found


def english() -> list[tuple[str, str, str]]:
    return [row for row in translations() if row[1] == "en"]


def announce(stack, consultation, languages):
    event = {"consultation_id": consultation, "title": consultation, "languages": languages}
    deliver(stack, "consultations", [event])


def propose(stack, consultation, rows):
    events = [
        {
            "consultation_id": consultation,
            "proposal_id": proposal,
            "text": text,
            "submitted_at": "2026-05-01T12:00:00Z",
        }
        | ({"language": language} if language else {})
        for proposal, language, text in rows
    ]
    deliver(stack, "proposals", events)


def deliver(stack, kind, events):
    sender = Sender(stack.settings)
    for event in events:
        sender.send(kind, json.dumps(event).encode())
    sender.finish()


def members(stack, consultation):
    return stack.rows(
        "SELECT proposal_id, cluster_id, similarity, model FROM marts.cluster_members"
        " WHERE consultation_id = %(c)s ORDER BY proposal_id",
        c=consultation,
    )


@pytest.fixture(scope="module")
def european(stack):
    announce(stack, "european", list(LANGUAGES))
    stack.sync()
    propose(stack, "european", translations() + [(f"e{n}", "", t) for n, t in enumerate(EMOJI)])
    stack.sync_clusters()
    return members(stack, "european")


def test_translations_of_one_proposal_are_neighbours(stack, european):
    assert {model.split("/")[0] for *_, model in european} == {MULTILINGUAL}
    for number in (0, 7, 20):
        [found] = stack.rows(
            "SELECT groupArray(other) FROM (SELECT b.proposal_id AS other FROM marts.vectors AS a"
            " INNER JOIN marts.vectors AS b ON a.consultation_id = b.consultation_id"
            " WHERE a.consultation_id = 'european' AND a.proposal_id = %(p)s"
            " AND b.proposal_id != a.proposal_id"
            " ORDER BY cosineDistance(a.vector, b.vector) LIMIT 2)",
            p=f"{number}-fr",
        )
        assert sorted(found[0]) == [f"{number}-de", f"{number}-en"]
    cluster = {proposal: where for proposal, where, *_ in european}
    together = sum(
        cluster[f"{number}-fr"] == cluster[f"{number}-de"] == cluster[f"{number}-en"]
        for number in range(40)
    )
    assert together >= 36


def test_a_text_of_any_language_finds_its_translations(stack, european):
    text = next(text for proposal, _, text in translations() if proposal == "3-de")
    found = stack.json("similar", "european", text, "--limit", "3")
    assert {row["proposal_id"] for row in found} == {"3-de", "3-en", "3-fr"}


def test_clusters_say_their_languages_and_what_cannot_be_read_stands_apart(stack, european):
    shown = stack.json("clusters", "european", "--limit", "1000")["rows"]
    apart = [row for row in shown if row["kind"] == "unreadable"]
    assert [row["size"] for row in apart] == [len(EMOJI)]
    assert sum(row["languages"] == sorted(LANGUAGES) for row in shown) > 0
    where = {proposal: cluster for proposal, cluster, *_ in european}
    assert {where[f"e{n}"] for n in range(len(EMOJI))} == {apart[0]["cluster_id"]}


def test_english_alone_has_the_members_that_its_encoder_gives(stack, european):
    announce(stack, "english", ["en"])
    stack.sync()
    propose(stack, "english", english())
    stack.sync_clusters()
    encoder = load(MODELS / ENGLISH)
    defaults = InstalledEncoders(Settings()).thresholds(ENGLISH)
    clusters = Clusters("english", encoder.model, encoder.dimension, defaults)
    expected = {}
    for offset, (proposal, language, text) in enumerate(english()):
        item = Item("english", proposal, text, language_of(text, language), "accepted", offset)
        for assignment in clusters.on_item(item, encoder.encode([text])[0]).assignments:
            expected[assignment.proposal_id] = (assignment.cluster_id, assignment.similarity)
    assert members(stack, "english") == [
        (proposal, *expected[proposal], encoder.model) for proposal in sorted(expected)
    ]


def test_another_language_clusters_all_anew_and_no_kill_changes_that(stack, european):
    announce(stack, "grown", ["en"])
    stack.sync()
    propose(stack, "grown", english())
    stack.sync_clusters()
    assert {model.split("/")[0] for *_, model in members(stack, "grown")} == {ENGLISH}
    announce(stack, "grown", list(LANGUAGES))
    stack.sync()
    stack.kill("semantics")
    stack.sync_clusters()
    announce(stack, "from-the-beginning", list(LANGUAGES))
    stack.sync()
    propose(stack, "from-the-beginning", english())
    stack.sync_clusters()
    grown = members(stack, "grown")
    assert grown == members(stack, "from-the-beginning")
    assert {model.split("/")[0] for *_, model in grown} == {MULTILINGUAL}
    rows = stack.rows("SELECT count() FROM marts.clusters WHERE consultation_id = 'grown'")
    assert rows == [(len({cluster for _, cluster, *_ in grown}),)]

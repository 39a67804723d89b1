"""Topics through the real stack: edits, rejections, repeats; no kill and no Redis changes them."""

import json
import random
from collections import Counter

import psutil
import pytest
from redis import Redis

from infra.config.settings import Settings
from infra.local.redis_server import ADMINISTRATOR, administrator_password
from pipelines.exchange.send import Sender

PLACES = ["school", "station", "river", "library", "market", "park", "museum", "hospital"]
WISHES = ["more trees at the", "a night bus to the", "free water in the", "longer hours of the"]

pytestmark = pytest.mark.skipif(
    not Settings().model.is_file(), reason="the encoder is not there: make setup makes it"
)


def messages(consultation):
    """Arrivals; then one edit, one rejection and some repeats."""
    texts = [f"We need {wish} {place} {n}" for n in range(6) for wish in WISHES for place in PLACES]
    random.Random(1).shuffle(texts)
    sent = [(f"p{n}", text, "accepted") for n, text in enumerate(texts)]
    edit = ("p3", "Cheaper tickets for the opera, please", "accepted")
    return [*sent[:120], edit, ("p4", sent[4][1], "refused"), *sent[10:20], *sent[120:]]


def send(stack, consultation, some):
    sender = Sender(stack.settings)
    for proposal, text, status in some:
        event = {
            "consultation_id": consultation,
            "proposal_id": proposal,
            "text": text,
            "status": status,
            "submitted_at": "2026-05-01T12:00:00Z",
        }
        sender.send("proposals", json.dumps(event).encode())
    sender.finish()


def members(stack, consultation):
    return stack.rows(
        "SELECT proposal_id, cluster_id, cluster_id_at_arrival, similarity, theme_id, theme_label"
        " FROM marts.cluster_members AS members"
        " INNER JOIN marts.clusters AS clusters USING (consultation_id, cluster_id)"
        " WHERE consultation_id = %(c)s ORDER BY proposal_id",
        c=consultation,
    )


@pytest.fixture(scope="module")
def undisturbed(stack):
    send(stack, "calm", messages("calm"))
    stack.sync_clusters()
    return members(stack, "calm")


def test_edits_refusals_and_repeats_are_in_the_views(stack, undisturbed):
    found = {proposal: cluster for proposal, cluster, *_ in undisturbed}
    assert len(found) == 191
    assert "p4" not in found
    [[text]] = stack.rows(
        "SELECT text FROM marts.cluster_members"
        " WHERE consultation_id = 'calm' AND proposal_id = 'p3'"
    )
    assert text == "Cheaper tickets for the opera, please"
    shown = stack.json("clusters", "calm", "--limit", "1000")
    assert shown["proposals"] == sum(row["size"] for row in shown["rows"]) == 191
    assert shown["clusters"] == len(shown["rows"]) == len(set(found.values()))


def test_every_cluster_is_in_a_theme_that_opens_into_it(stack, undisturbed):
    theme_of = {cluster: theme for _, cluster, _, _, theme, _ in undisturbed}
    themes = Counter(theme for *_, theme, _ in undisturbed)
    assert "" not in themes
    assert 1 < len(themes) <= 10
    assert min(themes.values()) > 1
    shown = stack.json("clusters", "calm", "--limit", "1000")
    assert {row["theme_id"]: row["size"] for row in shown["themes"]} == themes
    largest = shown["themes"][0]
    opened = stack.json("clusters", "calm", "--theme", largest["theme_id"], "--limit", "1000")
    inside = {row["cluster_id"] for row in opened["rows"]}
    assert inside == {c for c, theme in theme_of.items() if theme == largest["theme_id"]}
    assert len(inside) == largest["clusters"]


def test_proposals_near_to_a_text_are_found_with_their_stance(stack, undisturbed):
    found = stack.json("similar", "calm", "We do not need more trees at the school", "--limit", "3")
    assert len(found) == 3
    assert all("trees at the school" in row["text"] for row in found)
    assert {row["stance"] for row in found} == {"opposite"}


def test_a_kill_in_the_middle_changes_no_assignment(stack, undisturbed):
    some = messages("killed")
    send(stack, "killed", some[:90])
    stack.sync_clusters()
    send(stack, "killed", some[90:])
    stack.kill("semantics")
    stack.sync_clusters()
    assert members(stack, "killed") == undisturbed


def test_without_redis_and_with_another_content_of_it_nothing_changes(stack, undisturbed):
    some = messages("uncached")
    send(stack, "uncached", some[:60])
    stack.kill("redis")
    send(stack, "uncached", some[60:110])
    stack.sync_clusters()
    Redis(
        port=stack.settings.redis_port,
        username=ADMINISTRATOR,
        password=administrator_password(stack.settings),
    ).flushall()
    send(stack, "uncached", some[110:])
    stack.sync_clusters()
    assert members(stack, "uncached") == undisturbed


def test_flinks_python_listens_nowhere_else(stack, undisturbed):
    process = psutil.Process(stack.pid("semantics"))
    for member in [process, *process.children(recursive=True)]:
        for connection in member.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip in {"127.0.0.1", "::ffff:127.0.0.1"}, connection

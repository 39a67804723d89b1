"""Topics in the views: members, agreement that is never pooled, duplicates, epochs."""

import json
import re
from math import sqrt

import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies
from places import CHECKOUT

from infra.clickhouse.state import lag_of_new_clusterings
from operators.core.clusters.cluster_agreement import cluster_agreement

BALLOTS = {"a": (90, 5), "b": (60, 30), "c": (10, 85), "d": (3, 0), "e": (0, 0), "f": (7, 7)}
AT_MS = 1_780_000_000_000


def insert_clusters(
    clickhouse, consultation, members, *, epoch=1, offset=10, version=1, themes=None
):
    """Clusters of these members, as the sink writes them: proposal → cluster → theme and words."""
    of = themes or {}
    for table, columns, rows in (
        (
            "assignments",
            ["proposal_id", "cluster_id", "cluster_id_at_arrival", "similarity", "model"],
            [[proposal, cluster, "c9", 0.5, "toy/1"] for proposal, cluster in members.items()],
        ),
        (
            "clusters",
            ["cluster_id", "label", "terms", "size", "theme_id", "theme_terms"],
            [
                [cluster, f"label of {cluster}", ["one", "two"], n, *of.get(cluster, ("", []))]
                for cluster in sorted(set(members.values()) - {""})
                for n in [sum(other == cluster for other in members.values())]
            ],
        ),
        ("cluster_progress", ["offset", "model", "proposals"], [[offset, "toy/1", len(members)]]),
    ):
        clickhouse.insert(
            table,
            [[epoch, consultation, AT_MS, version, *row] for row in rows],
            column_names=["epoch", "consultation_id", "at_ms", "version", *columns],
            database="tutti",
        )


@pytest.fixture(scope="module")
def topics(clickhouse):
    insert_consultation(clickhouse, "topics")
    insert_proposals(clickhouse, "topics", list(BALLOTS))
    members = dict.fromkeys("abcde", "c1") | {"f": "c2"}
    insert_clusters(clickhouse, "topics", members)
    insert_tallies(
        clickhouse,
        [
            {
                "consultation_id": "topics",
                "proposal_id": proposal,
                "country": country,
                "agree": agree,
                "disagree": disagree,
                "neutral": 1,
            }
            for proposal, (agree, disagree) in BALLOTS.items()
            for country in (("FR", "DE") if proposal != "e" else ())
        ]
        + [{"consultation_id": "topics", "proposal_id": "a", "trust": "troll", "agree": 500}],
    )


def board(analyst, view="cluster_leaderboard", where="1"):
    found = analyst.query(
        f"SELECT * FROM marts.{view} WHERE consultation_id = 'topics' AND {where}"
        " ORDER BY cluster_id"
    )
    return [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]


@pytest.mark.parametrize(("view", "times"), [("leaderboard", 2), ("leaderboard_by_country", 1)])
def test_a_topics_agreement_is_the_mean_of_its_proposals(topics, analyst, view, times):
    where = "country = 'FR'" if times == 1 else "1"
    first = board(analyst, f"cluster_{view}", where)[0]
    counts = {p: (times * a, times * (a + d + 1)) for p, (a, d) in BALLOTS.items() if p in "abcd"}
    expected = cluster_agreement(counts.values())
    assert first["proposals_counted"] == expected.proposals == 3
    assert first["agreement"] == pytest.approx(expected.mean, abs=1e-12)
    assert first["agreement_low"] == pytest.approx(expected.low, abs=1e-12)
    assert first["agreement_high"] == pytest.approx(expected.high, abs=1e-12)
    assert first["spread"] == pytest.approx(sqrt(expected.between), abs=1e-12)
    assert first["ballots"] == sum(total for _, total in counts.values())
    assert (first["most_agreed"], first["most_opposed"]) == ("a", "c")
    assert first["most_opposed_rate"] == 85 / 96


def test_too_few_proposals_are_no_figure(topics, analyst):
    second = board(analyst)[1]
    assert (second["cluster_id"], second["size"], second["ballots"]) == ("c2", 1, 30)
    assert [second[name] for name in ("agreement", "agreement_low", "spread")] == [None] * 3
    assert second["most_agreed"] == "f"


def test_a_topic_without_ballots_has_a_row(clickhouse, analyst):
    insert_clusters(clickhouse, "silent", {"x": "c1"})
    [[size, ballots, most]] = analyst.query(
        "SELECT size, ballots, most_agreed FROM marts.cluster_leaderboard"
        " WHERE consultation_id = 'silent'"
    ).result_rows
    assert (size, ballots, most) == (1, 0, "")


def test_who_has_left_is_in_no_cluster(clickhouse, analyst):
    insert_clusters(clickhouse, "left", {"x": "c1", "y": "c1"})
    insert_clusters(clickhouse, "left", {"y": ""}, version=2)
    rows = analyst.query(
        "SELECT proposal_id FROM marts.cluster_members WHERE consultation_id = 'left'"
    ).result_rows
    assert rows == [("x",)]


def test_vectors_are_inserted_as_they_are_sent_and_compared_by_analysts(clickhouse, analyst):
    insert_proposals(clickhouse, "near", ["n1", "n2"])
    insert_clusters(clickhouse, "near", {"n1": "c1", "n2": "c1"})
    for proposal, data in (("n1", "AACAPwAAAAA="), ("n2", "AAAAPwAAQD8=")):
        record = {"version": 1, "epoch": 1, "consultation_id": "near"}
        record |= {"proposal_id": proposal, "model": "toy/1", "vector": data}
        line = json.dumps(record)
        clickhouse.raw_insert("tutti.sent_vectors", insert_block=line.encode(), fmt="JSONEachRow")
    rows = analyst.query(
        "SELECT proposal_id, vector, cosineDistance(vector, [1, 0]) FROM marts.vectors"
        " WHERE consultation_id = 'near' ORDER BY proposal_id"
    ).result_rows
    assert rows[0] == ("n1", [1.0, 0.0], 0.0)
    assert rows[1][1] == [0.5, 0.75]
    page = (CHECKOUT / "docs" / "howto" / "analysts" / "clusters.md").read_text()
    [example] = re.findall(r'"(SELECT b.proposal_id.+?)"\n', page)
    example = example.replace("cities-2026", "near").replace("p-1", "n1")
    assert [row[0] for row in analyst.query(example).result_rows] == ["n1", "n2"]
    assert not analyst.query(
        "SELECT * FROM marts.duplicate_suggestions WHERE consultation_id = 'near'"
    ).result_rows


def test_a_cluster_says_its_languages_and_what_cannot_be_read_is_named_so(clickhouse, analyst):
    insert_clusters(clickhouse, "spoken", {"a": "c1", "b": "c1", "c": "c1", "d": "c2"})
    known = ["epoch", "consultation_id", "version", "at_ms"]
    clickhouse.insert(
        "assignments",
        [[1, "spoken", 2, AT_MS, *row] for row in (
            ("a", "c1", "fr"), ("b", "c1", "de-AT"), ("c", "c1", "de"), ("d", "c2", ""),
        )],
        column_names=[*known, "proposal_id", "cluster_id", "language"],
        database="tutti",
    )  # fmt: skip
    clickhouse.insert(
        "clusters",
        [[1, "spoken", 2, AT_MS, "c2", "unreadable", "apart", 1, "many/1"]],
        column_names=[*known, "cluster_id", "kind", "label", "size", "model"],
        database="tutti",
    )
    for view in ("clusters", "cluster_leaderboard"):
        rows = analyst.query(
            f"SELECT cluster_id, kind, languages FROM marts.{view}"
            " WHERE consultation_id = 'spoken' ORDER BY cluster_id"
        ).result_rows
        assert rows == [("c1", "topic", ["de", "fr"]), ("c2", "unreadable", [])]


def test_each_consultation_shows_its_newest_epoch_when_that_has_caught_up(clickhouse, analyst):
    def shown(consultation):
        return analyst.query(
            "SELECT DISTINCT cluster_id FROM marts.cluster_members"
            " WHERE consultation_id = {c:String}",
            parameters={"c": consultation},
        ).result_rows

    insert_clusters(clickhouse, "still", {"x": "c1"}, epoch=1, offset=2000)
    insert_clusters(clickhouse, "old", {"x": "c1"}, epoch=1, offset=1000)
    insert_clusters(clickhouse, "old", {"x": "c7"}, epoch=2, offset=999, version=2)
    assert shown("old") == [("c1",)]
    assert lag_of_new_clusterings(clickhouse) == 1
    insert_clusters(clickhouse, "old", {"x": "c7"}, epoch=2, offset=1000, version=3)
    assert shown("old") == [("c7",)]
    assert shown("still") == [("c1",)]
    assert lag_of_new_clusterings(clickhouse) == 0
    [[active]] = analyst.query(
        "SELECT groupArray((epoch, active)) FROM (SELECT epoch, active FROM marts.cluster_progress"
        " WHERE consultation_id = 'old' ORDER BY epoch)"
    ).result_rows
    assert active == [(1, False), (2, True)]


THEMES = {"c1": ("t1", ["water", "rivers"]), "c2": ("t1", ["water", "rivers"]), "c3": ("t2", [])}


@pytest.fixture(scope="module")
def themed(clickhouse):
    insert_proposals(clickhouse, "themed", list("abcdefg"))
    members = dict.fromkeys("abc", "c1") | {"d": "c2", "e": "c3", "f": "c3", "g": "c4"}
    insert_clusters(clickhouse, "themed", members, themes=THEMES | {"c4": ("t3", [])})
    clickhouse.insert(
        "clusters",
        [[1, "themed", 2, AT_MS, "c4", "unreadable", "Texts that cannot be read", 1, "t3"]],
        column_names=[
            "epoch", "consultation_id", "version", "at_ms", "cluster_id", "kind", "label", "size",
            "theme_id",
        ],
        database="tutti",
    )  # fmt: skip


def test_a_theme_says_how_much_is_in_it_and_has_no_proposals_text_as_its_name(themed, analyst):
    rows = analyst.query(
        "SELECT theme_id, kind, label, size, clusters, alone, largest_cluster FROM marts.themes"
        " WHERE consultation_id = 'themed' ORDER BY theme_id"
    ).result_rows
    assert rows == [
        ("t1", "topic", "water, rivers", 4, 2, 1, "c1"),
        ("t2", "topic", "t2", 2, 1, 0, "c3"),
        ("t3", "unreadable", "Texts that cannot be read", 1, 1, 1, "c4"),
    ]


@pytest.mark.parametrize("view", ["clusters", "cluster_leaderboard"])
def test_a_cluster_says_its_theme(themed, analyst, view):
    rows = analyst.query(
        f"SELECT cluster_id, theme_id, theme_label FROM marts.{view}"
        " WHERE consultation_id = 'themed' ORDER BY cluster_id"
    ).result_rows
    assert rows == [
        ("c1", "t1", "water, rivers"),
        ("c2", "t1", "water, rivers"),
        ("c3", "t2", "t2"),
        ("c4", "t3", "Texts that cannot be read"),
    ]


def test_the_public_sees_a_theme_as_far_as_its_proposals_are_public(themed, clickhouse, analyst):
    def shown():
        return analyst.query(
            "SELECT theme_id, terms, size, clusters, votes FROM open.themes"
            " WHERE consultation_id = 'themed' ORDER BY theme_id"
        ).result_rows

    words = ["water", "rivers"]
    assert shown() == [("t1", words, 4, 2, 0), ("t2", [], 2, 1, 0), ("t3", [], 1, 1, 0)]
    # Later offsets are newer: those of the proposals before them in this list are lower.
    insert_proposals(clickhouse, "themed", [*"1234567", "d", "g"], status="refused")
    assert shown() == [("t1", words, 3, 1, 0), ("t2", [], 2, 1, 0)]


def test_clusters_of_rules_without_themes_are_in_none(topics, analyst):
    assert {row["theme_id"] for row in board(analyst)} == {""}
    for view in ("marts.themes", "open.themes"):
        assert not analyst.query(
            f"SELECT * FROM {view} WHERE consultation_id = 'topics'"
        ).result_rows

"""Themes first, then the clusters of one: what a terminal of 80 columns and 24 lines shows."""

import io

import pytest
from rich.cells import cell_len

from pipelines.cli.clusters import EVERY, ClusterList, draw
from pipelines.cli.screen import Screen

HOSTILE = "\x1b]0;owned\x07 [/b] \u202e"


def theme(number: int, **changed) -> dict:
    row = {
        "theme_id": f"t{number}", "kind": "topic", "label": "water, rivers, fish, lakes, swimming",
        "terms": ["water", "rivers"], "size": 100 - number, "clusters": 9, "alone": 4,
        "largest_cluster": "c1", "languages": ["de", "fr", "pl"], "method": "themes/toy/1",
    }  # fmt: skip
    return row | changed


def cluster(number: int) -> dict:
    return {
        "cluster_id": f"c{number}", "kind": "topic", "theme_id": "t1", "label": "Clean rivers",
        "terms": ["rivers"], "languages": ["de"], "size": 9, "ballots": 90, "agreement": None,
        "most_agreed": "", "most_agreed_rate": None, "most_opposed": "", "most_opposed_rate": None,
    }  # fmt: skip


def shown(found: ClusterList, limit: int = 20, width: int = 80) -> list[str]:
    console = Screen(width=width, file=io.StringIO())
    console.print(draw(found, limit))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def consultation(themes: list[dict], **changed) -> ClusterList:
    return ClusterList(
        "cities", 30, 300, "toy/1", None, [cluster(1), cluster(2)], themes, **changed
    )


def test_it_begins_with_the_themes_on_one_screen_and_says_how_to_open_one():
    lines = shown(consultation([theme(n) for n in range(1, 41)]))
    assert lines[0] == "themes of cities: 300 proposals in 40 themes"
    assert lines[1].split()[:2] == ["theme", "what"]
    assert lines[3].split()[:3] == ["t1", "water,", "rivers,"]
    assert "tutti clusters cities --theme ID" in " ".join(lines[-2:])
    assert len(lines) <= 24 + 1  # the caption may take two
    assert max(map(cell_len, lines)) <= 80


def test_a_theme_opens_into_its_clusters():
    lines = shown(consultation([theme(1), theme(2)], theme="t1"))
    assert lines[0] == "clusters of cities, theme t1: 99 proposals in 9 clusters"
    assert "Clean rivers" in lines[3]


@pytest.mark.parametrize(("themes", "asked"), [([], ""), ([theme(1)], EVERY)])
def test_without_themes_and_where_all_are_asked_for_the_clusters_are_shown(themes, asked):
    lines = shown(consultation(themes, theme=asked))
    assert lines[0] == "clusters of cities: 300 proposals in 30 clusters"


def test_words_of_a_theme_cannot_steer_the_terminal():
    text = "\n".join(shown(consultation([theme(1, label=HOSTILE)])))
    assert "\\u001b]0;owned\\u0007 [/b] \\u202e" in text
    assert not set(text) & set("\x1b\x07\u202e")

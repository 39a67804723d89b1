import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from live_rows import CLUSTERS, HOSTILE, NAME, PROPOSALS, TICKS, consultation, proposal

from pipelines.live import drawing
from pipelines.live.boards import PublicBoard
from pipelines.live.pages import common_ground, phase, themes
from pipelines.live.static_files import static_file

BOARD = f"/consultations/{NAME}"
PAGES = (
    "/", BOARD, f"{BOARD}?sort=consensus&q=text&cluster=c1&limit=1", f"{BOARD}/clusters",
    f"{BOARD}/common-ground", f"{BOARD}?sort=newest", f"{BOARD}?sort=countries",
    f"{BOARD}/proposals/p1", f"{BOARD}/proposals/p2", f"{BOARD}/proposals/p3", f"/embed/{NAME}",
    f"/embed/{NAME}/p2",
)  # fmt: skip


class Elements(HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page(site, path: str) -> str:
    answer = site.get(path)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_a_page_needs_a_weaker_policy(site, path):
    for tag, attributes in Elements(page(site, path)).found:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "style"
        if tag == "script":
            assert (attributes["src"] or "").startswith("/static/")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_asked_of_another_server(site, path):
    for tag, attributes in Elements(page(site, path)).found:
        for name in ("src", "href", "action", "data-events", "data-ticks"):
            address = attributes.get(name) or "/"
            assert address.startswith(("/", "#")), (tag, address)
            assert not address.startswith("//")


@pytest.mark.parametrize("path", PAGES)
def test_a_strangers_text_is_text(site, path):
    text = page(site, path)
    assert "<script>alert" not in text
    assert "49" not in re.findall(r"quotes.{0,20}", text)
    if "p2" in path:
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quotes&#34;" in text
        assert "{{ 7 * 7 }} {x}" in text


def test_the_words_of_a_search_are_text_and_stay_in_the_field(site):
    text = page(site, f"{BOARD}?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert "<img" not in text
    [field] = [given for tag, given in Elements(text).found if given.get("name") == "q"]
    assert field["value"] == '"><img src=x onerror=alert(1)>'


def test_a_page_and_each_text_say_their_language(site):
    text = page(site, BOARD)
    found = Elements(text).found
    assert next(given for tag, given in found if tag == "html")["lang"] == "en"
    assert {"lang": "ar", "dir": "auto"} in [given for tag, given in found if tag == "span"]


def test_a_row_has_its_numbers_as_text_beside_the_bar(site):
    text = page(site, BOARD)
    for number in ("80.0%", "71.0% – 87.0%", "least in Germany", "60%"):
        assert number in text
    bar = next(g for t, g in Elements(text).found if t == "svg" and g.get("class") == "bar")
    assert bar["role"] == "img"
    assert "neutral 5.0%" in (bar["aria-label"] or "")


def test_a_page_of_the_past_says_so_and_leads_back_and_to_the_past_of_others(site):
    at = TICKS[1].isoformat().replace("+00:00", "Z").replace(":", "%3A")
    text = page(site, f"{BOARD}?at={at}")
    assert "You are looking at a past moment." in text
    assert f'href="{BOARD}"' in text
    assert f"/proposals/p1?at={at}" in text.replace("&amp;", "&")


def test_topics_stand_under_their_themes_the_largest_first_and_those_without_words_last(site):
    [one] = CLUSTERS
    rows = [
        replace(one, cluster_id="c1", theme_id="t2", theme_terms=[], size=9),
        replace(one, cluster_id="c2", theme_id="t1", theme_terms=["sea"], size=2),
        replace(one, cluster_id="c3", theme_id="t4", theme_terms=["tax"], size=4),
        replace(one, cluster_id="c4", theme_id="t1", theme_terms=["sea"], size=3),
        replace(one, cluster_id="c5", theme_id="t4", theme_terms=["tax"], size=1),
        replace(one, cluster_id="c6", theme_id="", theme_terms=[], size=2),
    ]
    found = themes(PublicBoard(consultation(), [], rows, {}, None))
    assert [
        (theme["terms"], theme["size"], [each.cluster_id for each in theme["clusters"]])
        for theme in found
    ] == [(["sea"], 5, ["c2", "c4"]), (["tax"], 5, ["c3"]), ([], 11, ["c1", "c6"])]
    text = page(site, f"{BOARD}/clusters")
    assert text.index("public · text") < text.index("text · next")


def test_common_ground_is_what_more_than_half_agree_with_beyond_chance(site):
    rows = [
        proposal("liked"),
        proposal("liked-here", consensus_low=0.4),
        proposal("by-chance", agree_low=0.49, agree_high=0.7, divisiveness=0.9),
        proposal("few", rank=None),
        proposal("split-by-country", agree_low=0.2, agree_high=0.3, weakest_country_rate=0.1),
    ]
    found = common_ground(PublicBoard(consultation(), rows, [], {}, None))
    names = {key: [row.proposal_id for row in found[key]] for key in ("unites", "divides")}
    assert names == {"unites": ["liked"], "divides": ["by-chance"]}
    assert found["countries"][0].proposal_id == "split-by-country"
    text = page(site, f"{BOARD}/common-ground")
    assert "Groups of people who vote alike are not shown here" in text
    assert f'href="{BOARD}?sort=consensus"' in text


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [(None, None, "open"), (1, 2, "before"), (-2, -1, "closed"), (-2, 0, "closed"), (0, 1, "open")],
)
def test_a_consultation_says_whether_it_runs(opens, closes, expected):
    now = TICKS[0]
    at = [None if days is None else now + timedelta(days=days) for days in (opens, closes)]
    found = phase(consultation(opens_at=at[0], closes_at=at[1]), int(now.timestamp() * 1000))
    assert found == expected


def test_a_proposals_page_has_a_map_whose_numbers_stand_beside_it(site):
    text = page(site, f"{BOARD}/proposals/p1")
    assert text.count("<path d=") == len(drawing.europe()["countries"])
    assert "France 83.3%" in text
    assert '<th scope="row">France</th>' in text


def test_a_proposals_page_names_its_picture_for_others(site):
    metas = [given for tag, given in Elements(page(site, f"{BOARD}/proposals/p2")).found
             if tag == "meta"]  # fmt: skip
    [image] = [given["content"] for given in metas if given.get("property") == "og:image"]
    assert image == f"https://vote.example{BOARD}/proposals/p2/picture.png"
    [title] = [given["content"] for given in metas if given.get("property") == "og:title"]
    assert title == HOSTILE


def test_while_the_numbers_are_old_the_page_says_so(site):
    site.rows.away = True
    site.boards.renew()
    try:
        assert "The numbers cannot be renewed at the moment." in page(site, BOARD)
    finally:
        site.rows.away = False
        site.boards.renew()


def test_the_same_page_is_made_once_and_what_is_not_known_of_a_query_changes_nothing(site):
    first = site.get(BOARD)
    again = site.get(f"{BOARD}?utm_source=x", If_None_Match=first.headers["ETag"])
    assert again.status == 304


def test_the_first_page_is_small(site):
    files = sum(len(static_file(name)[0]) for name in ("live.css", "live.js"))
    assert files < 60_000
    assert len(page(site, BOARD)) + files < 150_000
    assert len(PROPOSALS) == 3

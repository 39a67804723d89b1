"""The documentation site is built strictly, can be searched, and asks no other server."""

import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from places import CHECKOUT

DOCS = CHECKOUT / "docs"
ASSETS = DOCS / "assets"
LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "use": ("href",),
}
"""Tag → attributes whose addresses a browser fetches by itself."""
NOT_FETCHED = {"canonical", "next", "prev", "alternate"}
"""What a ``link`` may be without being fetched."""
ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//")


# Without --quiet: MkDocs would count no warning, and so find no fault.
def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


class Page(HTMLParser):
    """A page's tags, and what stands in a few of them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def meta(self, key: str, name: str) -> list[str]:
        return [
            given["content"] for tag, given in self.tags if tag == "meta" and given.get(key) == name
        ]

    def fetched(self) -> list[str]:
        """The addresses that a browser fetches to show the page."""
        found = [
            given[attribute]
            for tag, given in self.tags
            for attribute in LOADED.get(tag, ())
            if attribute in given
        ]
        found += [
            given["href"]
            for tag, given in self.tags
            if tag == "link" and given["rel"] not in NOT_FETCHED
        ]
        return found + fetched_by_styles(self.source)


def fetched_by_styles(source: str) -> list[str]:
    urls = re.findall(r"url\(\s*['\"]?([^'\")]+)", source)
    return urls + re.findall(r"@import\s+['\"]([^'\"]+)", source)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(CHECKOUT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    """The theme's pages by their paths: all but the page of the events, which stands alone."""
    found = {str(file.relative_to(site)): file for file in sorted(site.rglob("*.html"))}
    del found["reference/events.html"]
    return {path: Page(file.read_text("utf-8")) for path, file in found.items()}


def test_every_page_is_built(pages):
    written = {
        str(file.relative_to(DOCS).with_suffix(".html")).replace("README.html", "index.html")
        for file in DOCS.rglob("*.md")
    }
    assert pages.keys() == written | {"404.html"}


def test_a_dead_link_a_dead_anchor_and_a_lost_page_stop_the_build(tmp_path):
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(CHECKOUT / "mkdocs.yml", tmp_path)
    (tmp_path / "docs" / "lost.md").write_text("# Lost\n")
    with (tmp_path / "docs" / "index.md").open("a") as index:
        index.write("\n[link](nowhere.md), [anchor](quickstart.md#nowhere)\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    for fault in ("lost.md", "nowhere.md", "quickstart.md#nowhere"):
        assert fault in done.stderr


def test_no_page_fetches_from_elsewhere(pages):
    for path, page in pages.items():
        fetched = page.fetched()
        assert any(address.endswith(".css") for address in fetched), path
        assert not [address for address in fetched if ELSEWHERE.match(address)], path


def test_no_style_sheet_and_no_picture_fetches_from_elsewhere(site):
    files = [*site.rglob("*.css"), *site.rglob("*.svg")]
    assert files
    for file in files:
        fetched = fetched_by_styles(file.read_text("utf-8"))
        assert not [address for address in fetched if ELSEWHERE.match(address)], file


@pytest.mark.parametrize(
    "source",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="preconnect" href="https://fonts.example.org">',
        '<link rel="stylesheet" href="//fonts.example.org/css">',
        '<img src="http://example.org/x.png">',
        "<style>@import 'https://example.org/x.css'</style>",
        "<p style='background: url(https://example.org/x.png)'></p>",
    ],
)
def test_what_is_fetched_from_elsewhere_would_be_found(source):
    assert [address for address in Page(source).fetched() if ELSEWHERE.match(address)]


def test_browsers_refuse_what_is_fetched_from_elsewhere(pages):
    """The policy stands before whatever it rules, and names no other server."""
    for path, page in pages.items():
        (policy,) = page.meta("http-equiv", "Content-Security-Policy")
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'self'", path
        sources = {source for rule in rules.values() for source in rule.split()}
        assert sources <= {"'self'", "'unsafe-inline'", "'none'", "data:", "blob:"}, path
        ruled = [
            tag for tag, given in page.tags if tag == "script" or given.get("rel") == "stylesheet"
        ]
        tags = [tag for tag, _ in page.tags]
        at = page.tags.index(("meta", {"http-equiv": "Content-Security-Policy", "content": policy}))
        assert ruled, path
        assert at < tags.index("script"), path
        assert "style" not in tags[:at], path


def test_a_page_with_a_diagram_draws_it_and_the_others_do_not_load_what_draws(pages):
    drawn = 0
    for path, page in pages.items():
        scripts = [given["src"] for tag, given in page.tags if tag == "script" and "src" in given]
        mermaid = [n for n, address in enumerate(scripts) if "mermaid" in address]
        if ("pre", {"class": "mermaid"}) in page.tags:
            drawn += 1
            [theme] = [n for n, address in enumerate(scripts) if "/bundle." in address]
            assert len(mermaid) == 1, path
            assert mermaid[0] < theme, path
        else:
            assert not mermaid, path
    assert drawn >= 3


def test_every_page_has_a_title_and_a_description(pages):
    titles = [re.search(r"<title>(.+)</title>", page.source) for page in pages.values()]
    assert all(titles)
    for path, page in pages.items():
        (description,) = page.meta("name", "description")
        assert len(description) >= 20, path
        assert "<" not in description, path


def test_the_site_has_a_dark_mode_and_no_links_to_edit(pages):
    for path, page in pages.items():
        schemes = {given.get("data-md-color-scheme") for tag, given in page.tags if tag == "input"}
        assert {"default", "slate"} <= schemes, path
        assert "Edit this page" not in page.source, path


def test_every_page_can_be_searched_also_without_a_server(site, pages):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    found = {entry["location"].partition("#")[0] or "index.html" for entry in index["docs"]}
    found = {place + "index.html" if place.endswith("/") else place for place in found}
    assert found == pages.keys() - {"404.html"}
    assert (site / "search" / "search_index.js").is_file()
    assert ("script", {"src": "assets/iframe-worker.js"}) in pages["index.html"].tags


def test_who_is_lost_finds_the_start(pages):
    links = [given["href"] for tag, given in pages["404.html"].tags if tag == "a"]
    assert "/index.html" in links


def test_files_of_others_are_as_they_came():
    page = (ASSETS / "README.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \|.*\| `([0-9a-f]{64})` \| MIT", page, re.MULTILINE)
    assert dict(rows).keys() == {file.name for file in ASSETS.glob("*.js")}
    for name, checksum in rows:
        assert sha256((ASSETS / name).read_bytes()).hexdigest() == checksum, name

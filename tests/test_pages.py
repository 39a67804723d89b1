"""The pages: links lead somewhere, decisions are whole, the glossary says each thing once."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import CHECKOUT

DOCS = CHECKOUT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
IN_DOCS = sorted(DOCS.rglob("*.md"))
FRONT = tuple(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
README_BYTES = 10 * 1024
FOLDERS = "docs|infra|loadtests|models|operators|pipelines|requirements|schemas|tests"


def name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def anchors(page: Path) -> set[str]:
    """As Python-Markdown and GitHub make them of headings."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
        for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    }


@pytest.mark.parametrize("page", [*FRONT, *IN_DOCS], ids=name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        # The site holds docs/ only: a link out of it would be dead there.
        assert page in FRONT or file.is_relative_to(DOCS), target
        assert not anchor or file.suffix != ".md" or anchor in anchors(file), target


# The changelog names files of former versions.
@pytest.mark.parametrize("page", [*FRONT[:2], *IN_DOCS], ids=name)
def test_a_file_that_is_named_is_there(page):
    """What the pages name in code, so that a reader may open it."""
    named = re.findall(rf"`((?:{FOLDERS})/[a-z0-9_./-]*)`", page.read_text())
    assert not [path for path in named if not (CHECKOUT / path).exists()]


def test_the_readme_is_short():
    assert (CHECKOUT / "README.md").stat().st_size <= README_BYTES


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags for Python's functions are none of ours."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)


@pytest.fixture(scope="module")
def site() -> dict[str, Any]:
    text = (CHECKOUT / "mkdocs.yml").read_text()
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def leaves(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    inner = item.values() if isinstance(item, dict) else item
    return [leaf for one in inner for leaf in leaves(one)]


def test_every_page_stands_in_the_navigation_once(site):
    assert sorted(leaves(site["nav"])) == sorted(str(page.relative_to(DOCS)) for page in IN_DOCS)


def test_the_site_asks_no_other_server(site):
    assert site["strict"] is True
    assert site["theme"]["font"] is False
    assert "://" not in (CHECKOUT / "mkdocs.yml").read_text()


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_number_date_status_context_decision_and_consequences(page):
    text = page.read_text()
    number = page.name[:4]
    assert re.match(rf"# {number}\. \S", text)
    assert re.search(r"^- \*\*Date:\*\* 20\d\d-\d\d-\d\d$", text, re.MULTILINE)
    status = re.search(r"^- \*\*Status:\*\* (.+)$", text, re.MULTILINE)
    assert status
    successor = re.fullmatch(r"superseded by \[(\d{4})\]\(\1-.+\.md\)", status[1])
    assert status[1] == "accepted" or (successor and successor[1] > number)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert section.strip()


def test_decisions_have_numbers_of_their_own_and_are_listed_with_title_date_and_status():
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert len(set(numbers)) == len(numbers), "a number may be kept for work that is under way"
    index = (DOCS / "decisions" / "index.md").read_text()
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (\S+) \| (\w+) \|$", index, re.MULTILINE
    )
    found = []
    for page in DECISIONS:
        text = page.read_text()
        [title] = re.findall(r"^# \d{4}\. (.+)$", text, re.MULTILINE)
        [date] = re.findall(r"^- \*\*Date:\*\* (.+)$", text, re.MULTILINE)
        [status] = re.findall(r"^- \*\*Status:\*\* (\w+)", text, re.MULTILINE)
        found.append((page.name[:4], page.name, title, date, status))
    assert listed == found


def glossary() -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """The terms with their meanings, and the retired words with what to use and where."""
    terms, retired = (DOCS / "glossary.md").read_text().split("\n## Retired words → use\n")
    return (
        re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", terms, re.MULTILINE),
        re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", retired, re.MULTILINE),
    )


def test_the_glossary_has_each_term_once_with_one_sentence():
    rows = [row for row in glossary()[0] if row[0] not in {"term", "---"}]
    terms = [term for term, _ in rows]
    assert len(terms) == len(set(terms)) > 100
    assert not [meaning for _, meaning in rows if ". " in meaning]


def test_the_glossary_says_where_a_retired_word_is_refused_and_each_only_once():
    rows = glossary()[1]
    assert rows[0] == ("retired", "use", "where")
    words = [word for retired, _, _ in rows[1:] for word in re.findall(r"`([^`]+)`", retired)]
    assert len(words) == len(set(words)) > 50
    assert {where for _, _, where in rows[1:]} == {"word", "part", "name"}
    assert not set(words) & {term for term, _ in glossary()[0]}

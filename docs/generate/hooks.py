"""What MkDocs asks while it builds the site."""

import html
import re
from typing import Any, Final

LONGEST: Final = 200
"""Of a description, characters: search engines show about so many."""

_PARAGRAPH: Final = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_DIAGRAM: Final = re.compile(r'<pre class="mermaid">.*?</pre>', re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Give a page its description, and a frame to each of its diagrams, in which it can scroll."""
    page.meta.setdefault("description", description(content))
    return _DIAGRAM.sub(lambda found: f'<div class="diagram">{found[0]}</div>', content)


def description(content: str) -> str:
    """The first paragraph as text, cut between words.

    >>> description("<h1>Topics</h1><p>Every <em>topic</em>.</p><p>More.</p>")
    'Every topic.'
    """
    found = _PARAGRAPH.search(content)
    text = html.unescape(" ".join(_TAG.sub("", found[1]).split())) if found else ""
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return html.escape(text)

"""Pages of which parts are generated.

A part stands between two comments, and everything outside of them is written by hand::

    <!-- generated: settings -->

    | setting | default | meaning |
    …

    <!-- /generated -->
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

REGION: Final = re.compile(
    r"^<!-- generated: (?P<name>[a-z-]+) -->\n.*?^<!-- /generated -->$", re.MULTILINE | re.DOTALL
)


def names(page: str) -> list[str]:
    """The names of a page's generated parts.

    Raises:
        ValueError: A comment of a generated part is alone: its pair is missing or misspelt.
    """
    found = [region["name"] for region in REGION.finditer(page)]
    comments = re.findall(r"<!-- /?generated\b", page)
    if len(comments) != 2 * len(found):
        raise ValueError("a generated part begins with one comment and ends with another")
    return found


def filled(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with its generated parts made anew; a part that is not among `parts` stays."""

    def made(region: re.Match[str]) -> str:
        name = region["name"]
        if name not in parts:
            return region[0]
        return f"<!-- generated: {name} -->\n\n{parts[name]().strip()}\n\n<!-- /generated -->"

    return REGION.sub(made, page)

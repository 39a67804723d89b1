"""axe-core: Deque's rules of accessibility, asked about a page in a real browser."""

from typing import Any, Final

import pytest
from places import CHECKOUT

SCRIPT: Final = CHECKOUT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
"""Where `make test-axe` puts it."""

RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_RUN: Final = "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"


def complaints(page: Any) -> list[str]:
    """What axe-core finds wrong with an open page of playwright: rule, weight, text, and where.

    The test is skipped where axe-core was not fetched.
    """
    if not SCRIPT.exists():
        pytest.skip("axe-core is not here: make test-axe (needs npm)")
    # Through the debugger's interface, so that the page's own policy stays as strict as it is.
    page.evaluate(SCRIPT.read_text())
    found = page.evaluate(_RUN, list(RULES))
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['target']} {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]

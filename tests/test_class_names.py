"""A class name says what it is by itself: none stands twice in the packages."""

import ast
from collections import defaultdict

from places import CHECKOUT

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests")


def classes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((CHECKOUT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef):
                    found[node.name.strip("_")].append(
                        f"{file.relative_to(CHECKOUT)}:{node.lineno}"
                    )
    return found


def test_no_class_name_stands_twice() -> None:
    found = classes()
    assert len(found) > 200  # they were looked for where they are
    assert {name: places for name, places in found.items() if len(places) > 1} == {}

"""Every example in a docstring is true, wherever it stands."""

import doctest
import importlib

import pytest
from places import CHECKOUT

ROOMS = ("docs", "infra", "loadtests", "models", "operators", "pipelines", "schemas")
MODULES = sorted(
    ".".join(file.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
    for room in ROOMS
    for file in (CHECKOUT / room).rglob("*.py")
    if "    >>> " in file.read_text()
)


def test_there_are_examples() -> None:
    assert {"operators.core.scores.agreement", "pipelines.live.answers"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted

"""The examples in the docstrings of the contracts and the core are true."""

import doctest
import importlib
import pkgutil

import pytest

import operators.core
import schemas

MODULES = [
    *(f"schemas.{module.name}" for module in pkgutil.iter_modules(schemas.__path__)),
    *(module.name for module in pkgutil.walk_packages(operators.core.__path__, "operators.core.")),
    "pipelines.groups.cooldown",
    "pipelines.periodic.signal_ids",
    "operators.core.printable",
    "pipelines.sink.cuts",
]
WITH_EXAMPLES = {
    "schemas.edge_cases",
    "schemas.times",
    "operators.core.scores.agreement",
    "operators.core.groups.consensus",
    "operators.core.groups.identity",
    "operators.core.groups.kmeans",
    "operators.core.groups.partition",
    "operators.core.groups.projection",
    "operators.core.groups.representatives",
    "operators.core.groups.silhouette",
    "operators.core.votes.ballots",
    "operators.core.scores.consensus",
    "operators.core.scores.divisiveness",
    "operators.core.scores.makeorg",
    "operators.core.disclosure.changes",
    "operators.core.disclosure.cohorts",
    "operators.core.disclosure.entries",
    "operators.core.disclosure.merging",
    "operators.core.disclosure.states",
    "operators.core.disclosure.thresholds",
    "operators.core.disclosure.windows",
    "operators.core.clusters.language",
    "operators.core.clusters.normalise",
    "operators.core.votes.pseudonyms",
    "operators.core.signals.burst",
    "operators.core.signals.identical",
    "operators.core.signals.likeness",
    "operators.core.votes.tally",
    "operators.core.scores.zones",
    "pipelines.groups.cooldown",
    "pipelines.periodic.signal_ids",
    "operators.core.printable",
    "operators.core.wording",
    "pipelines.sink.cuts",
}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted or name not in WITH_EXAMPLES

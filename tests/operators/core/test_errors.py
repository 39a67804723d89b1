"""One root for all errors: who catches it catches everything that tutti says by itself.

Class names are unique (``tests/test_class_names.py``), so that descent can be read from the source.
"""

import ast
import builtins
from dataclasses import dataclass

from places import CHECKOUT

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests")
OTHER_ROOTS = {
    "infra/chdb_http/": "ChdbHttpError",  # it imports nothing of tutti, so that it stands alone
    "infra/local/provision/": "StepError",  # set-up runs alone, before anything is installed
    "schemas/": "ValueError",  # the layer below the root: a text that breaks the contract
}
BUILT_IN = {
    name
    for name, thing in vars(builtins).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
}


@dataclass(frozen=True)
class Found:
    file: str
    bases: tuple[str, ...]


def classes() -> dict[str, Found]:
    return {
        node.name: Found(
            str(file.relative_to(CHECKOUT)),
            tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases),
        )
        for package in PACKAGES
        for file in sorted((CHECKOUT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    }


CLASSES = classes()


def ancestors(name: str) -> set[str]:
    bases = CLASSES[name].bases if name in CLASSES else ()
    return {name}.union(*(ancestors(base) for base in bases))


ERRORS = {name for name in CLASSES if ancestors(name) & BUILT_IN}


def test_every_error_descends_from_its_root_and_is_named_so() -> None:
    assert {"TuttiError", "TransientError", "TerminalError", "ChdbHttpError"} <= ERRORS
    assert len(ERRORS) > 15
    rootless = {}
    for name in ERRORS:
        file = CLASSES[name].file
        [root] = [r for place, r in OTHER_ROOTS.items() if file.startswith(place)] or ["TuttiError"]
        if root not in ancestors(name):
            rootless[name] = file
    assert rootless == {}
    assert {name for name in ERRORS if not name.endswith("Error")} == set()


def test_every_error_says_whether_another_try_is_worth_it() -> None:
    undecided = {
        name
        for name in ERRORS
        if "TuttiError" in ancestors(name)
        and not {"TransientError", "TerminalError"} & ancestors(name)
    }
    # Whether a stack gets ready at another try is what its sentence says.
    assert undecided == {"TuttiError", "NotReadyError"}

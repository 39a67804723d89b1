"""The package could be published as it is."""

import ast

from places import CHECKOUT

PACKAGE = CHECKOUT / "infra" / "chdb_http"
PROJECT = {"infra", "loadtests", "models", "operators", "pipelines", "schemas"}


def test_it_imports_nothing_of_the_project_around_it():
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                foreign = name.partition(".")[0] in PROJECT
                assert not foreign or name.startswith("infra.chdb_http"), f"{module}: {name}"


def test_its_readme_names_every_module():
    readme = (PACKAGE / "README.md").read_text()
    for module in PACKAGE.rglob("[a-z]*.py"):
        assert f"`{module.stem}`" in readme, module

"""The house: few entries a folder, short files, no cycle, and tests where the code lies."""

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from places import CHECKOUT

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests")
MAX_LINES = 350
MAX_ENTRIES = 14
UNREAD = {"__pycache__", "__init__.py", "py.typed"}
"""Entries that Python asks for and nobody opens."""

TOO_LONG: dict[str, str] = {}
"""File → why it is longer than `MAX_LINES`."""

WITHOUT_TEST = {
    "a command, which other tests run as people do, on the command line": """
        pipelines.cli.activity pipelines.cli.board_warnings pipelines.cli.config pipelines.cli.data
        pipelines.cli.doctor pipelines.cli.epochs pipelines.cli.explain pipelines.cli.export
        pipelines.cli.files pipelines.cli.stack pipelines.cli.top
        infra.chdb_http.__main__ infra.local.provision.__main__
    """,
    "puts a service together of what is tested; tests/stack runs it as a process": """
        pipelines.http_intake.main pipelines.intake.main pipelines.live.main
        pipelines.periodic.main pipelines.semantics.main pipelines.sink.main pipelines.votes.job
        pipelines.votes.main pipelines.votes.rebuild infra.local.broker
    """,
    "asked over HTTP, as clients do, by the tests in tests/infra/chdb_http": """
        infra.chdb_http.app infra.chdb_http.config infra.chdb_http.engine
        infra.chdb_http.engine_config infra.chdb_http.response
        infra.chdb_http.policy.ast_check
        infra.chdb_http.policy.functions
        infra.chdb_http.policy.redaction infra.chdb_http.policy.token_check
        infra.chdb_http.policy.values_check infra.chdb_http.policy.verdicts
        infra.local.clickhouse_server
    """,
    "asked on real services: tests/stack/test_http_intake.py": "pipelines.http_intake.app",
    "draws what tests/pipelines/demo/test_campaign.py looks at": """
        pipelines.demo.ballots pipelines.demo.catalogue pipelines.demo.decks pipelines.demo.draws
        pipelines.demo.opinions pipelines.demo.people
    """,
    "looks at the servers of a running stack: tests/stack/test_doctor.py": """
        infra.local.doctor.clickhouse infra.local.doctor.topics
    """,
    "asked by its task on a real ClickHouse: tests/pipelines/periodic/test_traffic.py": """
        infra.clickhouse.traffic
    """,
    "run with the import: tests/pipelines/cli/test_polis.py": "pipelines.exchange.polis_check",
    "a picture on the terminal": "pipelines.demo.show loadtests.show",
    "a measurement: what it measures is tested, its figures are not": """
        loadtests.evaluation.one_thread loadtests.evaluation.signals.measure
        loadtests.evaluation.signals.page
    """,
    "a type, without code": """
        infra.local.provision.problem models.encoder operators.core.clusters.state_size
    """,
    "run as a whole by tests/infra/local/provision": "infra.local.provision.checks",
    "what a report says of the machine": "loadtests.machine",
}
"""Why modules have no test of their own → their names."""

ELSEWHERE = {
    "tests/infra/chdb_http/test_catalog.py": "what tools ask on connecting, over HTTP",
    "tests/infra/chdb_http/test_clients.py": "clients of others, over HTTP",
    "tests/infra/chdb_http/test_independence.py": "what the package imports",
    "tests/infra/chdb_http/test_jdbc.py": "a client in Java, over HTTP",
    "tests/infra/chdb_http/test_lost_inserts.py": "a server that is killed, over HTTP",
    "tests/infra/chdb_http/test_tables.py": "tables as they are made, over HTTP",
    "tests/infra/local/test_setup.py": "the script setup.sh",
    "tests/infra/prometheus/test_alerts.py": "the rules in infra/prometheus/alerts.yml",
    "tests/infra/prometheus/test_scraping.py": "the configuration in infra/prometheus",
    "tests/operators/core/test_doctests.py": "examples in docstrings, of all modules",
    "tests/pipelines/live/test_public.py": "everything that the public can ask of a process",
    "tests/pipelines/exchange/test_pace.py": "the pace at which pipelines.cli.data sends",
}
"""Tests that import no module of the folder that they mirror → what they test."""


def source_files() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((CHECKOUT / package).rglob("*.py"))]


def files_of_tests() -> list[Path]:
    return sorted((CHECKOUT / "tests").rglob("test_*.py"))


def name_of(file: Path) -> str:
    parts = file.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(file: Path) -> frozenset[str]:
    """What a file imports, anywhere in it: modules, and names that may be modules."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def mirrored(module: str) -> Path:
    """Where the tests of a module lie."""
    *folders, name = module.split(".")
    return CHECKOUT.joinpath("tests", *folders, f"test_{name}.py")


@pytest.mark.parametrize("folder", ["pipelines", "infra"])
def test_a_folder_of_services_has_few_entries(folder):
    entries = [e.name for e in (CHECKOUT / folder).iterdir() if e.name not in UNREAD]
    assert len(entries) <= MAX_ENTRIES, sorted(entries)


def test_no_file_is_too_long():
    files = [*source_files(), *(CHECKOUT / "tests").rglob("*.py"), *CHECKOUT.glob("docs/**/*.py")]
    lengths = {str(f.relative_to(CHECKOUT)): len(f.read_text().splitlines()) for f in files}
    long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES}
    assert long.keys() == TOO_LONG.keys(), long


def test_no_module_imports_itself_by_a_detour():
    files = {name_of(file): file for file in source_files()}
    graph = {name: (imports(file) & files.keys()) - {name} for name, file in files.items()}
    # Importing a name from a package's module names the package too: that is no detour.
    graph = {
        name: {one for one in found if not any(other.startswith(f"{one}.") for other in found)}
        for name, found in graph.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_every_module_has_a_test_or_a_reason():
    imported = {name for file in files_of_tests() for name in imports(file)}
    modules = [name_of(file) for file in source_files() if file.name != "__init__.py"]
    without = {m for m in modules if m not in imported and not mirrored(m).exists()}
    named = Counter(name for names in WITHOUT_TEST.values() for name in names.split())
    assert max(named.values()) == 1
    assert sorted(without - set(named)) == [], "write a test, or state a reason"
    assert sorted(set(named) - without) == [], "take them off the table"


def test_every_test_lies_where_the_code_lies():
    modules = {name_of(file) for file in source_files()}
    strayed = set()
    for file in files_of_tests():
        package = ".".join(file.relative_to(CHECKOUT / "tests").parent.parts)
        if package.split(".")[0] not in PACKAGES:
            continue
        tested = f"{package}.{file.stem.removeprefix('test_')}"
        neighbours = {m for m in modules if m.rpartition(".")[0] == package}
        if tested not in modules and not imports(file) & neighbours:
            strayed.add(str(file.relative_to(CHECKOUT)))
    assert sorted(strayed - set(ELSEWHERE)) == [], "move it to the folder of what it tests"
    assert sorted(set(ELSEWHERE) - strayed) == [], "take it off the table"

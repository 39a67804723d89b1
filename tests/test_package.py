"""``pip install .`` gives a working tutti: the wheel, in an environment that knows no checkout."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from places import CHECKOUT

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "requirements/runtime.in")
NOT_INSTALLED = {
    "infra/chdb_http/README.md": "for those who read the code",
    "infra/local/setup.sh": "sets a checkout up",
    "infra/prometheus/alerts.yml": "an example, for Prometheus",
    "infra/prometheus/prometheus.yml": "an example, for Prometheus",
    "loadtests/results/": "what was measured once",
}
"""Files beside the code that an installed tutti does not read, or folders → what they are."""

READ_EVERYTHING = """
import json
from importlib.resources import files
from pathlib import Path

import infra
from infra.clickhouse.migrations import migrations
from infra.clickhouse.views import view, view_names
from loadtests.workload import FOLDER, load
from models import manifest
from models.export import TEMPLATES
from operators.flink.plan import current_plan
from pipelines.demo.corpus import read_corpus
from schemas import asyncapi, page
from schemas.edge_cases import edge_cases
from schemas.topics import TOPICS

found = {
    "from": str(Path(infra.__file__).parents[1]),
    "migrations": len(migrations()),
    "statements": sum(len(migration.statements()) for migration in migrations()),
    "views": len([view(name).select for name in view_names()]),
    "plan": len(current_plan().text),
    "manifests": len([manifest.read(path).name for path in TEMPLATES.glob("*.toml")]),
    "workloads": len([load(path.stem) for path in FOLDER.glob("*.toml")]),
    "proposals": len(read_corpus().texts),
    "edge_cases": len(list(edge_cases())),
    "topics": len(TOPICS),
    "asyncapi": len(asyncapi.text()),
    "page": len(page.text()),
    "sums": len((files("infra") / "jars" / "SHA256SUMS").read_text().splitlines()),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: building leaves files beside the code."""
    folder = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(CHECKOUT / package, folder / package, ignore=ignored)
    for name in BUILT_FROM:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    """Built without network, by the tools that are installed."""
    build = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    [wheel] = (source / "dist").glob("*.whl")
    return wheel


class Installed:
    """An environment of its own, which finds the dependencies among those installed here."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        venv.create(folder / "venv", with_pip=True, symlinks=True)
        self.run("python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel))
        [packages] = (folder / "venv").glob("lib/python*/site-packages")
        # A path alone: the link to a checkout, which an editable installation is, is not followed.
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def run(self, program: str, *arguments: str, code: int = 0) -> str:
        """What a program of the environment prints; its folder is empty, its settings are unset."""
        kept = {"PATH", "LANG", "LC_ALL", "TMPDIR", "TZ"}
        environment = {name: value for name, value in os.environ.items() if name in kept}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        done = subprocess.run(
            [str(self.folder / "venv" / "bin" / program), *arguments],
            env=environment | {"HOME": str(home), "XDG_DATA_HOME": str(self.data)},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_holds_every_file_beside_the_code(source: Path, wheel: Path):
    contained = set(ZipFile(wheel).namelist())
    there = {file.relative_to(source) for p in PACKAGES for file in (source / p).rglob("*.*")}
    missing = {file for file in there if str(file) not in contained and (source / file).is_file()}
    left_out = {f for f in missing if str(f).startswith(tuple(NOT_INSTALLED))}
    assert sorted(map(str, missing - left_out)) == []
    unused = [p for p in NOT_INSTALLED if not any(str(file).startswith(p) for file in left_out)]
    assert unused == []


def test_every_package_says_that_it_has_types(wheel: Path):
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(ZipFile(wheel).namelist())


def test_what_is_imported_is_a_declared_dependency(wheel: Path):
    archive = ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    lines = archive.read(metadata).decode().splitlines()
    declared = {
        Requirement(line.removeprefix("Requires-Dist: ")).name
        for line in lines
        if line.startswith("Requires-Dist: ")
    }
    distributions = packages_distributions()
    undeclared = set()
    for name in archive.namelist():
        if name.endswith(".py"):
            for module in imported(archive.read(name).decode()) - {*PACKAGES}:
                names = {
                    re.sub("[-_.]+", "-", each).lower() for each in distributions.get(module, [])
                }
                if not names & declared:
                    undeclared.add((name, module))
    assert sorted(undeclared) == []


def imported(code: str) -> set[str]:
    """The packages that code imports, those of Python aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names)


def test_the_command_runs_where_there_is_no_checkout(installed: Installed):
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["version"] in installed.run("tutti", "--version")
    assert "reconcile" in installed.run("tutti", "--help")


def test_messages_are_checked_where_there_is_no_checkout(installed: Installed, tmp_path: Path):
    good = b'{"consultation_id":"c","title":"t"}\n'
    (tmp_path / "good.jsonl").write_bytes(good)
    (tmp_path / "bad.jsonl").write_bytes(good + b'{"consultation_id":"c"}\n')
    check = ("schemas", "check", "--kind", "consultations")
    installed.run("tutti", *check, str(tmp_path / "good.jsonl"))
    assert "missing_field" in installed.run("tutti", *check, str(tmp_path / "bad.jsonl"), code=1)


def test_every_packaged_file_is_read_where_there_is_no_checkout(installed: Installed):
    installed.folder.joinpath("read.py").write_text(READ_EVERYTHING)
    known = subprocess.run(
        [sys.executable, "-c", READ_EVERYTHING],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    of_checkout = json.loads(known.stdout)
    of_wheel = json.loads(installed.run("python", str(installed.folder / "read.py")))
    assert of_checkout.pop("from") == str(CHECKOUT)
    assert of_wheel.pop("from").startswith(str(installed.folder))
    assert all(count > 0 for count in of_wheel.values())
    assert of_wheel == of_checkout


def test_an_installed_tutti_keeps_its_things_in_the_user_s_folder_of_data(installed: Installed):
    shown = installed.run("tutti", "config", "show")
    for name, place in (("HOME", "var"), ("JARS", "jars")):
        assert re.search(rf"TUTTI_{name} .* {re.escape(str(installed.data))}/tutti/{place} ", shown)
    assert f"{installed.data}/tutti/models/multilingual-e5-small/manifest.toml" in shown

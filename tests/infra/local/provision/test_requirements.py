"""What is committed about packages and archives: versions and hashes, no addresses."""

import re
from pathlib import Path

import pytest

from infra.local.provision.checkout import Checkout
from infra.local.provision.jars import wrong_jars
from infra.local.provision.main import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def pinned(name: str) -> dict[str, str]:
    lock = (ROOT / f"requirements/{name}.lock").read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_requirement_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert requirements
    assert all(re.match(r"[A-Za-z0-9._-]+==", r) for r in requirements), "only pins, no options"
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", r) for r in requirements)
    assert "://" not in text


def test_the_lock_files_agree_on_every_version() -> None:
    build, dev = pinned("build"), pinned("dev")
    assert pinned("runtime").items() <= dev.items()
    assert {name: dev.get(name, version) for name, version in build.items()} == build


def test_the_environment_holds_what_builds_the_project_without_network() -> None:
    assert "setuptools" in pinned("dev")


def test_what_installs_is_one_program() -> None:
    assert list(pinned("installer")) == ["uv"]


def test_no_configuration_names_a_registry() -> None:
    pom = (ROOT / "infra/jars/pom.xml").read_text()
    assert not re.search(r"<(repository|pluginRepository|url|mirror)\b", pom)
    asked = "".join(p.read_text() for p in (ROOT / "requirements").glob("*.in"))
    asked += (ROOT / "Makefile").read_text()
    asked += "".join(p.read_text() for p in (ROOT / "infra/local/provision").glob("*.py"))
    named = r"--(extra-|default-)?index(-url)?\b|--find-links|--trusted-host|://"
    assert not re.search(named, asked)


def test_the_sums_cover_every_archive_and_every_archive_is_the_expected_one() -> None:
    here = Checkout(ROOT, {})
    if not here.jars.ready():
        pytest.skip("the archives are not set up here")
    folder = here.jars.link
    assert {str(p.relative_to(folder)) for p in folder.rglob("*.jar")} == set(here.sums())
    assert wrong_jars(folder, here.sums()) == []

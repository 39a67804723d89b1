"""The Java archives are those of SHA256SUMS, or none."""

from pathlib import Path

import pytest
from small_checkouts import given, program, sentences, tools

from infra.local.provision.checkout import Checkout
from infra.local.provision.jars import install_jars
from infra.local.provision.lock import only_one
from infra.local.provision.step import Runner, StepError


@pytest.fixture
def folder(here: Checkout, tmp_path: Path) -> Path:
    """A folder of the archives, and of one that nobody asked for."""
    for name in (*here.sums(), "kafka/unknown.jar"):
        (tmp_path / "given" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "given" / name).write_bytes(b"jar\n")
    return tmp_path / "given"


def install(here: Checkout) -> None:
    with only_one(here) as lock:
        here.temporary.mkdir(exist_ok=True)
        install_jars(Runner(here, lock))


def test_a_given_folder_of_archives_replaces_maven(here: Checkout, folder: Path) -> None:
    with_jars = given(here, TUTTI_JARS=str(folder))
    assert "Maven" not in sentences(with_jars)
    install(with_jars)
    assert here.jars.ready()
    assert {p.name for p in here.jars.link.rglob("*.jar")} == {"f.jar", "k.jar"}


def test_a_changed_archive_is_refused_by_name(here: Checkout, folder: Path) -> None:
    (folder / "kafka" / "k.jar").write_bytes(b"JAR\n")
    with_jars = given(here, TUTTI_JARS=str(folder))
    assert "lacks or changed 1 of 2 archives (kafka/k.jar)" in sentences(with_jars)


def test_an_archive_that_maven_brings_is_compared_too(here: Checkout, folder: Path) -> None:
    tools(Path(here.env["PATH"]), "cp")
    to = 'for to; do case $to in -Djars.dir=*) cp -r "$from/." "${to#*=}" ;; esac; done'
    program(Path(here.env["PATH"]), "mvn", f"from={folder}; {to}")
    install(here)
    assert {p.name for p in here.jars.link.rglob("*.jar")} == {"f.jar", "k.jar"}
    (folder / "kafka" / "k.jar").write_bytes(b"JAR\n")
    with pytest.raises(StepError, match=r"kafka/k\.jar: missing, or not as in"):
        install(here)
    assert (here.jars.link / "kafka/k.jar").read_bytes() == b"jar\n"

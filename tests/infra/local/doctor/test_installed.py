"""What is installed is compared with the lock file and with the sums of the archives."""

import re

from patients import patient

from infra.local.doctor import installed
from infra.local.doctor.installed import check_jars, check_packages


def test_a_missing_archive_is_named(tmp_path):
    [found] = check_jars(patient(tmp_path, jars=tmp_path))
    assert found.level == "problem"
    assert ".jar" in found.found


def test_another_version_of_a_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(installed, "version", lambda _name: "0.0.1")
    [found] = check_packages(patient(tmp_path))
    assert found.level == "problem"
    assert "0.0.1 instead of" in found.found
    assert found.cure == "make setup"


def test_a_version_written_otherwise_is_the_same(tmp_path, monkeypatch):
    """Metadata of a wheel may say 2.012 where the index says 2.12."""
    before = installed.version
    monkeypatch.setattr(installed, "version", lambda name: re.sub(r"\.(\d)", r".0\1", before(name)))
    [found] = check_packages(patient(tmp_path))
    assert found.level == "ok"

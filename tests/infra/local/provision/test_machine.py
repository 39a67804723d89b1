"""Checks of the machine and of the checkout's folder."""

import shutil

import pytest
from small_checkouts import ready, sentences

from infra.local.provision import machine
from infra.local.provision.checkout import Checkout
from infra.local.provision.clean import clean
from infra.local.provision.machine import check_folder, check_machine, check_memory


def test_a_folder_that_is_not_ours_is_never_replaced(here: Checkout) -> None:
    here.environment.link.mkdir()
    assert "move it out of the way" in sentences(here)
    clean(here)
    assert here.environment.link.is_dir()


def test_too_little_room_is_a_problem_only_while_something_is_missing(
    here: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(here.root)._replace(free=10**9)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: full)
    assert "1.0 GB are free" in "".join(p.sentence for p in check_folder(here))
    ready(here)
    assert list(check_folder(here)) == []


def test_a_container_with_too_little_memory_is_a_problem(
    here: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cgroup_limits", lambda: iter([4 * 10**9]))
    assert ["There are 4.0 GB of memory" in p.sentence for p in check_memory(here)] == [True]


def test_an_old_c_library_is_a_problem_and_another_system_a_note(
    here: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("glibc", "2.28"))
    assert list(check_machine(here)) == []
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("glibc", "2.27"))
    assert [p.fatal for p in check_machine(here)] == [True]
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    # no redis-server is on PATH here
    assert [p.fatal for p in check_machine(here)] == [False, True]

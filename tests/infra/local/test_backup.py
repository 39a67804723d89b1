"""A backup holds everything that counts, and a damaged one is not restored."""

import json
import os
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import pytest

from infra.config.settings import Settings
from infra.local import backup as copying
from infra.local.backup import MANIFEST, backup, restore
from operators.core.errors import TerminalError
from operators.flink.checkpoints import state_files


def replaced_by_link(copy: Path, elsewhere: Path) -> None:
    (copy / "kafka").rename(elsewhere / "kafka")
    (copy / "kafka").symlink_to(elsewhere / "kafka")


def listed_link(copy: Path, target: str) -> None:
    (copy / "clickhouse" / "link").unlink()
    (copy / "clickhouse" / "link").symlink_to(target)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["links"]["clickhouse/link"] = target
    (copy / MANIFEST).write_text(json.dumps(manifest))


SMUGGLED: dict[str, Callable[[Path, Path], object]] = {
    "a link to a file": lambda copy, _: (copy / "kafka" / "x").symlink_to("/etc/passwd"),
    "a link to a folder": lambda copy, _: (copy / "votes" / "x").symlink_to("/etc"),
    "a link that leads nowhere": lambda copy, _: (copy / "kafka" / "x").symlink_to("nowhere"),
    "a folder": lambda copy, _: (copy / "kafka" / "x").mkdir(),
    "a pipe": lambda copy, _: os.mkfifo(copy / "kafka" / "x"),
    "a link in place of a folder": replaced_by_link,
    "a listed link that leads out": lambda copy, there: listed_link(copy, str(there)),
    "a listed link to a folder above": lambda copy, _: listed_link(copy, "../../x"),
    "a listed link by way of another": lambda copy, _: listed_link(copy, "a/../../x"),
}
"""What a copy of all there is would take along, or follow."""


def silent(_line: str) -> None:
    pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "a home"
    state = home / "votes" / "epoch-1" / "changelog" / "a"
    for file in (home / "kafka" / "log", home / "clickhouse" / "data", state):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"1234")
    key = home / "secrets" / "pseudonym.key"
    key.parent.mkdir(mode=0o700)
    key.write_bytes(b"key")
    key.chmod(0o600)
    metadata = home / "votes" / "epoch-1" / "checkpoints" / "job" / "chk-1" / "_metadata"
    metadata.parent.mkdir(parents=True)
    address = f"file:{state.resolve()}".encode()
    metadata.write_bytes(
        bytes.fromhex("4960672d") + b"\2" + (4).to_bytes(8) + len(address).to_bytes(2) + address
    )
    (home / "logs").mkdir()
    # As ClickHouse has them: a database's folder is a link, and some folders are empty.
    (home / "clickhouse" / "store" / "empty").mkdir(parents=True)
    (home / "clickhouse" / "link").symlink_to("store/empty")
    return Settings(home=home, port_base=27_990)


def test_what_is_restored_elsewhere_is_the_same_and_points_to_itself(
    settings: Settings, tmp_path: Path
) -> None:
    backup(settings, tmp_path / "copy", silent)
    there = Settings(home=tmp_path / "another place with a long name", port_base=27_990)
    restore(there, tmp_path / "copy")
    assert (there.home / "kafka" / "log").read_bytes() == b"1234"
    key = there.home / "secrets" / "pseudonym.key"
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (b"key", 0o600)
    assert not (there.home / "logs").exists()
    assert (there.home / "clickhouse" / "link").readlink() == Path("store/empty")
    assert (there.home / "clickhouse" / "store" / "empty").is_dir()
    [metadata] = there.home.glob("votes/*/checkpoints/*/*/_metadata")
    [state] = state_files(metadata.read_bytes())
    assert state.path == (there.home / "votes" / "epoch-1" / "changelog" / "a").resolve()
    assert state.path.is_file()


def test_nobody_starts_anything_while_it_is_copied(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def meanwhile(*_: object) -> None:
        with (settings.home / "stack.lock").open("w") as lock, pytest.raises(BlockingIOError):
            flock(lock, LOCK_EX | LOCK_NB)
        tried.append(True)

    monkeypatch.setattr(copying, "_copy", meanwhile)
    backup(settings, tmp_path / "copy", silent)
    assert tried


@pytest.mark.parametrize("damage", ["changed", "missing", "more", "manifest", *SMUGGLED])
def test_a_damaged_backup_is_refused(settings: Settings, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "copy"
    backup(settings, copy, silent)
    if damage == "changed":
        (copy / "kafka" / "log").write_bytes(b"1235")
    elif damage == "missing":
        (copy / "kafka" / "log").unlink()
    elif damage == "more":
        (copy / "kafka" / "more").write_bytes(b"")
    elif damage in SMUGGLED:
        SMUGGLED[damage](copy, tmp_path)
    else:
        (copy / MANIFEST).write_text(json.dumps({}))
    there = Settings(home=tmp_path / "there")
    with pytest.raises(TerminalError, match=r"damaged|no backup|leads out"):
        restore(there, copy)
    assert not there.home.exists()


def test_nothing_is_restored_but_what_the_manifest_lists(
    settings: Settings, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    backup(settings, copy, silent)
    for name in ("logs", "run", "stack.lock.d"):
        (copy / name).mkdir()
        (copy / name / "more").write_bytes(b"")
    (copy / "stack.lock").write_bytes(b"")
    there = Settings(home=tmp_path / "there", port_base=27_990)
    restore(there, copy)
    manifest = json.loads((copy / MANIFEST).read_text())
    found = {str(path.relative_to(there.home)) for path in there.home.rglob("*")}
    assert found == {*manifest["folders"], *manifest["files"], *manifest["links"]}


def test_nothing_is_overwritten(settings: Settings, tmp_path: Path) -> None:
    backup(settings, tmp_path / "copy", silent)
    with pytest.raises(TerminalError, match="not empty"):
        backup(settings, tmp_path / "copy", silent)
    with pytest.raises(TerminalError, match="not empty"):
        restore(settings, tmp_path / "copy")


def test_without_a_stack_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="nothing to back up"):
        backup(Settings(home=tmp_path / "none"), tmp_path / "copy", silent)

"""The kernel's wall behind the policy, tried from within a process that has confined itself."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import landlockpy
import pytest
from places import CHECKOUT

pytestmark = pytest.mark.skipif(not landlockpy.supported(), reason="this kernel has no Landlock")

CONFINED = """
import json, os, socket, sys
from pathlib import Path
from infra.chdb_http.config import ServerConfig
from infra.chdb_http.confinement import confine

folder, address, *paths = sys.argv[1:]
held = socket.socket()
held.bind(("127.0.0.1", 0))
home = Path(folder)
assert confine(ServerConfig(home / "data", home / "temporary", 0, 0, 0))
held.listen()

def outcome(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"

def connect(port):
    socket.create_connection(("127.0.0.1", int(port)), 5).close()

def write(path):
    Path(path).write_text("x")

import msgspec  # of the environment, and not loaded before
print(json.dumps({
    **{f"read {path}": outcome(lambda path=path: os.open(path, os.O_RDONLY)) for path in paths},
    "list": outcome(lambda: os.listdir(home)),
    "write": outcome(lambda: write(home / "elsewhere")),
    "write data": outcome(lambda: write(home / "data" / "part")),
    "write temporary": outcome(lambda: write(home / "temporary" / "block")),
    "connect": outcome(lambda: connect(address)),
    "bind": outcome(lambda: socket.socket().bind(("127.0.0.1", 0))),
    "signal": outcome(lambda: os.kill(os.getppid(), 0)),
}))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("confined")
    for name in ("data", "temporary"):
        (home / name).mkdir()
    (home / "pseudonym.key").write_text("secret")
    paths = [str(home / "pseudonym.key"), str(CHECKOUT / "pyproject.toml"), "/etc/passwd"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        call = [sys.executable, "-c", CONFINED, str(home), str(other.getsockname()[1]), *paths]
        done = subprocess.run(
            call, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_files_of_others_cannot_be_opened(tried: dict[str, str]) -> None:
    reads = {name: outcome for name, outcome in tried.items() if name.startswith("read ")}
    assert len(reads) == 3
    assert set(reads.values()) == {"PermissionError"}
    assert tried["list"] == tried["write"] == "PermissionError"


def test_its_own_folders_are_its_own(tried: dict[str, str]) -> None:
    assert tried["write data"] == tried["write temporary"] == "done"


@pytest.mark.skipif(landlockpy.abi_version() < 4, reason="TCP is refused by Linux 6.7 and later")
def test_no_server_can_be_reached(tried: dict[str, str]) -> None:
    assert tried["connect"] == tried["bind"] == "PermissionError"


@pytest.mark.skipif(landlockpy.abi_version() < 6, reason="signals are kept in by Linux 6.12")
def test_no_other_process_can_be_ended(tried: dict[str, str]) -> None:
    assert tried["signal"] == "PermissionError"


def test_the_server_has_confined_itself(server) -> None:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status

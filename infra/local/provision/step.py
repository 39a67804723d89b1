"""Runs the programs that install: pip, uv, Maven."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import Progress

# What would install or import from elsewhere. uv's settings are ours: pip's configuration says from
# where is fetched. Where uv keeps what it fetched, and how it links to it, is the user's choice.
ELSEWHERE = re.compile(
    "PIP_(TARGET|PREFIX|ROOT)$|PYTHON(HOME|PATH)$|(VIRTUAL_ENV|CONDA_PREFIX)$"
    "|UV_(?!(CACHE_DIR|LINK_MODE)$)"
)


class StepError(Exception):
    """A step of the installation failed; the message says what to do.

    A root of its own: set-up imports nothing but itself and the standard library.
    """


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the steps: one line each in the terminal, everything else in ``build/setup.log``.

    Attributes:
        here: the checkout.
        lock: file descriptor of the lock. The programs we start inherit it: if we are killed,
            the next set-up waits until they have ended too.
    """

    here: Checkout
    lock: int

    def run(self, title: str, *commands: list[str], remedy: str, **settings: str) -> None:
        """Run commands until one succeeds, and show how long it takes.

        The same command stands twice where it may fail by chance. ``settings`` are environment
        variables, unless the caller has set them.

        Raises:
            StepError: all failed; the message holds the end of the output and what to do.
        """
        env = settings | tool_environment(self.here)
        progress = Progress(title)
        log = self.here.build / "setup.log"
        for command in commands:
            with log.open("ab") as out:
                begin = out.tell()
                out.write(f"\n$ {' '.join(command)}\n".encode())
                out.flush()
                code = self._wait(command, env, out.fileno(), progress)
            if code == 0:
                progress.done()
                return
        with log.open("rb") as out:
            out.seek(begin)
            tail = out.read().decode(errors="replace").splitlines()[-30:]
        excerpt = "\n".join(f"  | {line}" for line in tail)
        raise StepError(f"{title}: failed.\n{excerpt}\n{remedy} The full log is {log}.")

    def _wait(self, command: list[str], env: dict[str, str], out: int, progress: Progress) -> int:
        try:
            child = subprocess.Popen(
                command,
                cwd=self.here.root,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=(self.lock,),
            )
        except OSError as error:
            os.write(out, f"{command[0]}: {error}\n".encode())
            return 127
        while True:
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                progress.tick()
            except BaseException:
                child.terminate()
                child.wait()
                raise


def tool_environment(here: Checkout) -> dict[str, str]:
    """The caller's environment, so that pip, Maven and proxies are configured as ever."""
    env = {name: value for name, value in here.env.items() if not ELSEWHERE.match(name)}
    cache = Path(env.get("XDG_CACHE_HOME") or Path(env.get("HOME", "/dev/null"), ".cache"))
    if not may_write(cache / "uv"):
        env.setdefault("UV_CACHE_DIR", str(here.build / "cache"))
    return env | {
        "PIP_USER": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONNOUSERSITE": "1",
        "UV_NO_CONFIG": "1",  # pip's configuration counts, which had to be there to fetch uv
        "UV_PYTHON_DOWNLOADS": "never",
        "TMPDIR": str(here.temporary),
    }


def may_write(folder: Path) -> bool:
    """Whether we may write into a folder, or make it if it is not there."""
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)

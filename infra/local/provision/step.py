"""Runs the programs that install: pip, Maven."""

import os
import subprocess
import time
from dataclasses import dataclass

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import Progress

FETCH_ATTEMPTS = 2  # pip and Maven retry a request themselves; this is for a fall in mid-download


class StepError(Exception):
    """A step of the installation failed; the message says what to do."""


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

    def run(
        self, title: str, command: list[str], remedy: str, *, attempts: int = 1, **extra: str
    ) -> None:
        """Run one program and show how long it takes.

        Raises:
            StepError: it failed; the message holds the end of its output and what to do.
        """
        env = tool_environment(self.here) | extra
        progress = Progress(title)
        log = self.here.build / "setup.log"
        for attempt in range(1, attempts + 1):
            with log.open("ab") as out:
                begin = out.tell()
                out.write(f"\n$ {' '.join(command)}\n".encode())
                out.flush()
                code = self._wait(command, env, out.fileno(), progress)
            if code == 0:
                progress.done()
                return
            if attempt < attempts:
                progress.again()
                time.sleep(2)
        with log.open("rb") as out:
            out.seek(begin)
            tail = out.read().decode(errors="replace").splitlines()[-30:]
        said = "\n".join(f"  | {line}" for line in tail)
        raise StepError(f"{title}: failed.\n{said}\n{remedy} The full log is {log}.")

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
    """The caller's environment, so that pip, Maven and proxies are configured as ever.

    Only what would install elsewhere, or import from elsewhere, is taken out, and temporary files
    stay in the checkout: a small /tmp cannot hold the packages.
    """
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
    env = {name: value for name, value in here.env.items() if name not in elsewhere}
    return env | {
        "PIP_USER": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": str(here.build / "tmp"),
    }

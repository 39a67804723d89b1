"""A stack of one's own that may be broken: its processes, found by what they carry with them."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from places import CHECKOUT
from stack.conftest import Stack, new_stack

from infra.kafka import client as kafka
from infra.local.services import SERVICES as EVERY_SERVICE
from infra.local.status import status
from infra.local.supervisor import Supervisor
from infra.service.waiting import wait_until
from operators.core.errors import TuttiError
from schemas.topics import Topic

SERVICES = ("kafka", "clickhouse", "redis", "intake", "votes", "sink")
READY_S = 180
SMALL_DISKS_MB = {"kafka": 1_200, "clickhouse": 1_200, "votes": 2_000}


class NotOverError(AssertionError):
    """What was awaited after a fault does not come."""


def await_that(what: str, found: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition."""
    if not wait_until(found, seconds, every_s=0.1):
        raise NotOverError(f"{what}: not within {seconds:g} s")


def private_mounts() -> list[str] | None:
    """The command before a command that may mount; None where nobody may.

    What is mounted there is seen by its descendants only, and gone with the last of them.
    """
    command = ["unshare", "--mount"] + ([] if os.getuid() == 0 else ["--map-root-user"])
    try:
        tried = subprocess.run(
            [*command, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return None
    return command if tried.returncode == 0 else None


@dataclass
class Stage:
    """A stack, and what a fault does to it.

    Attributes:
        stack: The stack.
        random: Of the scenario: every moment and choice comes from it.
        small_disks: Whether Kafka, ClickHouse and the checkpoints each have a small file system.
        broken: Whether a scenario failed, so that the next one needs another stack.
    """

    stack: Stack = field(default_factory=new_stack)
    random: Random = field(default_factory=lambda: Random(0))
    small_disks: bool = False
    broken: bool = False

    def begin(self) -> None:
        """Start everything."""
        if not self.small_disks:
            self.stack.run("up")
            return
        folders = {name: self.stack.settings.home / name for name in SMALL_DISKS_MB}
        for folder in folders.values():
            folder.mkdir(parents=True)
        mounts = " && ".join(
            f"mount -t tmpfs -o size={SMALL_DISKS_MB[name]}m none {shlex.quote(str(folder))}"
            for name, folder in folders.items()
        )
        up = [sys.executable, "-m", "pipelines.cli.main", "up"]
        subprocess.run(
            [*(private_mounts() or []), "sh", "-c", f"{mounts} && {shlex.join(up)}"],
            env=self.stack.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def end(self) -> None:
        """Stop and remove everything."""
        with suppress(AssertionError, subprocess.TimeoutExpired):
            self.stack.run("down")
        self.kill(*(service.name for service in EVERY_SERVICE), "supervisord")
        self.stack.tear_down()

    def processes(self, *services: str) -> list[psutil.Process]:
        """The processes of some services, those that lost their supervisor included."""
        home = str(self.stack.settings.home.resolve())
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                environment = process.environ()
                if (
                    environment.get("TUTTI_HOME") == home
                    and environment.get("TUTTI_SERVICE") in services
                ):
                    found.append(process)
        return found

    def signal(self, number: signal.Signals, *services: str) -> list[psutil.Process]:
        """Send a signal to every process of some services."""
        found = self.processes(*services)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return found

    def kill(self, *services: str) -> None:
        """``kill -9`` of every process of some services, at once."""
        psutil.wait_procs(self.signal(signal.SIGKILL, *services), timeout=30)

    def await_running(self, *services: str) -> None:
        """Wait until there are processes of these services again."""
        await_that(
            f"processes of {services}",
            lambda: all(self.processes(service) for service in services),
            180,
        )

    def up(self, tries: int = 3) -> None:
        """``tutti up``, as somebody does who finds that something is wrong.

        On a busy machine it may give up waiting while the services go on; then it is said again.
        """
        for left in reversed(range(tries)):
            try:
                self.stack.run("up")
            except AssertionError as error:
                if not left or "does not become ready" not in str(error):
                    raise
            else:
                return

    def await_ready(self, seconds: float = READY_S) -> None:
        """Wait until every service says that it is ready, without doing anything about it."""

        def ready() -> bool:
            try:
                return all(service.ready for service in status(self.stack.settings))
            except (OSError, TuttiError, psutil.Error):
                return False

        await_that("ready", ready, seconds)

    def pause(self, least: float, most: float) -> None:
        """Wait for a time that the seed chooses: the moment of the next blow."""
        time.sleep(self.random.uniform(least, most))

    @contextmanager
    def beside(self, code: str, **environment: str) -> Iterator[None]:
        """Run one more process of a service, again and again as a supervisor does.

        It counts from the moment when it says that it has started; until then this waits.
        """
        output = self.stack.settings.home.parent / "beside.log"  # not of the stack itself
        output.write_bytes(b"")
        over = threading.Event()

        def keep() -> None:
            with output.open("ab") as log:
                while not over.is_set():
                    with subprocess.Popen(
                        [sys.executable, "-c", code],
                        env=self.stack.environment | environment,
                        cwd=CHECKOUT,
                        stdout=log,
                        stderr=log,
                    ) as process:
                        # Here, not outside: nobody else knows the newest one in time.
                        while process.poll() is None and not over.wait(0.1):
                            pass
                        process.kill()
                    over.wait(1.0)

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            await_that("the process beside starts", lambda: b"_started" in output.read_bytes(), 300)
            yield
        finally:
            over.set()
            keeper.join()

    @contextmanager
    def full(self, folder: str) -> Iterator[None]:
        """No space is left on the file system of a folder; what becomes free is taken at once."""
        [supervisord] = self.processes("supervisord")
        place = Path(f"/proc/{supervisord.pid}/root{self.stack.settings.home.resolve()}", folder)
        over = threading.Event()
        pieces: list[Path] = []

        def fill() -> None:
            while not over.is_set():
                found = os.statvfs(place)
                if free := found.f_bavail * found.f_frsize:
                    piece = place / f"ballast-{len(pieces)}"
                    pieces.append(piece)
                    with suppress(OSError), piece.open("wb") as file:
                        os.posix_fallocate(file.fileno(), 0, free)
                over.wait(0.05)

        filler = threading.Thread(target=fill)
        filler.start()
        try:
            yield
        finally:
            over.set()
            filler.join()
            for piece in pieces:
                piece.unlink(missing_ok=True)

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.stack.settings)

    def ends(self, topic: Topic) -> dict[int, int]:
        """Where the partitions of a topic end, uncommitted records included."""
        places = [(topic.name, partition) for partition in range(topic.partitions)]
        found = kafka.ends(kafka.admin(self.stack.settings), places)
        return {partition: end for (_, partition), end in found.items()}

    def votes_folder(self) -> Path:
        """The newest epoch's folder."""
        folders = (self.stack.settings.home / "votes").glob("epoch-*")
        return max(folders, key=lambda folder: int(folder.name.removeprefix("epoch-")))

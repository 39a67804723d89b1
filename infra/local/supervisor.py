"""supervisord: keeps the services running, each on its own."""

import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from configparser import RawConfigParser
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.local.services import SERVICES
from infra.service.waiting import wait_until
from operators.core.errors import TerminalError

LOG_BYTES: Final = 10 * 1024 * 1024
LOG_BACKUPS: Final = 3
ENDS_BYTES: Final = 256 * 1024
"""Of the supervisor's log so much is looked through for services that ended."""
START_S: Final = 20.0
STOP_S: Final = 30
ONE_THREAD: Final = 'OPENBLAS_NUM_THREADS="1",OMP_NUM_THREADS="1"'
"""For numpy's matrices in every service: on a busy machine two threads wait for each other, turning
all the time, and take the cores from counting. numpy reads it when it is imported."""
UNLIMITED: Final = 1_000_000_000
"""Tries before the supervisor gives a service up; it waits one second longer after each."""

_ENDED: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ \w+ exited: ([\w-]+) ")


@dataclass(frozen=True, slots=True)
class Process:
    """A service as the supervisor sees it."""

    state: str
    pid: int
    description: str


class Supervisor:
    """One installation's supervisord."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._socket = settings.socket_dir / "supervisor.sock"

    @property
    def _rpc(self) -> Any:
        """A connection of its own for each call: one that failed cannot be used again."""
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    @property
    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, Fault):
            return False

    def launch(self) -> None:
        """Start supervisord itself, without its services."""
        home = self._settings.home.resolve()
        if "%" in f"{home}{sys.executable}":
            raise TerminalError(
                f"supervisord expands percent signs: choose a TUTTI_HOME without one, not {home}."
            )
        for folder in (home, home / "logs", home / "run", home / "tmp"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._claim_socket_folder()
        configuration = self._settings.run / "supervisord.conf"
        with configuration.open("w") as file:
            self._configuration().write(file)
        settings = self._settings
        paths = {name: str(value) for name, value in settings if isinstance(value, Path)}
        environment = os.environ | {
            # The services run in another folder than we do.
            **{f"TUTTI_{name.upper()}": value for name, value in paths.items()},
            # Marks it as ours: one that can no longer be reached is ended with its services.
            "TUTTI_SERVICE": "supervisord",
            "TUTTI_HOME": str(home.resolve()),
            "TUTTI_JARS": str(self._settings.jars.resolve()),
            "TUTTI_PORT_BASE": str(self._settings.port_base),
        }
        subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            env=environment,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        if not wait_until(lambda: self.alive, START_S, every_s=0.1):
            raise TerminalError(
                f"supervisord did not start: see {self._settings.logs / 'supervisord.log'}."
            )

    def start(self, service: str) -> None:
        """Start a service unless it runs."""
        try:
            self._rpc.startProcess(service, False)  # noqa: FBT003 - do not wait
        except Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def stop(self, service: str) -> None:
        """Stop a service and wait until it has ended."""
        self._rpc.stopProcess(service)

    def processes(self) -> dict[str, Process]:
        """The services by name."""
        return {
            found["name"]: Process(found["statename"], found["pid"], found["description"])
            for found in self._rpc.getAllProcessInfo()
        }

    def shut_down(self) -> None:
        """Stop all services, those that read before those that write, then supervisord."""
        pid = self._rpc.getPID()
        self._rpc.shutdown()
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(timeout=STOP_S * len(SERVICES))

    def _claim_socket_folder(self) -> None:
        """A folder in a place that everybody may write to must be ours alone."""
        folder = self._settings.socket_dir
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
            raise TerminalError(f"{folder} belongs to somebody else: remove it and try again.")

    def _configuration(self) -> RawConfigParser:
        logs = self._settings.logs.resolve()
        parser = RawConfigParser()
        parser["unix_http_server"] = {"file": str(self._socket), "chmod": "0700"}
        parser["supervisord"] = {
            "logfile": str(logs / "supervisord.log"),
            "logfile_maxbytes": str(LOG_BYTES),
            "logfile_backups": str(LOG_BACKUPS),
            "pidfile": str((self._settings.run / "supervisord.pid").resolve()),
            "childlogdir": str(logs),
            "minfds": "1024",
            # What the services write is for nobody else, wherever their folder is.
            "umask": "077",
        }
        parser["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        for service in SERVICES:
            parser[f"program:{service.name}"] = {
                "command": f"{shlex.quote(sys.executable)} -m {service.module}",
                "directory": str(CHECKOUT),
                "environment": f'TUTTI_SERVICE="{service.name}",{ONE_THREAD}',
                "autostart": "false",
                # A service on demand ends by itself when it is done.
                "autorestart": "unexpected" if service.on_demand else "true",
                "startsecs": "0" if service.on_demand else "2",
                "startretries": str(UNLIMITED),
                "stopasgroup": "true",
                "killasgroup": "true",
                "stopwaitsecs": str(STOP_S),
                # Stopped in reverse: readers before what they read from.
                "priority": str(service.stage),
                "redirect_stderr": "true",
                "stdout_logfile": str(logs / f"{service.name}.log"),
                "stdout_logfile_maxbytes": str(LOG_BYTES),
                "stdout_logfile_backups": str(LOG_BACKUPS),
            }
        return parser


def orphans(settings: Settings) -> list[psutil.Process]:
    """Processes of this installation: its services and supervisord itself."""
    home = str(settings.home.resolve())
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if environment.get("TUTTI_HOME") == home and "TUTTI_SERVICE" in environment:
            found.append(process)
    return found


def end_orphans(settings: Settings) -> int:
    """End them, kindly at first; returns how many there were.

    As supervisord does: those that read before what they read from. A sink without its ClickHouse
    would wait for it until it is ended by force.
    """
    found = orphans(settings)
    stages = [_stage(process) for process in found]
    for turn in sorted(set(stages), reverse=True):
        _end([process for process, stage in zip(found, stages, strict=True) if stage == turn])
    return len(found)


def _stage(process: psutil.Process) -> int:
    """Of its service; supervisord comes first, it would start the others again."""
    stages = {service.name: service.stage for service in SERVICES}
    try:
        return stages.get(process.environ()["TUTTI_SERVICE"], max(stages.values()) + 1)
    except (psutil.Error, KeyError):  # it has ended
        return 0


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=STOP_S)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_S)


def unexpected_ends(settings: Settings, since: datetime) -> dict[str, int]:
    """How often each service ended without being told to, as the supervisor has logged it."""
    file = settings.logs / "supervisord.log"
    if not file.exists():
        return {}
    with file.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - ENDS_BYTES))
        lines = log.read().decode(errors="replace").splitlines()
    ends = Counter[str]()
    for found in filter(None, map(_ENDED.match, lines)):
        # The supervisor writes this machine's time.
        if datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").astimezone(UTC) >= since:
            ends[found[2]] += 1
    return dict(ends)


def log_tail(settings: Settings, service: str, lines: int = 25) -> str:
    """The end of a service's log."""
    file: Path = settings.logs / f"{service}.log"
    if not file.exists():
        return "(no log yet)"
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])

"""Sets up the checkout: first checks and changes nothing, then installs into the checkout only.

``make setup`` runs it through ``setup.sh``. It uses the standard library alone, because it runs
before anything is installed. What it makes lies in ``build/`` under names that carry the digest of
the lock files; ``.venv`` and ``build/jars`` are links that are switched in one step when the new
folder is complete. So an interruption leaves the old state, the next run resumes, and a run with
nothing to do does nothing, without network.
"""
# ruff: noqa: T201 - it runs in a terminal, before the logging library is installed

import argparse
import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPE = "1"  # raise it when the same lock files must be installed anew
STAMP = ".tutti-stamp"
PROJECT_STAMP = ".tutti-project"

JAVA_MIN = 17
GLIBC_MIN = (2, 28)  # the newest manylinux tag among the locked wheels
MEMORY_MIN_BYTES = 6 * 10**9
DISK_MIN_BYTES = 6 * 10**9
PORT_BASE = 18100  # the same three as in infra/settings.py, which needs pydantic
PORT_MIN, PORT_MAX = 1024, 65000
PORTS = (
    "live page",
    "ClickHouse",
    "ClickHouse for analysts",
    "Kafka",
    "Kafka controller",
    "Redis",
    "Flink, votes",
    "Flink, semantics",
    "metrics",
    "supervisor",
)
HEARTBEAT_S = 30.0
FETCH_ATTEMPTS = 2  # pip and Maven retry a request themselves; this is for a fall in mid-download


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands in the way: a sentence with what to do."""

    sentence: str
    fatal: bool = True


class StepError(Exception):
    """A step of the installation failed; the message says what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Checkout:
    """One checkout and the environment in which it is set up.

    Attributes:
        root: folder of the checkout.
        env: environment variables of the caller.
    """

    root: Path
    env: Mapping[str, str]

    @property
    def build(self) -> Path:
        """Everything that is made, except the link ``.venv``."""
        return self.root / "build"

    @property
    def venv(self) -> Path:
        """Link to the present Python environment."""
        return self.root / ".venv"

    @property
    def jars(self) -> Path:
        """Link to the present Java archives."""
        return self.build / "jars"

    @property
    def home(self) -> Path:
        """Data folder of this checkout's own stack."""
        return Path(self.env.get("TUTTI_HOME") or self.root / "var")

    @property
    def port_base(self) -> int:
        """First of the ten ports; 0 when the setting is no number."""
        given = self.env.get("TUTTI_PORT_BASE") or str(PORT_BASE)
        return int(given) if given.isdecimal() else 0

    def digest(self, *names: str) -> str:
        """Digest of some files of the checkout, of the machine and of this program's recipe."""
        seen = hashlib.sha256(f"{RECIPE} {sys.platform} {platform.machine()}".encode())
        for name in names:
            seen.update(name.encode() + b"\0" + (self.root / name).read_bytes())
        return seen.hexdigest()

    @property
    def venv_key(self) -> str:
        """Key of the Python environment: its scripts hold the checkout's path, so this counts."""
        locks = self.digest("requirements/build.lock", "requirements/dev.lock")
        return hashlib.sha256(f"{locks} {self.root}".encode()).hexdigest()

    @property
    def jars_key(self) -> str:
        """Key of the Java archives."""
        return self.digest("infra/jars/SHA256SUMS")

    @property
    def project_key(self) -> str:
        """Key of what the installed ``tutti`` command depends on in pyproject.toml."""
        told = tomllib.loads((self.root / "pyproject.toml").read_text())
        parts = [told.get("build-system"), told.get("project")]
        parts.append(told.get("tool", {}).get("setuptools"))
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def venv_ready(self) -> bool:
        """Whether the Python environment is complete and belongs to the lock files."""
        stamp = read_stamp(self.venv / STAMP)
        # The interpreter behind it may have been uninstalled: `exists` follows the links.
        return (
            stamp.get("key") == self.venv_key
            and (self.venv / "bin" / "python").exists()
            and ("TUTTI_PYTHON" not in self.env or stamp.get("python") == python_minor())
        )

    def project_ready(self) -> bool:
        """Whether the ``tutti`` command is installed as pyproject.toml has it."""
        return read_stamp(self.venv / PROJECT_STAMP).get("key") == self.project_key

    def jars_ready(self) -> bool:
        """Whether the Java archives are complete and belong to SHA256SUMS."""
        return read_stamp(self.jars / STAMP).get("key") == self.jars_key and all(
            (self.jars / name).is_file() for name in self.sums()
        )

    def sums(self) -> dict[str, str]:
        """The expected sha256 of every archive, by ``kafka/NAME.jar`` or ``flink/NAME.jar``."""
        lines = (self.root / "infra/jars/SHA256SUMS").read_text().splitlines()
        return {name: digest for digest, name in (line.split() for line in lines)}

    def stack_runs(self) -> bool:
        """Whether this checkout's own supervisor is alive."""
        try:
            pid = int((self.home / "run" / "supervisord.pid").read_text())
            os.kill(pid, 0)
        except PermissionError:
            return True
        except (OSError, ValueError):
            return False
        command = Path(f"/proc/{pid}/cmdline")
        # A pid is given again after a reboot, so the name counts too, where it can be read.
        return b"supervisor" in command.read_bytes() if command.exists() else True


def read_stamp(path: Path) -> dict[str, str]:
    """Read a stamp; a missing or damaged one is empty."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def python_minor() -> str:
    """Return the running Python's version, e.g. ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


# --- Checks: they look and change nothing ------------------------------------------------------


def check_machine(here: Checkout) -> Iterator[Problem]:
    """Linux x86-64 with glibc; others as far as they go, with the system's Redis."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) == ("Linux", "x86_64"):
        name, version = platform.libc_ver()
        found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        if name != "glibc" or found < GLIBC_MIN:
            yield Problem(
                f"The C library is {name or 'not glibc'} {version}".rstrip()
                + ", but the locked packages need glibc 2.28 or newer: use e.g. Debian 12 or "
                "Ubuntu 22.04."
            )
    elif system in {"Linux", "Darwin"}:
        yield Problem(
            f"{system} on {machine} is best effort; Linux on x86-64 is what is tested.", fatal=False
        )
        if not shutil.which("redis-server", path=here.env.get("PATH")):
            yield Problem(
                f"No `redis-server` is on PATH, and no wheel brings one for {system} on "
                f"{machine}: install Redis with the system's package manager."
            )
    else:
        yield Problem(
            f"{system} on {machine} is not supported: use Linux on x86-64 (on Windows, WSL 2)."
        )


def check_python(here: Checkout) -> Iterator[Problem]:
    """Python 3.11 or 3.12 that can make environments."""
    minor = python_minor()
    if minor not in {"3.11", "3.12"}:
        yield Problem(f"This is Python {minor}: use 3.11 or 3.12, e.g. with TUTTI_PYTHON=…")
    if not here.venv_ready() and not importlib.util.find_spec("ensurepip"):
        yield Problem(
            f"Python {minor} has no `venv`: install it (Debian, Ubuntu: apt-get install "
            f"python{minor}-venv)."
        )


def check_java(here: Checkout) -> Iterator[Problem]:
    """Java 17 or newer, for Kafka and Flink."""
    home = here.env.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java", path=here.env.get("PATH"))
    remedy = (
        f"install Java {JAVA_MIN} or newer (Debian, Ubuntu: apt-get install "
        "openjdk-17-jre-headless), or point JAVA_HOME at one"
    )
    if java is None:
        yield Problem(f"No Java is on PATH: {remedy}.")
        return
    said = output_of([java, "-version"], here.env)
    # "1.8.0_392" is Java 8, "17.0.15" is Java 17
    found = re.search(r'version "(?:1\.)?(\d+)', said or "")
    if found is None:
        yield Problem(f"{java} does not run: {remedy}.")
    elif int(found[1]) < JAVA_MIN:
        yield Problem(f"{java} is Java {found[1]}: {remedy}.")


def check_jars(here: Checkout) -> Iterator[Problem]:
    """Maven, or a folder with the archives; neither once they are there."""
    if here.jars_ready():
        return
    if given := here.env.get("TUTTI_JARS"):
        wrong = wrong_jars(Path(given), here.sums())
        if wrong:
            yield Problem(
                f"TUTTI_JARS={given} lacks or changed {len(wrong)} of {len(here.sums())} archives "
                f"({', '.join(wrong[:3])}{', …' if len(wrong) > 3 else ''}): "  # noqa: PLR2004
                "fill it as infra/jars/SHA256SUMS says, or unset TUTTI_JARS and use Maven."
            )
    elif output_of(["mvn", "--version"], here.env) is None:
        yield Problem(
            "No Maven that runs is on PATH: install it (Debian, Ubuntu: apt-get install maven), "
            "or give a folder of the archives with TUTTI_JARS=DIR."
        )


def check_memory(_here: Checkout) -> Iterator[Problem]:
    """Memory of the machine, or of the container around us when that is less."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = min([total, *cgroup_limits()])
    if limit < MEMORY_MIN_BYTES:
        yield Problem(
            f"There are {limit / 1e9:.1f} GB of memory, but 6 GB are needed: use a larger machine, "
            "or raise the container's limit."
        )


def cgroup_limits() -> Iterator[int]:
    """Memory limits of the control groups (version 2) that this process is in, from the inside."""
    with contextlib.suppress(OSError, IndexError):
        inner = Path("/proc/self/cgroup").read_text().strip().rsplit("::", 1)[1]
        group = Path("/sys/fs/cgroup") / inner.lstrip("/")
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError, ValueError):
                yield int((folder / "memory.max").read_text())
    with contextlib.suppress(OSError, ValueError):
        yield int(Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").read_text())


def check_folder(here: Checkout) -> Iterator[Problem]:
    """A checkout that can be written, with room for what is still missing."""
    if here.venv_ready() and here.jars_ready():
        return
    shut = [p for p in (here.root, here.build) if p.exists() and not os.access(p, os.W_OK)]
    for folder in shut:
        yield Problem(f"{folder} is not writable for you: change its owner, or use another clone.")
    if here.venv.exists() and not here.venv.is_symlink():
        yield Problem(f"{here.venv} is not from this set-up: move it out of the way.")
    if here.jars.exists() and not here.jars.is_symlink():
        yield Problem(f"{here.jars} is not from this set-up: move it out of the way.")
    free = shutil.disk_usage(here.root).free
    if free < DISK_MIN_BYTES:
        yield Problem(
            f"{free / 1e9:.1f} GB are free where {here.root} is, but 6 GB are needed: make room."
        )


def check_ports(here: Checkout, *, fatal: bool) -> Iterator[Problem]:
    """Ten free ports on 127.0.0.1, unless this checkout's own stack holds them."""
    if here.stack_runs():
        return
    base = here.port_base
    if base not in range(PORT_MIN, PORT_MAX + 1):
        yield Problem(
            f"TUTTI_PORT_BASE={here.env.get('TUTTI_PORT_BASE')} is no port from {PORT_MIN} to "
            f"{PORT_MAX}: choose the first of ten free ones."
        )
        return
    used = [(base + n, name) for n, name in enumerate(PORTS) if port_is_used(base + n)]
    if used:
        listed = ", ".join(f"{port} ({name})" for port, name in used)
        yield Problem(
            f"In use on 127.0.0.1: {listed}: stop what listens there, or choose ten other ports "
            f"with TUTTI_PORT_BASE={base + 100}.",
            fatal,
        )


def port_is_used(port: int) -> bool:
    """Whether something listens on the port; a connection that is closing does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def output_of(command: list[str], env: Mapping[str, str]) -> str | None:
    """Return what a program prints, or None when it does not run."""
    program = shutil.which(command[0], path=env.get("PATH"))
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def problems(here: Checkout, *, ports_fatal: bool) -> list[Problem]:
    """Run every check and list everything that stands in the way."""
    checks = (
        check_machine,
        check_python,
        check_java,
        check_jars,
        check_memory,
        check_folder,
    )
    found = [problem for check in checks for problem in check(here)]
    return [*found, *check_ports(here, fatal=ports_fatal)]


# --- Steps: they install, each one repeatable ---------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
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
        started = time.monotonic()
        log = self.here.build / "setup.log"
        for attempt in range(1, attempts + 1):
            with log.open("ab") as out:
                begin = out.tell()
                out.write(f"\n$ {' '.join(command)}\n".encode())
                out.flush()
                code = self._wait(title, command, env, out.fileno(), started)
            if code == 0:
                show_done(title, time.monotonic() - started)
                return
            if attempt < attempts:
                print(f"setup: {title}: failed, trying once more", flush=True)
                time.sleep(2)
        with log.open("rb") as out:
            out.seek(begin)
            tail = out.read().decode(errors="replace").splitlines()[-30:]
        said = "\n".join(f"  | {line}" for line in tail)
        raise StepError(f"{title}: failed.\n{said}\n{remedy} The full log is {log}.")

    def _wait(
        self, title: str, command: list[str], env: dict[str, str], out: int, started: float
    ) -> int:
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
        terminal = sys.stdout.isatty()
        spoken = started
        if not terminal:
            print(f"setup: {title} …", flush=True)
        while True:
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if terminal:
                    print(f"\rsetup: {title} … {now - started:.0f} s", end="", flush=True)
                elif now - spoken >= HEARTBEAT_S:
                    spoken = now
                    print(f"setup: {title} … {now - started:.0f} s", flush=True)
            except BaseException:
                child.terminate()
                child.wait()
                raise


def show_done(title: str, seconds: float) -> None:
    """Print that a step is done, over its own line where that is possible."""
    back = "\r" if sys.stdout.isatty() else ""
    print(f"{back}setup: {title}: done in {seconds:.1f} s", flush=True)


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


def install_venv(runner: Runner) -> None:
    """Make the Python environment in its own folder, then point ``.venv`` at it."""
    here = runner.here
    folder = here.build / f"venv-{python_minor()}-{here.venv_key[:12]}"
    python = str(folder / "bin" / "python")
    # Not ours but its base: when we run from an environment, the new one must outlive it.
    base = getattr(sys, "_base_executable", "") or sys.executable
    repair(folder)
    runner.run(
        "Python environment",
        [base, "-I", "-m", "venv", str(folder)],
        "Run `make clean` and `make setup` again.",
    )
    remedy = (
        "Check the network, the proxy (HTTPS_PROXY) and pip's own configuration (`pip config "
        "list`), then run `make setup` again: it resumes."
    )
    install = [python, "-I", "-m", "pip", "install", "--require-hashes", "--no-deps"]
    steps = {"build": "Build tools", "dev": "Python packages (about 1.7 GB)"}
    for name, title in steps.items():
        lock = str(here.root / "requirements" / f"{name}.lock")
        # Some packages come as source: they are built with the locked tools, not with fetched ones.
        command = [*install, "--no-build-isolation", "-r", lock]
        runner.run(title, command, remedy, attempts=FETCH_ATTEMPTS)
    again = "Run `make clean` and `make setup` again."
    runner.run("Packages fit together", [python, "-I", "-m", "pip", "check"], again)
    os.sync()  # the stamp must not reach the disk before the packages
    write_stamp(folder / STAMP, {"key": here.venv_key, "python": python_minor()})
    switch(here.venv, folder)


def install_project(runner: Runner) -> None:
    """Install the checkout itself, so that ``.venv/bin/tutti`` exists; it needs no network."""
    here = runner.here
    command = [str(here.venv / "bin" / "python"), "-I", "-m", "pip", "install", "--no-deps"]
    runner.run(
        "The command tutti",
        [*command, "--no-build-isolation", "--no-index", "-e", str(here.root)],
        "Look at pyproject.toml, then run `make setup` again.",
        PIP_REQUIRE_HASHES="0",
    )
    write_stamp(here.venv / PROJECT_STAMP, {"key": here.project_key})


def repair(folder: Path) -> None:
    """Take out what a killed pip left half-done, so that pip installs it again.

    pip writes ``RECORD`` last: a package without it is incomplete, though pip would call it
    installed. Names that begin with ``~`` are packages that it was about to replace.
    """
    for packages in folder.glob("lib/python*/site-packages"):
        torn = [info for info in packages.glob("*.dist-info") if not (info / "RECORD").is_file()]
        for path in (*torn, *packages.glob("~*")):
            shutil.rmtree(path, ignore_errors=True)


def install_jars(runner: Runner) -> None:
    """Put the Java archives into their own folder, compare each, then point ``jars`` at it.

    Raises:
        StepError: an archive is missing or is not the expected one.
    """
    here = runner.here
    folder = here.build / f"jars-{here.jars_key[:12]}"
    part = here.build / "tmp" / folder.name
    if given := here.env.get("TUTTI_JARS"):
        started = time.monotonic()
        for name in here.sums():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(given) / name, part / name)
        show_done("Java archives from TUTTI_JARS", time.monotonic() - started)
    else:
        pom = str(here.root / "infra" / "jars" / "pom.xml")
        command = ["mvn", "-B", "-ntp", "-f", pom, f"-Djars.dir={part}", *own_repository(here)]
        runner.run(
            "Java archives (about 55 MB)",
            [*command, "package"],
            "Check the network and Maven's own settings (~/.m2/settings.xml, proxies), or give "
            "a folder of the archives with TUTTI_JARS=DIR, then run `make setup` again.",
            attempts=FETCH_ATTEMPTS,
        )
    sums = here.sums()
    wrong = wrong_jars(part, sums)
    if wrong:
        raise StepError(
            f"Java archives: {', '.join(wrong)}: missing, or not as in infra/jars/SHA256SUMS. "
            "Delete them from Maven's local repository (~/.m2/repository) and run `make setup` "
            "again."
        )
    for path in part.rglob("*.jar"):
        if str(path.relative_to(part)) not in sums:
            path.unlink()  # nothing unverified gets on the class path
    write_stamp(part / STAMP, {"key": here.jars_key})
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    switch(here.jars, folder)


def wrong_jars(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """Names of the archives that are missing in a folder or have another sha256."""
    return [
        name
        for name, digest in sums.items()
        if not (folder / name).is_file()
        or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def own_repository(here: Checkout) -> list[str]:
    """Maven's local repository is the user's; without a writable home it is in the checkout."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # Maven asks the same source, not $HOME
    except KeyError:
        home = Path("/nonexistent")
    kept = home / ".m2" / "repository"
    while not kept.exists():
        kept = kept.parent
    return [] if os.access(kept, os.W_OK) else [f"-Dmaven.repo.local={here.build / 'm2'}"]


def write_stamp(path: Path, content: dict[str, str]) -> None:
    """Write a stamp whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content) + "\n")
    part.replace(path)


def switch(link: Path, folder: Path) -> None:
    """Point a link at a folder in one step; whoever looks sees the old one or the new one."""
    part = link.with_name(f".{link.name.lstrip('.')}.switch")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(folder, link.parent))
    part.replace(link)


def delete_stale(here: Checkout) -> None:
    """Delete earlier environments and archives, unless a running stack may still use them."""
    if here.stack_runs():
        return
    current = {here.venv.resolve(), here.jars.resolve()}
    for folder in (*here.build.glob("venv-*"), *here.build.glob("jars-*")):
        if folder.resolve() not in current:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def only_one(here: Checkout) -> Iterator[int]:
    """Hold the lock, so that two set-ups of one checkout do not meet."""
    here.build.mkdir(exist_ok=True)
    with (here.build / ".setup.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("setup: waiting for another set-up of this checkout to end", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def install(here: Checkout) -> None:
    """Install what is missing.

    Raises:
        StepError: a step failed; what was complete before stays in use.
    """
    steps: tuple[tuple[Callable[[], bool], Callable[[Runner], None]], ...] = (
        (here.jars_ready, install_jars),
        (here.venv_ready, install_venv),
        (here.project_ready, install_project),
    )
    if all(ready() for ready, _ in steps):
        return
    with only_one(here) as lock:
        scratch = here.build / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        (here.build / "setup.log").write_bytes(b"")
        for ready, step in steps:
            if not ready():
                step(Runner(here, lock))
        shutil.rmtree(scratch, ignore_errors=True)
        delete_stale(here)


def clean(here: Checkout) -> int:
    """Remove everything that set-up and the tools made; data under ``var/`` stays."""
    if here.stack_runs():
        print("clean: this checkout's stack is running: stop it with `make down`.", file=sys.stderr)
        return 1
    if here.venv.exists() and not here.venv.is_symlink():
        print(f"clean: {here.venv} is not from this set-up and stays.", file=sys.stderr)
    else:
        here.venv.unlink(missing_ok=True)
    caches = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")
    for path in (here.build, *(here.root / name for name in caches), *here.root.glob("*.egg-info")):
        shutil.rmtree(path, ignore_errors=True)
    for top in ("schemas", "operators", "models", "pipelines", "infra", "loadtests", "tests"):
        for path in [*(here.root / top).rglob("__pycache__")]:
            shutil.rmtree(path, ignore_errors=True)
    return 0


def main(arguments: list[str] | None = None, here: Checkout | None = None) -> int:
    """Check and, unless only that is asked for, install. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="setup", description="Set up this checkout.")
    parser.add_argument("mode", nargs="?", choices=("install", "check", "clean"), default="install")
    parser.add_argument(
        "--ports", choices=("fail", "warn"), default="fail", help="what a used port is"
    )
    asked = parser.parse_args(arguments)
    here = here or Checkout(ROOT, os.environ)
    if asked.mode == "clean":
        return clean(here)
    found = problems(here, ports_fatal=asked.ports == "fail")
    for problem in found:
        print(f"setup: {'' if problem.fatal else 'note: '}{problem.sentence}", file=sys.stderr)
    if any(problem.fatal for problem in found):
        print("setup: nothing was changed.", file=sys.stderr)
        return 1
    if asked.mode == "check":
        print("setup: every check passed.")
        return 0
    try:
        install(here)
    except StepError as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the next `make setup` resumes.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""uv, which makes the Python environment: fetched by its hash with pip, configured as pip is."""

import ast
import re
import sys
from pathlib import Path

from infra.local.provision.programs import output_of
from infra.local.provision.step import Runner, tool_environment

AGAIN = "Run `make clean` and `make setup` again."
NETWORK = (
    "Check the network, the proxy (HTTPS_PROXY) and pip's own configuration (`pip config list`), "
    "then run `make setup` again: it resumes."
)
# What uv, which does not read pip's configuration, calls pip's options.
OF_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_OFFLINE",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}


def install_uv(runner: Runner) -> None:
    """Make a small environment with pip, and fetch uv into it."""
    here = runner.here
    with here.uv.made() as folder:
        python = [base_python(), "-I", "-m", "venv", str(folder)]
        runner.run("A place for the installer", python, remedy=AGAIN)
        pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--no-compile"]
        locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
        command = [*pip, *locked, "-r", str(here.lock("installer"))]
        runner.run("The installer uv (20 MB)", command, command, remedy=NETWORK)


def base_python() -> str:
    """Return the Python behind us: an environment that we run from must not be needed later."""
    return getattr(sys, "_base_executable", "") or sys.executable


def uv(runner: Runner, title: str, *arguments: str | Path) -> None:
    """Run uv for what needs no network."""
    command = [str(runner.here.uv.link / "bin" / "uv"), "--offline", *map(str, arguments)]
    runner.run(title, command, remedy=AGAIN)


def fetch(runner: Runner, title: str, *arguments: str | Path) -> None:
    """Run ``uv pip`` for what its cache may hold; else it comes from where pip would fetch it."""
    programs = runner.here.uv.link / "bin"
    listing = [str(programs / "python"), "-I", "-m", "pip", "config", "list"]
    settings = as_pip(output_of(listing, tool_environment(runner.here)) or "")
    command = [str(programs / "uv"), "pip", *map(str, arguments)]
    runner.run(title, [*command, "--offline"], command, remedy=NETWORK, **settings)


def as_pip(listed: str) -> dict[str, str]:
    """Return the environment variables that tell uv what ``pip config list`` printed.

    They are no arguments, because an address may hold a password, and the log holds arguments.
    """
    pip: dict[str, str] = {}
    lines = re.findall(r"^(global|install|:env:)\.([a-z-]+)=(['\"].*)$", listed, re.MULTILINE)
    # What is said for `pip install` outdoes what is said for all, and the environment outdoes both.
    for section in ("global", "install", ":env:"):
        pip |= {name: ast.literal_eval(value) for at, name, value in lines if at == section}
    # Every index is asked for every package, as pip does; locked hashes make this harmless.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, variable in OF_PIP.items():
        if values := pip.get(name, "").split():
            settings[variable] = ("," if name == "find-links" else " ").join(values)
    return settings

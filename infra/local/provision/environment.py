"""The Python environment behind ``.venv``, and the command ``tutti`` in it."""

from infra.local.provision.step import Runner
from infra.local.provision.uv import base_python, fetch, uv


def install_environment(runner: Runner) -> None:
    """Make the Python environment of exactly what the lock file names, all by hash.

    Packages that come as source are built with the tools of the other lock file, and no others.
    """
    here = runner.here
    with here.environment.made() as folder:
        at = ("--python", folder / "bin" / "python")
        new = ("--python", base_python(), "--prompt", "tutti", folder)
        uv(runner, "Python environment", "venv", *new)
        hashes = ("--require-hashes", "--require-build-hashes")
        locks = ("--build-constraints", here.lock("build"), here.lock("dev"))
        stable = ("--preview-features", "build-dependency-hashes")  # uv's version is locked
        title = "Python packages (about 1.7 GB)"
        fetch(runner, title, "sync", *at, *hashes, *stable, *locks)
        # Built with the setuptools that was installed just now, so nothing is fetched for it.
        how = ("--no-deps", "--no-build-isolation", "--editable", here.root)
        uv(runner, "The command tutti", "pip", "install", *at, *how)
        uv(runner, "Packages fit together", "pip", "check", *at)

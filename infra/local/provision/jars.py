"""The Java archives of Kafka and Flink behind ``build/jars``."""

import hashlib
import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import Progress
from infra.local.provision.step import Runner, StepError, may_write


def install_jars(runner: Runner) -> None:
    """Put the Java archives into their own folder, compare each, then point ``jars`` at it.

    Raises:
        StepError: an archive is missing or is not the expected one.
    """
    here, sums = runner.here, runner.here.sums()
    with here.jars.made() as folder:
        if given := here.env.get("TUTTI_JARS"):
            _copy(Path(given), folder, sums)
        else:
            _fetch(runner, folder)
        if wrong := wrong_jars(folder, sums):
            raise StepError(
                f"Java archives: {', '.join(wrong)}: missing, or not as in infra/jars/SHA256SUMS. "
                "Delete them from Maven's local repository (~/.m2/repository) and run `make "
                "setup` again."
            )
        for path in folder.rglob("*.jar"):
            if str(path.relative_to(folder)) not in sums:
                path.unlink()  # nothing unverified gets on the class path


def wrong_jars(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """Names of the archives that are missing in a folder or have another sha256."""
    return [
        name
        for name, digest in sums.items()
        if not (folder / name).is_file()
        or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def _copy(given: Path, folder: Path, sums: Mapping[str, str]) -> None:
    progress = Progress("Java archives from TUTTI_JARS")
    for name in sums:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(given / name, folder / name)
    progress.done()


def _fetch(runner: Runner, folder: Path) -> None:
    here = runner.here
    pom = str(here.root / "infra" / "jars" / "pom.xml")
    mvn = ["mvn", "-B", "-ntp", "-f", pom, f"-Djars.dir={folder}", *_own_repository(here)]
    command = [*mvn, "package"]
    remedy = (
        "Check the network and Maven's own settings (~/.m2/settings.xml, proxies), or give a "
        "folder of the archives with TUTTI_JARS=DIR, then run `make setup` again."
    )
    runner.run("Java archives (about 55 MB)", command, command, remedy=remedy)


def _own_repository(here: Checkout) -> list[str]:
    """Maven's local repository is the user's; without a writable home it is in the checkout."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # Maven asks the same source, not $HOME
    except KeyError:
        home = Path("/nonexistent")
    kept = may_write(home / ".m2" / "repository")
    return [] if kept else [f"-Dmaven.repo.local={here.build / 'm2'}"]

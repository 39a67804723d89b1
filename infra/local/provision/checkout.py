"""What a checkout holds: its folders, and whether what set-up makes is there and complete."""

import hashlib
import json
import os
import platform
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.provision.stamp import PROJECT_STAMP, STAMP, read_stamp

RECIPE = "1"  # raise it when the same lock files must be installed anew
MODEL = "all-minilm-l6-v2"  # the default of TUTTI_MODEL in infra/settings.py
MODEL_FILES = ("manifest.toml", "model.onnx", "tokenizer.json")
MODEL_SOURCES = (
    "models/bert.py",
    "models/export.py",
    "models/manifest.py",
    f"models/manifests/{MODEL}.toml",
)
PORT_BASE = 18100  # the same as in infra/settings.py, which needs pydantic


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
    def venv(self) -> Path:
        """Link to the present Python environment."""
        return self.root / ".venv"

    @property
    def jars(self) -> Path:
        """Link to the present Java archives."""
        return self.build / "jars"

    @property
    def models(self) -> Path:
        """Link to the present sentence encoders."""
        return self.build / "models"

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
    def models_key(self) -> str:
        """Key of the default sentence encoder: its weights, and what makes an encoder of them."""
        return self.digest("requirements/model.lock", *MODEL_SOURCES)

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

    def models_ready(self) -> bool:
        """Whether the default sentence encoder is complete and belongs to its lock and recipe."""
        return read_stamp(self.models / STAMP).get("key") == self.models_key and all(
            (self.models / MODEL / name).is_file() for name in MODEL_FILES
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


def python_minor() -> str:
    """Return the running Python's version, e.g. ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"

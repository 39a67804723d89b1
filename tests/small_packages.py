"""Small Python packages, with their hashes, that tests install."""

import io
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

BACKEND = """
import zipfile
{imports}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(f"{{folder}}/{{name}}", "w") as wheel:
        for path, text in {files!r}.items():
            wheel.writestr(path, text)
    return name

build_editable = build_wheel
"""


def contents(name: str, version: str, scripts: str = "", needs: str = "") -> dict[str, str]:
    """The files of a wheel of one module, which tells its version."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\ndef main(): print({name!r}, VERSION)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": scripts,
    }
    return files | {f"{info}/RECORD": "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])}


def wheel(index: Path, name: str, version: str, more: dict[str, str] | None = None) -> Path:
    """Put a wheel into an index."""
    path = index / name / f"{name}-{version}-py3-none-any.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as packed:
        for file, text in (contents(name, version) | (more or {})).items():
            packed.writestr(file, text)
    return path


def project(
    name: str, version: str, *, requires: str = "", scripts: str = "", needs: str = ""
) -> dict[str, str]:
    """The files of a project that builds itself, with a tool that it imports, if any."""
    files = contents(name, version, scripts, needs)
    imports = f"import {requires}" if requires else ""
    listed = f'["{requires}"]' if requires else "[]"
    return {
        "pyproject.toml": f'[build-system]\nrequires = {listed}\nbuild-backend = "backend"\n'
        f'backend-path = ["."]\n[project]\nname = "{name}"\nversion = "{version}"\n'
        "[tool.setuptools]\n",
        "backend.py": BACKEND.format(imports=imports, name=name, version=version, files=files),
    }


def source(index: Path, name: str, version: str, requires: str) -> Path:
    """Put a source package into an index."""
    path = index / name / f"{name}-{version}.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    files = project(name, version, requires=requires)
    files["PKG-INFO"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with tarfile.open(path, "w:gz") as packed:
        for file, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(text.encode())
            packed.addfile(member, io.BytesIO(text.encode()))
    return path


def locked(*packages: Path, wrong: bool = False) -> str:
    """A lock file of some packages; with wrong hashes if asked for."""
    lines = ""
    for package in packages:
        name, version = package.name.removesuffix(".tar.gz").split("-")[:2]
        digest = "0" * 64 if wrong else sha256(package.read_bytes()).hexdigest()
        lines += f"{name}=={version} \\\n    --hash=sha256:{digest}\n"
    return lines

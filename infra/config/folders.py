"""Where an installation keeps its things unless a setting says otherwise.

In a checkout that is the checkout, so that several stand side by side and removing one removes all
of it. A tutti that pip installed keeps them in the user's folder of data, as the XDG base directory
specification names it, whatever the current folder is.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
"""The folder that holds the packages: a checkout, or where pip put them."""

MODEL: Final = "multilingual-e5-small"
"""The default sentence encoder: for consultations that are not in English alone."""


def is_checkout(folder: Path) -> bool:
    """Whether the packages stand in a checkout, not among installed ones."""
    return (folder / "pyproject.toml").is_file()


def data_folder(environment: Mapping[str, str]) -> Path:
    """The user's folder of tutti's data.

    >>> str(data_folder({"XDG_DATA_HOME": "/data"})), str(data_folder({"HOME": "/me"}))
    ('/data/tutti', '/me/.local/share/tutti')
    """
    given = Path(environment.get("XDG_DATA_HOME", ""))
    if given.is_absolute():  # the specification: a relative one is to be ignored
        return given / "tutti"
    return Path(environment.get("HOME") or Path.home()) / ".local" / "share" / "tutti"


def default_folders(code: Path, environment: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """The folders of data, of the Java archives and of sentence encoders.

    Args:
        code: The folder that holds the packages.
        environment: Of the process.
    """
    if is_checkout(code):
        return code / "var", code / "build" / "jars", code / "build" / "models"
    data = data_folder(environment)
    return data / "var", data / "jars", data / "models"


HOME, JARS, MODELS = default_folders(CHECKOUT, os.environ)

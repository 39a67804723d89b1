"""The settings as people see them: value, origin, meaning; secrets masked."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import SecretStr

from infra.config.settings import Settings

Origin = Literal["default", "environment", "file", "derived"]
MASK: Final = "********"
_PASSWORD: Final = re.compile(r"(?<=:)[^:/@]+(?=@)")
"""In an address, what stands between a colon and an at sign."""


@dataclass(frozen=True, slots=True)
class ReportedSetting:
    """One setting.

    Attributes:
        name: Of the environment variable; of what is derived, a word.
        value: As text, None if unset; of a secret, never itself.
        origin: Who decided it.
        meaning: What it is.
    """

    name: str
    value: str | None
    origin: Origin
    meaning: str


def settings_report(
    settings: Settings, environment: Mapping[str, str] = environ
) -> list[ReportedSetting]:
    """Every setting, then every address and folder that follows from them."""
    given = {name.upper() for name, value in environment.items() if value}
    fields = [
        ReportedSetting(
            variable := f"TUTTI_{name.upper()}",
            _text(getattr(settings, name)),
            "environment" if variable in given else "default",
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]
    derived = [
        ReportedSetting(
            name, _text(getattr(settings, name)), "derived", inspect.getdoc(found) or ""
        )
        for name, found in vars(Settings).items()
        if isinstance(found, property) and not name.startswith("_")
    ]
    return [_with_key_file(settings, line) for line in fields] + derived


def _with_key_file(settings: Settings, line: ReportedSetting) -> ReportedSetting:
    """The pseudonym key, where no variable gives it, is that of the file, once there is one."""
    file = settings.home / "secrets" / "pseudonym.key"
    if line.name == "TUTTI_PSEUDONYM_KEY" and line.value is None and file.exists():
        return ReportedSetting(line.name, MASK, "file", f"{line.meaning}: {file}")
    return line


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return MASK
    return _PASSWORD.sub(MASK, str(value.resolve() if isinstance(value, Path) else value))

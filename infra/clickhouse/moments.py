"""Moments: a view ``NAME_at`` shows a past one, its parameter ``at``; all are of UTC."""

from datetime import UTC, datetime
from typing import Any, Final

AT: Final = "{at:DateTime64(3, 'UTC')}"
"""The moment that a view ``NAME_at`` is asked for."""
AT_MINUTE: Final = f"intDiv(toUnixTimestamp64Milli({AT}), 60000)"
"""The minute that had not ended yet, minutes since 1970."""


def as_of(view: str, at: datetime | None) -> str:
    """The view to read in a statement, of now or of the moment in its parameter ``at``."""
    return f"{view}_at(at = {AT})" if at else view


def in_utc(value: Any) -> Any:
    """The same value: the client leaves the zone out of times in UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

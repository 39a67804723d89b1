"""``--at``: a past moment, as people write it."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from operators.core.clock import Clock, system_clock
from operators.core.errors import TerminalError
from schemas.times import parse_instant

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

At = Annotated[
    str | None,
    typer.Option("--at", help="As it was then, UTC: 2026-05-01T20:00:00Z, or 20:00 of today."),
]


def past_moment(text: str, clickhouse: "Client", clock: Clock = system_clock) -> datetime:
    """The moment, to be shown by the views ``..._at``.

    Raises:
        TerminalError: It is none, lies ahead, or before the history begins.
    """
    from infra.clickhouse.history import first_minute

    now = datetime.fromtimestamp(clock() / 1000, UTC)
    today = f"{now:%Y-%m-%d}T{text}:00Z" if re.fullmatch(r"[0-9]{2}:[0-9]{2}", text) else text
    ms = parse_instant(today)
    if ms is None:
        raise TerminalError(f"{text} is no moment: write 2026-05-01T20:00:00Z or 20:00, in UTC.")
    at = datetime.fromtimestamp(ms / 1000, UTC)
    if at > now:
        raise TerminalError(f"{at:%Y-%m-%d %H:%M:%S} UTC lies ahead: leave --at out to see now.")
    first = first_minute(clickhouse)
    if first is None:
        raise TerminalError("There is no history yet: it begins with the first vote counted.")
    begin = datetime.fromtimestamp((first + 1) * 60, UTC)
    if at < begin:
        raise TerminalError(
            f"The history begins at {begin:%Y-%m-%d %H:%M} UTC: nothing is earlier."
        )
    return at


_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def recent_moment(text: str, clock: Clock = system_clock) -> datetime:
    """A date, an instant, or how long ago: 2026-05-01, 2026-05-01T12:00:00Z, 90m, 2h or 7d.

    Raises:
        TerminalError: It is none of these.
    """
    ago = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if ago:
        now = datetime.fromtimestamp(clock() / 1000, UTC)
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    ms = parse_instant(text if "T" in text else f"{text}T00:00:00Z")
    if ms is None:
        raise TerminalError(f"{text} is no time: write 2026-05-01, 2026-05-01T12:00:00Z or 2h.")
    return datetime.fromtimestamp(ms / 1000, UTC)

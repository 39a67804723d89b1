"""Who is logged in: sessions bounded in time and number, kept as digests that open nothing.

A cookie holds a random name. What is kept is its digest with the token as key: whoever reads the
file cannot make a cookie of it, and another token ends all sessions. They are in a file so that a
restart of the service logs nobody out in the middle of an evening.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from hmac import compare_digest, new
from pathlib import Path
from typing import Any, Final

from infra.config.secrets import write_private
from infra.service.state_files import read_json
from operators.core.clock import Clock, system_clock

MAX_AGE_MS: Final = 12 * 3_600_000
"""An evening and a night; then the token is asked for again."""
MAX_SESSIONS: Final = 20
"""With one more the oldest ends."""
NAME_BYTES: Final = 32


class Sessions:
    """The sessions of the operator page.

    Args:
        file: Where they are kept.
        token: Reads what opens the page.
        clock: This machine's.
    """

    def __init__(self, file: Path, token: Callable[[], str], clock: Clock = system_clock) -> None:
        self._file, self._token, self._clock = file, token, clock
        self._ends: dict[str, int] = _read(file)

    def log_in(self, given: str) -> str | None:
        """A new session's name for a cookie; None: that is not the token."""
        token = self._token()
        if not compare_digest(_digest(token, given), _digest(token, token)):
            return None
        name = secrets.token_urlsafe(NAME_BYTES)
        self._forget_old()
        while len(self._ends) >= MAX_SESSIONS:
            del self._ends[min(self._ends, key=lambda kept: self._ends[kept])]
        self._ends[_digest(token, name)] = self._clock() + MAX_AGE_MS
        self._write()
        return name

    def known(self, name: str) -> bool:
        """Whether a cookie's name is that of a session that has not ended."""
        return self._ends.get(_digest(self._token(), name), 0) > self._clock()

    def log_out(self, name: str) -> None:
        """End a session."""
        if self._ends.pop(_digest(self._token(), name), None) is not None:
            self._write()

    def _forget_old(self) -> None:
        now = self._clock()
        self._ends = {kept: ends for kept, ends in self._ends.items() if ends > now}

    def _write(self) -> None:
        with suppress(OSError):  # on a full disk sessions last until the next restart
            write_private(self._file, json.dumps(self._ends))


def _digest(token: str, text: str) -> str:
    return new(token.encode(), text.encode(), sha256).hexdigest()


def _read(file: Path) -> dict[str, int]:
    """What is kept; nothing if the file is none of ours."""
    found: Any = read_json(file) or {}
    if not isinstance(found, dict):
        return {}
    return {str(kept): ends for kept, ends in found.items() if isinstance(ends, int)}

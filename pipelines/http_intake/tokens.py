"""Tokens: which source a request comes from, by the sources that are in force now."""

from typing import Final

from infra.config.settings import Settings
from infra.config.sources import RulesInForce
from operators.core.clock import Clock, system_clock
from pipelines.http_intake.problems import ProblemError
from schemas.dated_rules import DatedRules
from schemas.signatures import digest_of
from schemas.sources import SourceEntry

RENEW_MS: Final = 250
_BEARER: Final = "bearer "


class Tokens:
    """The tokens that are good now; read again several times a second.

    Raises:
        TerminalError: The sources cannot be read.
    """

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        self._in_force = RulesInForce(settings)
        self._clock = clock
        self._renewed_ms = -RENEW_MS
        self._names: dict[bytes, str] = {}

    @property
    def rules(self) -> DatedRules:
        """The rules in force."""
        return self._in_force.rules

    def source(self, authorization: str) -> SourceEntry:
        """The source of a request.

        Args:
            authorization: The header of that name.

        Raises:
            ProblemError: There is no token, or no source has it now.
        """
        now_ms = self._clock()
        if not 0 <= now_ms - self._renewed_ms < RENEW_MS:
            self._in_force.renewed()
            self._names = self.rules.sources.tokens(now_ms)
            self._renewed_ms = now_ms
        if authorization[: len(_BEARER)].lower() != _BEARER:
            raise ProblemError("no-such-token")
        name = self._names.get(digest_of(authorization[len(_BEARER) :].strip()), "")
        found = self.rules.sources.in_force(name, now_ms)
        if found is None:
            raise ProblemError("no-such-token")
        return found

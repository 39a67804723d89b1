"""The alarm of intake: most messages are rejected."""

from typing import Final

import structlog

ALARM_RATIO: Final = 0.5
"""A second in which more than half of at least ALARM_MESSAGES are rejected is logged as alarm."""
ALARM_MESSAGES: Final = 1_000

log = structlog.get_logger()


class RejectionAlarm:
    """Logs once a second that most messages are rejected: a bad deployment, not bad users."""

    def __init__(self) -> None:
        self._accepted = self._rejected = 0

    def check(self, accepted: int, rejected: int) -> None:
        """Compare the running counts with those of the last call."""
        new_accepted, new_rejected = accepted - self._accepted, rejected - self._rejected
        self._accepted, self._rejected = accepted, rejected
        total = new_accepted + new_rejected
        if total >= ALARM_MESSAGES and new_rejected > ALARM_RATIO * total:
            log.error("most_messages_rejected", rejected=new_rejected, messages=total)

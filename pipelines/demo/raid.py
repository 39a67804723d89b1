"""What happens to the demo's consultation: an attack on one proposal, and its correction.

A crowd that nobody knows disagrees with a proposal that is liked, all from one country and within
half a minute; two minutes later the campaign marks its ballots as trolls'. The proposal falls and
rises again, and the trusted series keeps apart from the raw one.
"""

from typing import Final

from pipelines.demo.campaign import CampaignMessage, Kind
from pipelines.demo.traffic.encoding import vote_beginning, vote_ending
from schemas.times import format_instant

PEOPLE: Final = 600
BEGINS_S: Final = 90.0
LASTS_S: Final = 30.0
CORRECTED_S: Final = 240.0
"""Seconds after the demo's beginning."""
COUNTRY: Final = "NL"
SOURCE: Final = "widget"


class Raid:
    """The attack's messages, each once, in the order of time.

    Args:
        consultation: The consultation's id.
        proposal: The proposal that is attacked.

    Example:
        >>> raid = Raid("c", "p")
        >>> len(raid.due(89.0, 0)), len(raid.due(105.0, 0)), len(raid.due(200.0, 0))
        (0, 300, 300)
        >>> len(raid.due(240.0, 0)), len(raid.due(999.0, 0))
        (600, 0)
    """

    def __init__(self, consultation: str, proposal: str) -> None:
        self._consultation, self._proposal = consultation, proposal
        self._cast = self._corrected = 0

    def due(self, elapsed_s: float, now_ms: int) -> list[CampaignMessage]:
        """What is to be sent now.

        Args:
            elapsed_s: Seconds since the demo began; later calls must not go back.
            now_ms: The time now, ms since 1970.
        """
        share = min(1.0, max(0.0, (elapsed_s - BEGINS_S) / LASTS_S))
        cast = range(self._cast, int(share * PEOPLE))
        self._cast = max(self._cast, cast.stop)
        marked = range(self._corrected, PEOPLE if elapsed_s >= CORRECTED_S else 0)
        self._corrected = max(self._corrected, marked.stop)
        return [self._vote(person, now_ms - 1, "trusted") for person in cast] + [
            self._vote(person, now_ms, "troll") for person in marked
        ]

    def _vote(self, person: int, cast_ms: int, trust: str) -> CampaignMessage:
        name = f"raid-{person:04d}"
        value = vote_beginning(
            self._consultation, self._proposal, name, COUNTRY, SOURCE, format_instant(cast_ms)
        ) + vote_ending("disagree", (), trust)
        kind: Kind = "revote" if trust == "troll" else "first"
        return CampaignMessage(name.encode(), value.encode(), kind)

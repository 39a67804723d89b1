"""The bytes of the demo's votes, written out directly, because the demo sends many a second."""

from datetime import UTC, datetime
from functools import lru_cache

from pipelines.demo.ballots import Ballot

# Of 100 ballots with a choice, 20 carry qualifications.
_QUALIFICATIONS = {
    "agree": (("likeIt",) * 8, ("doable",) * 7, ("platitudeAgree",) * 2, ("likeIt,doable",) * 3),
    "disagree": (
        ("noWay",) * 8,
        ("impossible",) * 6,
        ("platitudeDisagree",) * 3,
        ("noWay,impossible",) * 3,
    ),
    "neutral": (("doNotUnderstand",) * 6, ("noOpinion",) * 9, ("doNotCare",) * 5),
    "withdrawn": (),
}


def _member(names: str) -> str:
    return ',"qualifications":["' + names.replace(",", '","') + '"]'


# The JSON member for each of 100 draws, mostly none.
_QUALIFIED = {
    choice: [_member(names) for group in groups for names in group] + [""] * 100
    for choice, groups in _QUALIFICATIONS.items()
}


def vote_json(consultation_id: str, proposal_id: str, ballot: Ballot, more: float) -> bytes:
    """Return a ballot as a vote; the draw `more` decides on its qualifications."""
    participant = ballot.participant
    return (
        f'{{"consultation_id":"{consultation_id}",'
        f'"proposal_id":"{proposal_id}",'
        f'{participant.identity},"choice":"{ballot.choice}"'
        f"{_QUALIFIED[ballot.choice][int(more * 100)]},"
        f'{participant.channel},"cast_at":"{iso(ballot.cast_ms)}"}}'
    ).encode()


def iso(ms: int) -> str:
    """Return a time as the contract writes it.

    Example:
        >>> iso(1_741_000_000_007)
        '2025-03-03T11:06:40.007Z'
    """
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=8_192)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")

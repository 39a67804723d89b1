"""A generated vote as JSON, in two parts: in the first one all fields may have a fixed width.

The first part is written out directly, because generators send many votes a second: its fields hold
no character that JSON would escape.
"""

import json
from functools import lru_cache


def vote_beginning(
    consultation_id: str,
    proposal_id: str,
    participant_id: str,
    country: str,
    source: str,
    cast_at: str,
) -> str:
    """Who, where and when; an empty country is left out.

    Example:
        >>> vote_beginning("c", "p", "u", "", "app", "2026-05-01T12:00:00Z")[-48:]
        ',"source":"app","cast_at":"2026-05-01T12:00:00Z"'
    """
    home = f'"country":"{country}",' if country else ""
    return (
        f'{{"consultation_id":"{consultation_id}","proposal_id":"{proposal_id}",'
        f'"participant_id":"{participant_id}",{home}"source":"{source}","cast_at":"{cast_at}"'
    )


# Generators say a few dozen different things.
@lru_cache(maxsize=1_024)
def vote_ending(choice: str, qualifications: tuple[str, ...] = (), trust: str = "") -> str:
    """What is said, and the level of trust; an empty one is left out.

    Example:
        >>> vote_ending("agree", ("likeIt",), "troll")
        ',"choice":"agree","qualifications":["likeIt"],"trust":"troll"}'
    """
    fields: dict[str, object] = {"choice": choice}
    if qualifications:
        fields["qualifications"] = list(qualifications)
    if trust:
        fields["trust"] = trust
    return "," + json.dumps(fields, separators=(",", ":"))[1:]

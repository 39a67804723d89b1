"""The input of clusters: proposals as accepted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal as accepted; a later one of the same id replaces it.

    Attributes:
        consultation_id: The consultation.
        proposal_id: The proposal.
        text: 1 to 1,000 characters.
        language: BCP 47, declared or recognised; empty: unknown.
        status: Only ``accepted`` ones are in a cluster.
        offset: In accepted proposals: greater than that of every item before.
    """

    consultation_id: str
    proposal_id: str
    text: str
    language: str
    status: str
    offset: int

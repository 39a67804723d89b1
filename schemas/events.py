"""The events as accepted: typed values that have passed every rule in `schemas.rules`.

Field types are the contract's; `msgspec` decodes strictly (no coercion, ``null`` is not absent)
and ignores unknown fields, as every consumer of the contract must.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Kind = Literal["consultations", "proposals", "votes"]

CHOICES: Final = ("agree", "disagree", "neutral", "withdrawn")
TRUSTS: Final = ("troll", "trusted", "sequence", "segment")
STATUSES: Final = ("pending", "accepted", "refused", "postponed", "archived")

QUALIFICATIONS: Final[dict[str, tuple[str, ...]]] = {
    "agree": ("likeIt", "doable", "platitudeAgree"),
    "disagree": ("noWay", "impossible", "platitudeDisagree"),
    "neutral": ("doNotUnderstand", "noOpinion", "doNotCare"),
    "withdrawn": (),
}
"""Which qualifications fit which choice."""

QUALIFICATION_BITS: Final[dict[str, int]] = {
    name: 1 << position
    for position, name in enumerate(name for fit in QUALIFICATIONS.values() for name in fit)
}
"""One bit per qualification, in the order above: ``likeIt`` is 1, ``doNotCare`` 256."""

UNKNOWN_COUNTRY: Final = "ZZ"

Given = Annotated[str, Meta(min_length=1)]
"""An optional text: "" means "not given" inside tutti, so a sender's "" is rejected, as null is."""


class Vote(Struct, frozen=True, gc=False):
    """A participant's whole ballot on one proposal; a later one replaces it."""

    consultation_id: str
    proposal_id: str
    participant_id: str
    choice: str
    cast_at: str
    country: str = UNKNOWN_COUNTRY
    trust: str = "trusted"
    qualifications: tuple[str, ...] = ()
    source: Given = ""


class Proposal(Struct, frozen=True, gc=False):
    """A proposal as its campaign publishes it; the latest message wins.

    `meta`: it is about the consultation itself ("voting on a phone is hard"), not an opinion on
    its subject. It is voted on and ranked like others, but opinion groups are made without it.
    """

    consultation_id: str
    proposal_id: str
    text: str
    submitted_at: str
    language: Given = ""
    country: Given = ""
    author_id: Given = ""
    status: str = "accepted"
    meta: bool = False


class CountryWeight(Struct, frozen=True, gc=False):
    """A country that takes part, with its weight (e.g. its population)."""

    country: str
    weight: float


class Consultation(Struct, frozen=True, gc=False):
    """A consultation; the latest message wins.

    `languages` and `encoder` decide by which sentence encoder its proposals are clustered.
    """

    consultation_id: str
    title: str
    countries: tuple[CountryWeight, ...] = ()
    opens_at: Given = ""
    closes_at: Given = ""
    window_seconds: int = 60
    rank_min_votes: int = 30
    languages: tuple[str, ...] = ()
    encoder: Given = ""

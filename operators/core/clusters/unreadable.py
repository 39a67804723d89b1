"""Texts that the encoder cannot read: emoji alone, or a writing it does not know.

Their vectors would say only that they are unreadable, so all of them would lie side by side, as if
they were alike. So they have no vector, take no part in clustering, and stand in one cluster of
their own that is named for what it is.
"""

from typing import Final

from operators.core.clusters.members import Member

LABEL: Final = "Texts that cannot be read"
"""What their cluster is called."""


class UnreadableTexts:
    """The members of the cluster of unreadable texts, the earliest first.

    Attributes:
        number: Of their cluster; 0: there is none.
    """

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self.number = 0

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> list[Member]:
        """All of them, in the order in which their texts arrived."""
        return list(self._members.values())

    @property
    def first(self) -> str:
        """The proposal whose text is the earliest; there is at least one."""
        return next(iter(self._members))

    def get(self, proposal: str) -> Member | None:
        """The member of that proposal id; None: it is not unreadable."""
        return self._members.get(proposal)

    def add(self, member: Member) -> None:
        """Add a proposal."""
        self._members[member.proposal_id] = member

    def remove(self, proposal: str) -> Member | None:
        """Take a proposal out; None: it was not there."""
        return self._members.pop(proposal, None)

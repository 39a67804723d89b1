"""Which proposals repeat which: links to the earliest, and back from it to its copies."""

from operators.core.clusters.members import Member
from operators.core.clusters.near_duplicates import Duplicate, Duplicates


class DuplicateLinks:
    """The texts of a consultation, and which proposals repeat another one."""

    def __init__(self) -> None:
        self._texts = Duplicates()
        self._copies: dict[str, set[str]] = {}

    def add(self, member: Member) -> None:
        """Add a proposal's text."""
        self._texts.add(member.proposal_id, member.text, member.offset, member.language)

    def remove(self, member: Member) -> None:
        """Remove a text that was added."""
        self._texts.remove(member.text, member.offset)

    def find(self, member: Member, *, readable: bool) -> Duplicate:
        """What a proposal repeats; of unreadable texts only the same one is a repetition."""
        found = self._texts.find(member.text, member.offset, member.language)
        return found if readable or found.kind == "exact" else Duplicate()

    def link(self, member: Member) -> None:
        """Remember whom a proposal repeats."""
        if member.duplicate.of:
            self._copies.setdefault(member.duplicate.of, set()).add(member.proposal_id)

    def unlink(self, member: Member) -> set[str]:
        """Forget a proposal; returns those that may have repeated it."""
        self._copies.get(member.duplicate.of, set()).discard(member.proposal_id)
        return self._copies.pop(member.proposal_id, set())

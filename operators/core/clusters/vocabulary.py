"""The vocabulary of a consultation: how many of its proposals contain each word."""

from collections import Counter
from collections.abc import Mapping

from operators.core.clusters import labels
from operators.core.clusters.members import Member


class Vocabulary:
    """Counts proposals by word; a removed proposal leaves no trace.

    Attributes:
        text_bytes: Length of all texts in UTF-8.
    """

    def __init__(self) -> None:
        self._everywhere: Counter[str] = Counter()
        self._total = 0
        self.text_bytes = 0

    def add(self, member: Member) -> None:
        """Add a proposal."""
        self._count(member, 1)

    def remove(self, member: Member) -> None:
        """Remove a proposal, by the words that it was added with."""
        self._count(member, -1)

    def weights(self, counts: Mapping[str, int], clusters: int) -> dict[str, float]:
        """The weight of each word of a cluster; see `labels.weights`."""
        return labels.weights(counts, self._everywhere, self._total / max(1, clusters))

    def _count(self, member: Member, sign: int) -> None:
        for word in member.words:
            self._everywhere[word] += sign
            if not self._everywhere[word]:
                del self._everywhere[word]
        self._total += sign * len(member.words)
        self.text_bytes += sign * len(member.text.encode("utf-8", "surrogatepass"))

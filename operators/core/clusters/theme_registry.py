"""The themes that there are, by number: which clusters each holds, and its words."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters import labels, themes
from operators.core.clusters.change_log import ChangeLog
from operators.core.clusters.id_matching import match_ids
from operators.core.clusters.members import Member
from operators.core.clusters.placement import Placement
from operators.core.clusters.theme import Theme
from operators.core.clusters.vocabulary import Vocabulary


class ThemeRegistry:
    """Themes are formed with the clusters; until the next time a new cluster joins the nearest one.

    Before clusters are formed for the first time there are no themes. The cluster of unreadable
    texts is a theme of its own, without words.

    What changes for a cluster goes to the change log.

    Attributes:
        last_number: The newest number given.
    """

    def __init__(self, change_log: ChangeLog) -> None:
        self._change_log = change_log
        self._themes: dict[int, Theme] = {}
        self._of: dict[int, Theme] = {}
        self.last_number = 0

    def fill(self, themes: Iterable[Theme], last_number: int) -> None:
        """Take over the themes of a snapshot."""
        self._themes = {theme.number: theme for theme in themes}
        self._of = {c: theme for theme in self._themes.values() for c in theme.clusters}
        self.last_number = last_number

    def snapshot(self) -> list[Theme]:
        """All of them, by number."""
        return [self._themes[number] for number in sorted(self._themes)]

    def get(self, cluster: int) -> Theme | None:
        """The theme of a cluster; None: there are no themes yet."""
        return self._of.get(cluster)

    def form(self, was: NDArray[np.int64], placement: Placement, vocabulary: Vocabulary) -> None:
        """Form the themes anew, of the clusters that have just been formed.

        Args:
            was: Number of the cluster that each micro-cluster was in (micro-clusters,); the theme
                of most proposals of a new one hands its number on.
            placement: The clusters as they are now.
            vocabulary: Of all proposals.
        """
        micro, apart = placement.micro, placement.unreadable.number
        before = self._of
        old = np.array([before[c].number if c in before else 0 for c in was.tolist()], np.int64)
        of_clusters = self._grouped(old, placement)
        new = np.array([of_clusters[cluster] for cluster in micro.cluster.tolist()], np.int64)
        known = old > 0
        numbers = match_ids(old[known], new[known], micro.counts[known])
        former, self._themes = self._themes, {}
        for cluster, group in of_clusters.items():
            number = numbers[group] = numbers.get(group) or self._next()
            terms = former[number].terms if number in former else ()
            self._themes.setdefault(number, Theme(number, [], terms)).clusters.append(cluster)
        if apart:
            number = before[apart].number if apart in before else self._next()
            self._themes[number] = Theme(number, [apart])
        self._of = {c: theme for theme in self._themes.values() for c in theme.clusters}
        self._name(self._themes.values(), placement, vocabulary)
        for cluster, theme in self._of.items():
            known_as = before.get(cluster)
            if not known_as or (known_as.number, known_as.terms) != (theme.number, theme.terms):
                self._change_log.touch(cluster)

    def join(self, cluster: int, vector: NDArray[np.float64] | None, placement: Placement) -> None:
        """Put a cluster that is new since themes were formed into the nearest one.

        Args:
            cluster: Its number; it has no members yet.
            vector: Of its first proposal (dimension,); None: the encoder cannot read it.
            placement: The other clusters.
        """
        if not self._themes:
            return
        theme = None if vector is None else self._nearest(vector, placement)
        if theme is None:
            theme = Theme(self._next(), [])
            self._themes[theme.number] = theme
        theme.clusters.append(cluster)
        self._of[cluster] = theme

    def close(self, cluster: int) -> None:
        """A cluster has ended; a theme ends with its last one."""
        theme = self._of.pop(cluster, None)
        if theme is not None:
            theme.clusters.remove(cluster)
            if not theme.clusters:
                del self._themes[theme.number]

    def left(
        self, member: Member, cluster: int, placement: Placement, vocabulary: Vocabulary
    ) -> None:
        """A proposal has left a cluster: a theme keeps no word that only that one said."""
        theme = self._of.get(cluster)
        if theme is None or not set(theme.terms) & set(member.words):
            return
        before = theme.terms
        self._name([theme], placement, vocabulary)
        if theme.terms != before:
            for each in theme.clusters:
                self._change_log.touch(each)

    def _next(self) -> int:
        self.last_number += 1
        return self.last_number

    def _grouped(self, old: NDArray[np.int64], placement: Placement) -> dict[int, int]:
        """The group of each cluster that can be read.

        Args:
            old: Number of the theme that each micro-cluster was in (micro-clusters,); 0: none.
            placement: The clusters.
        """
        most = themes.MAX_THEMES - bool(placement.unreadable.number)
        numbers, sums, counts = placement.totals.table()
        inside = np.searchsorted(numbers, placement.micro.cluster)
        proposals = np.zeros((len(numbers), int(old.max(initial=0)) + 1), np.int64)
        np.add.at(proposals, (inside, old), placement.micro.counts)
        former = proposals.argmax(1)
        groups = themes.form(sums, counts, former, most)
        return dict(zip(numbers.tolist(), groups.tolist(), strict=True))

    def _nearest(self, vector: NDArray[np.float64], placement: Placement) -> Theme | None:
        """The theme with the nearest centroid; None: there is none but that of unreadable texts."""
        numbers, sums, _ = placement.totals.table()
        if not len(numbers):
            return None
        found = np.array([self._of[cluster].number for cluster in numbers.tolist()])
        return self._themes[themes.nearest_to(vector, sums, found)]

    def _name(self, renamed: Iterable[Theme], placement: Placement, vocabulary: Vocabulary) -> None:
        """Look for better words of some themes; those that are as good as the best ones stay."""
        counts: dict[int, Counter[str]] = {theme.number: Counter() for theme in renamed}
        theme_of = [self._of[cluster].number for cluster in placement.micro.cluster.tolist()]
        for member, micro in zip(
            placement.members.rows, placement.members.micro.tolist(), strict=True
        ):
            if theme_of[micro] in counts:
                counts[theme_of[micro]].update(member.words)
        for number, counted in counts.items():
            theme = self._themes[number]
            weights = vocabulary.weights(labels.repeated(counted), len(self._themes))
            theme.terms = labels.terms(weights, theme.terms)

"""Duplicates: proposals of the same text, found exactly, or of nearly the same, by n-grams.

A. Z. Broder, "On the resemblance and containment of documents" (1997): the Jaccard similarity of
the sets of n-grams. Candidates come from MinHash bands (J. Leskovec, A. Rajaraman, J. D. Ullman,
"Mining of massive datasets", section 3.4), what is published is counted from the two texts:
a band never makes two texts alike, it can only miss (at similarity 0.8 one pair in 4,000).
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.normalise import same
from operators.core.clusters.stance import stance

METHOD: Final = "duplicates/char4-jaccard-0.8/1"
"""Name and version of the rule."""

LENGTH: Final = 4
"""Characters of an n-gram."""

MIN_SIMILARITY: Final = 0.8
"""Jaccard similarity of near duplicates, at least."""

BANDS: Final = 16
ROWS: Final = 4
CANDIDATES: Final = 64
"""Texts of a band that are compared, the earliest ones."""

_SEEDS: Final = np.random.Generator(np.random.PCG64(1)).integers(
    0, 2**63, (2, BANDS * ROWS), np.uint64
)
_FACTORS: Final = _SEEDS[0] | np.uint64(1)
_SHIFTS: Final = _SEEDS[1]
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A link to the earliest proposal of the same text; empty where there is none."""

    of: str = ""
    kind: Literal["", "exact", "near"] = ""
    similarity: float = 0.0


NONE: Final = Duplicate()


@dataclass(slots=True)
class _SharedText:
    """Proposals of one text as (offset, id, language), earliest first, and the text's bands."""

    proposals: list[tuple[int, str, str]] = field(default_factory=list)
    bands: tuple[int, ...] = ()


class Duplicates:
    """An index of one consultation's texts; answers depend on its content, not on its past."""

    def __init__(self) -> None:
        self._texts: dict[str, _SharedText] = {}
        self._bands: dict[int, list[tuple[int, str]]] = {}

    def add(self, proposal: str, text: str, offset: int, language: str) -> None:
        """Add a proposal; no other one has this offset."""
        key = same(text)
        entry = self._texts.get(key)
        if entry is None:
            entry = self._texts[key] = _SharedText(bands=bands(key))
        self._leave(key, entry)
        insort(entry.proposals, (offset, proposal, language))
        self._enter(key, entry)

    def remove(self, text: str, offset: int) -> None:
        """Remove the proposal that was added with this text and offset."""
        key = same(text)
        entry = self._texts[key]
        self._leave(key, entry)
        entry.proposals = [each for each in entry.proposals if each[0] != offset]
        if entry.proposals:
            self._enter(key, entry)
        else:
            del self._texts[key]

    def find(self, text: str, offset: int, language: str) -> Duplicate:
        """The earliest proposal before `offset` of this text, or the earliest of a near one.

        A near text that wants the contrary, as far as its words say so, is no duplicate.
        """
        key = same(text)
        entry = self._texts.get(key)
        if entry is not None and entry.proposals[0][0] < offset:
            return Duplicate(entry.proposals[0][1], "exact", 1.0)
        grams = ngrams(key)
        for _, other in sorted(set(self._candidates(key, offset))):
            similarity = jaccard(grams, ngrams(other))
            _, proposal, spoken = self._texts[other].proposals[0]
            if similarity >= MIN_SIMILARITY and stance(key, language, other, spoken) != "opposite":
                return Duplicate(proposal, "near", similarity)
        return NONE

    def _candidates(self, key: str, offset: int) -> Iterator[tuple[int, str]]:
        entry = self._texts.get(key)
        for band in entry.bands if entry is not None else bands(key):
            for earlier, other in self._bands.get(band, [])[:CANDIDATES]:
                if earlier < offset:
                    yield earlier, other

    def _enter(self, key: str, entry: _SharedText) -> None:
        """Enter a text into its bands, under its earliest proposal."""
        for band in entry.bands:
            insort(self._bands.setdefault(band, []), (entry.proposals[0][0], key))

    def _leave(self, key: str, entry: _SharedText) -> None:
        for band in entry.bands if entry.proposals else ():
            self._bands[band].remove((entry.proposals[0][0], key))
            if not self._bands[band]:
                del self._bands[band]


def ngrams(text: str) -> frozenset[str]:
    """A text's runs of `LENGTH` characters; each end counts as a space.

    >>> sorted(ngrams("trees"))
    [' tre', 'ees ', 'rees', 'tree']
    """
    padded = f" {text} ".ljust(LENGTH)
    return frozenset(padded[at : at + LENGTH] for at in range(len(padded) - LENGTH + 1))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of all n-grams of two texts that both texts have.

    >>> jaccard(ngrams("more trees"), ngrams("more tree"))
    0.7
    """
    return len(one & other) / len(one | other)


def bands(text: str) -> tuple[int, ...]:
    """The numbers of `BANDS` buckets; near duplicates probably share one."""
    grams = _hashes(text)
    mixed = grams[None, :] * _FACTORS[:, None] + _SHIFTS[:, None]
    least = ((mixed ^ (mixed >> np.uint64(29))) * _PRIME >> np.uint64(32)).min(1)
    signature = least.astype("<u4").reshape(BANDS, ROWS)
    return tuple(
        int.from_bytes(blake2b(bytes([number]) + row.tobytes(), digest_size=8).digest(), "big")
        for number, row in enumerate(signature)
    )


def _hashes(text: str) -> NDArray[np.uint64]:
    """Hash each n-gram by multiplication modulo 2^64."""
    padded = f" {text} ".ljust(LENGTH)
    codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    count = len(codes) - LENGTH + 1
    total = np.zeros(count, np.uint64)
    for at in range(LENGTH):
        total = (total ^ codes[at : at + count]) * _PRIME
        total ^= total >> np.uint64(31)
    return total

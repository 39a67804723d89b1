"""What a cluster is called: its most typical proposal, and the words that set it apart.

M. Grootendorst, "BERTopic: neural topic modeling with a class-based TF-IDF procedure" (2022),
arXiv:2203.05794, equation (2): a word's weight in cluster c is tf(c) · ln(1 + A / f), with f its
count over all clusters and A the mean number of words of a cluster. A word counts once a proposal,
so that one that repeats itself does not name the topic; and words of one proposal only are left out
where others are in two.

Names are stable: another medoid or other terms must be clearly better, by `NEARER` and `BETTER`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Final

from operators.core.clusters.normalise import plain

METHOD: Final = "label/medoid-ctfidf/2"
"""Name and version of the rule."""

TERMS: Final = 5
"""How many words a label has."""

LENGTH: Final = 80
"""Longest label, characters."""

NEARER: Final = 0.02
"""A medoid is replaced by a proposal whose cosine with the centroid is greater by this."""

BETTER: Final = 1.15
"""Terms are replaced by ones whose summed weight is greater by this factor."""


def weights(
    counts: Mapping[str, int], everywhere: Mapping[str, int], mean: float
) -> dict[str, float]:
    """The weight of each word of a cluster.

    Args:
        counts: Proposals of the cluster by word.
        everywhere: Proposals of all clusters by word.
        mean: Words of a cluster, on average.

    >>> found = weights({"wind": 2, "more": 2}, {"wind": 2, "more": 6}, 4.0)
    >>> round(found["wind"], 3), round(found["more"], 3)
    (2.197, 1.022)
    """
    return {word: count * log(1 + mean / everywhere[word]) for word, count in counts.items()}


def terms(weighted: Mapping[str, float], before: Sequence[str] = ()) -> tuple[str, ...]:
    """The `TERMS` words of greatest weight, ties by the alphabet; `before` while they are as good.

    >>> terms({"wind": 3.0, "sun": 2.0}, before=("sun", "wind"))
    ('sun', 'wind')
    """
    best = sorted(weighted, key=lambda word: (-weighted[word], word))[:TERMS]
    now = sum(weighted[word] for word in best)
    kept = sum(weighted.get(word, 0.0) for word in before)
    stays = all(word in weighted for word in before) and now <= BETTER * kept
    return tuple(before) if before and stays else tuple(best)


def count_words(texts: Iterable[Iterable[str]]) -> Counter[str]:
    """How many texts contain each word.

    >>> count_words([("sun", "sun"), ("sun", "wind")])
    Counter({'sun': 2, 'wind': 1})
    """
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(dict.fromkeys(text, 1))
    return counted


def repeated(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The words that at least two proposals of a cluster share; all words if there are none.

    >>> repeated({"wind": 2, "sea": 1}), repeated({"sea": 1})
    ({'wind': 2}, {'sea': 1})
    """
    return {word: count for word, count in counts.items() if count > 1} or counts


def shortened(text: str) -> str:
    """The text on one line of at most `LENGTH` characters, cut between words where it has any.

    >>> shortened("tree " * 40)
    'tree tree tree tree tree tree tree tree tree tree tree tree tree tree tree tree…'
    """
    line = plain(text)
    if len(line) <= LENGTH:
        return line
    head, space, _ = line[:LENGTH].rpartition(" ")
    return (head if space else line[: LENGTH - 1]).rstrip(" ,;:.-") + "…"

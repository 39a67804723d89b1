"""How much a proposal divides people, and countries.

`divisiveness` is 4 A D / N^2 for A ballots that agree and D that disagree, of N: 1 if half agree
and half disagree, 0 if nobody agrees or nobody disagrees; neutral ballots lower it. With neutral
left out it is four times the variance of a ballot (Bernoulli).

`country_spread` is the weighted standard deviation of the countries' rates a_c of
`operators.core.scores.consensus`: 0 if all countries agree equally much, at most 0.5.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

METHOD: Final = "divisiveness/4ad-n2/1"
SPREAD_METHOD: Final = "country-spread/weighted-sd/1"


def divisiveness(agree: ArrayLike, disagree: ArrayLike, votes: ArrayLike) -> NDArray[np.float64]:
    """From 0 to 1; NaN without ballots.

    Args:
        agree: Ballots that agree, any shape.
        disagree: Ballots that disagree.
        votes: Ballots: agree, disagree and neutral.

    >>> divisiveness([50, 100, 25], [50, 0, 25], 100).tolist()
    [1.0, 0.0, 0.25]
    """
    n = np.asarray(votes, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    return np.asarray(4 * (np.asarray(agree) / n) * (np.asarray(disagree) / n))


def country_spread(rates: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Weighted standard deviation over the last axis.

    Args:
        rates: `Consensus.rates` (shape ..., countries).
        weights: `consensus.country_weights`, which sum to 1; NaN where they are all 0.

    >>> float(country_spread([0.25, 0.75], [0.5, 0.5]))
    0.25
    """
    a, w = np.asarray(rates, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    mean = (w * a).sum(-1, keepdims=True)
    spread = np.sqrt((w * (a - mean) ** 2).sum(-1))
    return np.where(w.sum(-1) > 0, spread, np.nan)


SQL: Final = "if({total} = 0, NULL, 4 * ({agree} / {total}) * ({disagree} / {total}))"

MEAN_SQL: Final = "arraySum((w, r) -> w * r, country_weights, country_rates)"
SPREAD_SQL: Final = (
    "if(informing = 0, NULL, sqrt(arraySum((w, r) -> w * pow(r - country_mean, 2),"
    " country_weights, country_rates)))"
)
"""ClickHouse expressions over the columns of `consensus.SQL`; ``country_mean`` is `MEAN_SQL`."""

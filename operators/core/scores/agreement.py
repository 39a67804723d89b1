"""Agreement: the share of ballots that agree, with Wilson's score interval.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22 (1927), 209-212; the interval (11) of L. D. Brown,
T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion" (2001).

`agreement` and the SQL below are one formula twice; a test holds them equal to 1e-12.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

Z95: Final = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

METHOD: Final = "agreement/wilson-95/1"
"""Name and version, published beside each number."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A rate without ballots is None with bounds 0 and 1."""

    rate: float | None
    low: float
    high: float


def agreement(agree: int, total: int) -> Agreement:
    """Share of `total` ballots (agree, disagree and neutral) that agree.

    Raises:
        ValueError: Not 0 <= agree <= total.

    >>> a = agreement(30, 40)
    >>> round(a.rate, 3), round(a.low, 3), round(a.high, 3)
    (0.75, 0.598, 0.858)
    """
    if not 0 <= agree <= total:
        raise ValueError(f"need 0 <= agree <= total, got {agree} of {total}")
    if total == 0:
        return Agreement(None, 0.0, 1.0)
    rate = agree / total
    z2 = Z95 * Z95
    centre = (agree + z2 / 2) / (total + z2)
    half = Z95 / (total + z2) * sqrt(rate * (1 - rate) * total + z2 / 4)
    return Agreement(rate, max(0.0, centre - half), min(1.0, centre + half))


_CENTRE = f"({{agree}} + {Z95**2 / 2!r}) / ({{total}} + {Z95**2!r})"
_HALF = (
    f"{Z95!r} / ({{total}} + {Z95**2!r})"
    f" * sqrt({{agree}} / {{total}} * (1 - {{agree}} / {{total}}) * {{total}} + {Z95**2 / 4!r})"
)

RATE_SQL: Final = "if({total} = 0, NULL, {agree} / {total})"
LOW_SQL: Final = f"if({{total}} = 0, 0, greatest(0, {_CENTRE} - {_HALF}))"
HIGH_SQL: Final = f"if({{total}} = 0, 1, least(1, {_CENTRE} + {_HALF}))"
"""ClickHouse expressions of the columns ``agree`` and ``total`` (both counts of ballots)."""

"""A theme as it is kept."""

import msgspec


class Theme(msgspec.Struct, array_like=True):
    """A theme.

    Attributes:
        number: Never used again.
        clusters: Numbers of its clusters.
        terms: What distinguishes it from the other themes, best first.
    """

    number: int
    clusters: list[int]
    terms: tuple[str, ...] = ()

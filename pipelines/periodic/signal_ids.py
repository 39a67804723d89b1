"""Names of signals: the same evidence always gives the same name."""

from hashlib import blake2b

from infra.clickhouse.signals import Kind


def signal_id(kind: Kind, *parts: object) -> str:
    """A short name that the same parts always give.

    >>> signal_id("burst", "cities-2026", "p-1", 29_000_000)
    'burst-d3e117fb9c8c'
    """
    return f"{kind}-{digest(*parts)[:12]}"


def digest(*parts: object) -> str:
    """Sixteen hexadecimal digits for a list of values."""
    text = "\n".join(str(part) for part in parts)
    return blake2b(text.encode(), digest_size=8).hexdigest()

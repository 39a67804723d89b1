"""Sentences with numbers in them."""


def number_of(count: int, noun: str, nouns: str = "") -> str:
    """A number and its noun, as people say it.

    >>> number_of(1, "proposal"), number_of(1200, "proposal"), number_of(0, "country", "countries")
    ('1 proposal', '1,200 proposals', '0 countries')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"

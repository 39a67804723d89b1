"""Pseudonyms: who voted or proposed is known only in the topics as sent, for 30 days.

BLAKE2b in its keyed mode (RFC 7693) with 16 bytes of output: without the key a pseudonym can
neither be reversed by trying all ids nor be made for a known id.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

PSEUDONYM_BYTES: Final = 16
MIN_KEY_BYTES: Final = 16
MAX_KEY_BYTES: Final = 64

Pseudonymise = Callable[[str, str], str]
"""Takes (consultation_id, own id) and returns 32 hexadecimal digits."""


def pseudonymiser(key: bytes) -> Pseudonymise:
    """Make the pseudonym function of one key.

    The consultation is part of what is hashed, so that nobody can be followed from one
    consultation to the next; a zero byte, which no identifier holds, separates the two.

    >>> pseudonymise = pseudonymiser(b"0123456789abcdef")
    >>> pseudonymise("c", "alice") == pseudonymise("d", "alice")
    False

    Raises:
        ValueError: The key has fewer than 16 or more than 64 bytes.
    """
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(f"the pseudonym key must have {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes")
    # Copying a prepared state is cheaper than hashing the key block for every vote.
    prepared = blake2b(key=key, digest_size=PSEUDONYM_BYTES)

    def pseudonymise(consultation_id: str, own_id: str) -> str:
        state = prepared.copy()
        state.update(f"{consultation_id}\0{own_id}".encode())
        return state.hexdigest()

    return pseudonymise

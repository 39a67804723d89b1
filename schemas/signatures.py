"""What a source proves itself with, all of it made from its one key.

The key signs messages on Kafka. The token of the HTTP intake is derived from the key and from
nothing else, one way: whoever learns a token can send by HTTP until the key is changed, but can
sign nothing, and no token is stored anywhere.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

SOURCE_HEADER: Final = "tutti-source"
SIGNATURE_HEADER: Final = "tutti-signature"
VERSION: Final = "v1="
TOKEN_PREFIX: Final = "tutti_"  # noqa: S105 - what every token begins with
_TOKEN_OF: Final = b"tutti http token v1"

Headers = Iterable[tuple[str, bytes | str | None]]
"""Of a Kafka message, as a client gives them."""


def signature(key: bytes, payload: bytes) -> str:
    """The value of the header `SIGNATURE_HEADER`.

    >>> signature(b"key", b"The quick brown fox jumps over the lazy dog")[:19]
    'v1=f7bc83f430538424'
    """
    return VERSION + hmac.digest(key, payload, "sha256").hex()


def signed_headers(name: str, key: bytes, payload: bytes) -> list[tuple[str, bytes]]:
    """The headers of a message that a source sends."""
    return [
        (SOURCE_HEADER, name.encode()),
        (SIGNATURE_HEADER, signature(key, payload).encode()),
    ]


def signs(key: bytes, payload: bytes, given: str) -> bool:
    """Whether a signature is that of the key; the time it takes tells nothing of it."""
    return hmac.compare_digest(signature(key, payload).encode(), given.encode())


def token_of(key: bytes) -> str:
    """The bearer token of the source that has this key.

    >>> token_of(bytes(32))[:11]
    'tutti_d6bbX'
    """
    derived = hmac.digest(key, _TOKEN_OF, "sha256")
    return TOKEN_PREFIX + urlsafe_b64encode(derived).rstrip(b"=").decode()


def digest_of(token: str) -> bytes:
    """What a token is looked up by, so that comparing tells nothing of those that exist."""
    return sha256(token.encode()).digest()


def claim(headers: Headers | None) -> tuple[str, str]:
    """Source and signature that the headers name, empty if they name none; the last one counts."""
    name = given = ""
    for header, value in headers or ():
        if header == SOURCE_HEADER:
            name = _text(value)
        elif header == SIGNATURE_HEADER:
            given = _text(value)
    return name, given


def _text(value: bytes | str | None) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii", "replace")
    return value or ""

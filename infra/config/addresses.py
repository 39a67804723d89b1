"""Addresses of servers as people write them in settings: checked, and never with a password."""

import re
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator

_BROKER: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})").fullmatch
_NAME: Final = re.compile(r"[a-z0-9._-]{1,253}|\[?[0-9a-f:.]{2,45}\]?").fullmatch
_ORIGIN: Final = re.compile(r"https?://[a-z0-9._-]{1,253}(?::\d{1,5})?").fullmatch
_MAX_PORT: Final = 65_535


def _brokers(text: str) -> str:
    brokers = [broker.strip() for broker in text.split(",")]
    for broker in brokers:
        found = _BROKER(broker)
        if not found or not 1 <= int(found[1]) <= _MAX_PORT:
            raise ValueError("must be host:port, or several of them with commas between")
    return ",".join(brokers)


def _split(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    url = urlsplit(text)
    if "@" in url.netloc:
        raise ValueError("must hold no user and no password: they have settings of their own")
    try:
        port = url.port
    except ValueError:
        port = None
    if url.scheme not in schemes or not url.hostname or not port or url.query or url.fragment:
        raise ValueError(f"must be an address like {example}")
    return url


def _http_url(text: str) -> str:
    url = _split(text, ("http", "https"), "https://host:port")
    if url.path not in {"", "/"}:
        raise ValueError("must be an address like https://host:port")
    return f"{url.scheme}://{url.netloc}"


def _web_url(text: str) -> str:
    url = urlsplit(text)
    try:
        port = url.port
    except ValueError:
        port = 0
    plain = re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", url.path) and not (url.query or url.fragment)
    if url.scheme not in {"http", "https"} or not url.hostname or port == 0 or not plain:
        raise ValueError("must be an address like https://host:port/path")
    if "@" in url.netloc:
        raise ValueError("must hold no user and no password")
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"


def _redis_url(text: str) -> str:
    url = _split(text, ("redis", "rediss"), "rediss://host:port/0")
    if not re.fullmatch(r"(/\d{0,3})?", url.path):
        raise ValueError("must be an address like rediss://host:port/0")
    return f"{url.scheme}://{url.netloc}/{url.path.lstrip('/') or '0'}"


def _listed(given: object) -> object:
    """Names with commas between, as the environment holds them."""
    if not isinstance(given, str):
        return given
    return tuple(name.strip().lower() for name in given.split(",") if name.strip())


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_NAME(name) for name in names):
        raise ValueError("must be names of hosts or addresses, with commas between")
    return names


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_ORIGIN(origin) for origin in origins):
        raise ValueError("must be origins like https://host, with commas between")
    return origins


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_names)]
"""Host names or addresses: ``name,name``."""

Origins = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_origins)]
"""Origins as browsers name them: ``https://host,https://host:port``."""

Brokers = Annotated[str, AfterValidator(_brokers)]
"""Kafka's bootstrap servers: ``host:port,host:port``."""

HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""``http://host:port`` or ``https://host:port``, nothing behind it."""

RedisUrl = Annotated[str, AfterValidator(_redis_url)]
"""``redis://host:port/database`` or ``rediss://…``; the database may be left out."""

WebUrl = Annotated[str, AfterValidator(_web_url)]
"""``http://host`` or ``https://host``, with a port and a path where they are needed."""

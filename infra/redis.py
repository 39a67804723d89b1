"""How tutti talks to Redis: news for screens; no number depends on it."""

from redis import Redis

from infra.settings import Settings


def connect(settings: Settings, *, timeout_s: float) -> Redis:
    """A client; it connects with its first command.

    Args:
        settings: Where Redis is.
        timeout_s: Longest wait for a connection or an answer, seconds.
    """
    return Redis.from_url(
        settings.redis, socket_timeout=timeout_s, socket_connect_timeout=timeout_s
    )

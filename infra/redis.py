"""How tutti talks to Redis: change notifications, a cache of vectors; no number depends on it."""

from typing import Any, Final

from redis import AuthenticationError, Redis, RedisError

from infra.config.secrets import read_secret
from infra.config.settings import Settings
from operators.core.errors import TerminalError, TransientError

CHANGES: Final = "tutti:changes"
"""Stream of change notifications: the consultations whose tallies changed."""


class RedisUnavailableError(TransientError):
    """Redis does not answer."""

    def __init__(self) -> None:
        super().__init__("Redis does not answer: see tutti status, or run tutti up.")


class RedisAuthenticationError(TerminalError):
    """Redis and we do not trust each other."""


def connect(settings: Settings, *, timeout_s: float) -> Redis:
    """A client; it connects with its first command.

    Args:
        settings: Where Redis is, and who we are there.
        timeout_s: Longest wait for a connection or an answer, seconds.

    Raises:
        TerminalError: The file of the password cannot be read.
    """
    more: dict[str, Any] = {}
    if settings.redis_password_file is not None:
        more["password"] = read_secret(settings.redis_password_file, "TUTTI_REDIS_PASSWORD_FILE")
        more["username"] = settings.redis_user
    if settings.redis_ca_file is not None:
        more["ssl_ca_certs"] = str(settings.redis_ca_file)
    return Redis.from_url(
        settings.redis, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, **more
    )


def ping(settings: Settings, *, timeout_s: float) -> None:
    """Ask whether it answers.

    Raises:
        RedisUnavailableError: It does not.
        RedisAuthenticationError: It does not take our password, or we not its certificate.
    """
    try:
        connect(settings, timeout_s=timeout_s).ping()
    except AuthenticationError:
        raise RedisAuthenticationError(
            "Redis does not take the password: is it that of TUTTI_REDIS_PASSWORD_FILE?"
        ) from None
    except RedisError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise RedisAuthenticationError(
                "The certificate of Redis is not trusted: is TUTTI_REDIS_CA_FILE its authority?"
            ) from None
        raise RedisUnavailableError from None

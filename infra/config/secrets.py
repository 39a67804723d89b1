"""Secrets, from files that only their owner can read, and the pseudonym key."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from infra.config.settings import Settings
from operators.core.errors import TerminalError
from operators.core.votes.pseudonyms import MAX_KEY_BYTES, MIN_KEY_BYTES

MAX_PRIVATE_BYTES: Final = 65_536
MAX_SECRET_CHARACTERS: Final = 1_024
GENERATED_BYTES: Final = 32
OPERATOR_TOKEN: Final = "operator.token"  # noqa: S105 - the name of its file


def read_private(file: Path, setting: str, limit: int = MAX_PRIVATE_BYTES) -> str:
    """The text of a file that only its owner can read.

    Args:
        file: Such a file, or a link to one.
        setting: The name of the setting that named it, for the error.
        limit: Bytes that it may have.

    Raises:
        TerminalError: There is no such file, others can read it, or it is no small text.
    """
    try:
        # Without waiting: a pipe would keep us here for ever.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
            found = os.fstat(opened.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise TerminalError(f"{setting}: {file} is not a file.")
            if found.st_mode & 0o077:
                raise TerminalError(f"{setting}: others can read {file}: chmod 600 it.")
            content = opened.read(limit + 1)
    except OSError as error:
        raise TerminalError(f"{setting}: {file} cannot be read: {error.strerror}.") from None
    if len(content) > limit:
        raise TerminalError(f"{setting}: {file} has more than {limit} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise TerminalError(f"{setting}: {file} is not text in UTF-8.") from None


def read_secret(file: Path, setting: str) -> str:
    """The secret that a private file holds: its one line, without the newline.

    Raises:
        TerminalError: As `read_private`, or it is not one line of printable characters.
    """
    secret = read_private(file, setting).removesuffix("\n").removesuffix("\r")
    if len(secret) > MAX_SECRET_CHARACTERS:
        raise TerminalError(f"{setting}: {file} has more than {MAX_SECRET_CHARACTERS} characters.")
    if not secret or not secret.isprintable():
        raise TerminalError(f"{setting}: {file} must hold one line of printable characters.")
    return secret


def write_private(file: Path, text: str) -> None:
    """Write a text file that only its owner can read, whole or not at all."""
    write_private_bytes(file, text.encode())


def write_private_bytes(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, 0o600), "wb") as opened:
        opened.write(content)
    draft.replace(file)


def _made_once(file: Path, secret: str) -> None:
    """Write a secret into a private file, unless the file exists.

    It is written whole under another name, then linked: two first starts agree on one secret.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file.exists():
        return
    draft = file.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as opened:
        opened.write(secret)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def own_secret(settings: Settings, name: str) -> str:
    """A secret between our own services; made when it is first asked for, and kept.

    Raises:
        TerminalError: As `read_private`.
    """
    file = settings.home / "secrets" / name
    _made_once(file, secrets.token_urlsafe(GENERATED_BYTES))
    return read_secret(file, str(file))


def operator_token(settings: Settings) -> str:
    """What opens the operator page; made when it is first asked for, and kept.

    Raises:
        TerminalError: As `read_private`.
    """
    return own_secret(settings, OPERATOR_TOKEN)


def replace_operator_token(settings: Settings) -> str:
    """Another token from now on: whoever is logged in with the former one is logged out."""
    token = secrets.token_urlsafe(GENERATED_BYTES)
    write_private(settings.home / "secrets" / OPERATOR_TOKEN, token)
    return token


def clickhouse_password_file(settings: Settings) -> Path | None:
    """Where the operators' password is: as set, or the one that the local server makes for itself.

    None for a ClickHouse elsewhere without a password.
    """
    if settings.clickhouse_password_file or settings.clickhouse_url:
        return settings.clickhouse_password_file
    return generated_password_file(settings)


def generated_password_file(settings: Settings) -> Path:
    """Where the local server keeps the password that it makes."""
    return settings.home / "secrets" / "clickhouse.password"


def make_clickhouse_password(settings: Settings) -> str:
    """The operators' password of the local server; made at its first start and kept.

    Raises:
        TerminalError: As `read_private`.
    """
    file = settings.clickhouse_password_file
    if file is None:
        file = generated_password_file(settings)
        _made_once(file, secrets.token_urlsafe(GENERATED_BYTES))
    return read_secret(file, "TUTTI_CLICKHOUSE_PASSWORD_FILE")


def pseudonym_key(settings: Settings) -> bytes:
    """The key of the pseudonyms; made at the first start and kept from then on.

    Another key would make another person of every participant: their next vote would count
    beside the former one instead of replacing it.

    Raises:
        TerminalError: The key has not 16 to 64 bytes.
    """
    if settings.pseudonym_key is not None:
        key = settings.pseudonym_key.get_secret_value().encode()
    elif settings.pseudonym_key_file is not None:
        key = read_secret(settings.pseudonym_key_file, "TUTTI_PSEUDONYM_KEY_FILE").encode()
    else:
        file = settings.home / "secrets" / "pseudonym.key"
        _made_once(file, secrets.token_hex(MAX_KEY_BYTES // 2))
        key = file.read_bytes().strip()
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise TerminalError(
            f"The pseudonym key has {len(key)} bytes; it must have {MIN_KEY_BYTES} to "
            f"{MAX_KEY_BYTES}: set TUTTI_PSEUDONYM_KEY_FILE to a file of such a key."
        )
    return key

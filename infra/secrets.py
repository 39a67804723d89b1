"""Secrets: the pseudonym key, from the environment or from a file only its owner can read."""

import os
import secrets

from infra.settings import Settings
from operators.core.errors import TerminalError
from operators.core.pseudonyms import MAX_KEY_BYTES, MIN_KEY_BYTES


def pseudonym_key(settings: Settings) -> bytes:
    """The key of the pseudonyms; made at the first start and kept from then on.

    Another key would make another person of every participant: their next vote would count
    beside the former one instead of replacing it.

    Raises:
        TerminalError: The key has not 16 to 64 bytes.
    """
    if settings.pseudonym_key is not None:
        key = settings.pseudonym_key.get_secret_value().encode()
    else:
        file = settings.home / "secrets" / "pseudonym.key"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            # Written whole under another name, then linked: two first starts agree on one key.
            draft = file.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
                f.write(secrets.token_hex(MAX_KEY_BYTES // 2))
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = file.read_bytes().strip()
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise TerminalError(
            f"The pseudonym key has {len(key)} bytes; it must have {MIN_KEY_BYTES} to "
            f"{MAX_KEY_BYTES}: set TUTTI_PSEUDONYM_KEY to such a key."
        )
    return key

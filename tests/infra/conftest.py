"""Passwords and certificates in files, for the clients of ClickHouse and Redis."""

from pathlib import Path

import pytest
from certificates import AWKWARD_SECRET, make_certificates


@pytest.fixture(scope="session")
def secrets_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    make_certificates(made)
    for name, secret in (("password", AWKWARD_SECRET), ("wrong", "wrong")):
        (made / name).touch(mode=0o600)
        (made / name).write_text(f"{secret}\n")
    return made

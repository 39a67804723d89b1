"""``tutti operator-token``: the token on standard output alone, kept in a private file."""

import stat

import pytest
from typer.testing import CliRunner

from infra.config.settings import Settings
from pipelines.cli.app import app
from pipelines.cli.operator_page import where


@pytest.fixture
def shown(tmp_path):
    def run(*options: str):
        done = CliRunner().invoke(
            app, ["operator-token", *options], env={"TUTTI_HOME": str(tmp_path)}
        )
        assert done.exit_code == 0
        return done

    return run


def test_the_token_is_made_once_and_stands_in_a_private_file(shown, tmp_path):
    first = shown()
    token = first.stdout.strip()
    file = tmp_path / "secrets" / "operator.token"
    assert len(token) > 40
    assert file.read_text() == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert shown().stdout == first.stdout
    assert "/operator" in first.stderr
    assert token not in first.stderr


def test_another_token_is_made_when_it_is_asked_for(shown):
    first = shown().stdout
    other = shown("--new").stdout
    assert other != first
    assert shown().stdout == other


def test_the_address_holds_no_token(tmp_path):
    settings = Settings(home=tmp_path, port_base=18_200)
    assert where(settings) == "operator page: http://127.0.0.1:18200/operator"

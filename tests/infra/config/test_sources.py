"""The file of sources: private, whole, and read anew when it changes."""

from datetime import UTC, datetime
from threading import Thread

import pytest

from infra.config.settings import Settings
from infra.config.sources import RulesInForce, append, read_sources, source_now, writing
from operators.core.errors import TerminalError
from pipelines.http_intake.problems import ProblemError
from pipelines.http_intake.tokens import RENEW_MS, Tokens
from schemas.signatures import token_of
from schemas.sources import SigningPolicy, SourceEntry

START = datetime(2026, 5, 1, tzinfo=UTC)
MAY = 1_777_593_600_000


def source(name: str = "web", **fields) -> SourceEntry:
    return SourceEntry(name, START, "01" * 32, **fields)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path)


def test_what_is_written_is_read_again_and_only_its_owner_can(settings):
    written = [
        source(consultations=("a", "b-*"), announces=("a",), countries=("PT", "ZZ"), rate=5),
        SigningPolicy(START, "signed"),
        source("app", old_key_until=START, trust=("trusted",), participants=("x:*",)),
    ]
    with writing(settings) as known:
        assert known.sources == ()
        append(settings, written[:2])
        append(settings, written[2:])
    found = read_sources(settings)
    assert [*found.sources, *found.policies] == [written[0], written[2], written[1]]
    assert settings.sources.stat().st_mode & 0o777 == 0o600


def test_two_who_write_at_once_lose_nothing(settings):
    def add(name: str) -> None:
        with writing(settings):
            append(settings, [source(name)])

    threads = [Thread(target=add, args=(f"s-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_sources(settings).sources) == 8


def test_an_entry_that_is_not_valid_is_not_written(settings):
    with writing(settings):
        append(settings, [source()])
        before = settings.sources.read_bytes()
        with pytest.raises(TerminalError, match="another entry of its name"):
            append(settings, [source()])
    assert settings.sources.read_bytes() == before


def test_a_file_that_others_can_read_or_that_is_not_there_is_refused(settings, tmp_path):
    with writing(settings):
        append(settings, [source()])
    settings.sources.chmod(0o640)
    with pytest.raises(TerminalError, match="others can read"):
        read_sources(settings)
    with pytest.raises(TerminalError, match="cannot be read"):
        read_sources(Settings(home=tmp_path, sources_file=tmp_path / "none.toml"))


def test_a_change_is_seen_by_the_next_who_asks(settings):
    in_force = RulesInForce(settings)
    assert not in_force.renewed()
    with writing(settings):
        append(settings, [source()])
    assert in_force.renewed()
    assert in_force.rules.sources.in_force("web", MAY) == source()
    assert not in_force.renewed()
    assert source_now(in_force.rules.sources, "web") == source()
    with pytest.raises(TerminalError, match="no source nobody"):
        source_now(in_force.rules.sources, "nobody")


def test_a_token_is_good_from_its_entry_on(settings):
    now_ms = MAY
    tokens = Tokens(settings, clock=lambda: now_ms)
    token = f"Bearer {token_of(source().secret)}"
    with pytest.raises(ProblemError):
        tokens.source(token)
    with writing(settings):
        append(settings, [source()])
    now_ms += RENEW_MS
    assert tokens.source(token) == source()
    assert tokens.source(token.replace("Bearer", "bearer")) == source()
    for wrong in ("", token[:-1], token.removeprefix("Bearer "), token.replace("Bearer", "Basic")):
        with pytest.raises(ProblemError) as error:
            tokens.source(wrong)
        assert error.value.status == 401

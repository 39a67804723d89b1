import stat

import pytest

from pipelines.live.operator.sessions import MAX_AGE_MS, MAX_SESSIONS, Sessions


class Desk:
    """Sessions with a clock and a token that a test may change."""

    def __init__(self, file):
        self.file, self.now, self.token = file, 1_000, "the-token"
        self.sessions = self.again()

    def again(self) -> Sessions:
        return Sessions(self.file, lambda: self.token, lambda: self.now)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "sessions")


def test_only_the_token_opens_a_session(desk):
    assert desk.sessions.log_in("the-token ") is None
    assert desk.sessions.log_in("") is None
    name = desk.sessions.log_in("the-token")
    assert desk.sessions.known(name)
    assert not desk.sessions.known("")
    assert not desk.sessions.known("the-token")


def test_a_session_ends_after_its_time(desk):
    name = desk.sessions.log_in(desk.token)
    desk.now += MAX_AGE_MS - 1
    assert desk.sessions.known(name)
    desk.now += 1
    assert not desk.sessions.known(name)


def test_with_one_more_than_the_bound_the_oldest_ends(desk):
    names = []
    for _ in range(MAX_SESSIONS + 1):
        desk.now += 1
        names.append(desk.sessions.log_in(desk.token))
    assert [desk.sessions.known(name) for name in names] == [False] + [True] * MAX_SESSIONS


def test_a_restart_logs_nobody_out_and_the_file_opens_nothing(desk):
    name = desk.sessions.log_in(desk.token)
    assert desk.again().known(name)
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600
    kept = desk.file.read_text()
    assert name not in kept
    assert desk.token not in kept


def test_another_token_ends_all_sessions(desk):
    name = desk.sessions.log_in(desk.token)
    desk.token = "another"  # noqa: S105 - of this test
    assert not desk.sessions.known(name)
    assert desk.sessions.log_in("the-token") is None


def test_who_logs_out_is_logged_out_alone(desk):
    one, other = desk.sessions.log_in(desk.token), desk.sessions.log_in(desk.token)
    desk.sessions.log_out(one)
    desk.sessions.log_out("nobody")
    assert not desk.sessions.known(one)
    assert desk.sessions.known(other)
    assert not desk.again().known(one)


@pytest.mark.parametrize("content", ["", "[]", '{"x": "y"}', "\x00"])
def test_a_file_that_is_none_of_ours_holds_no_session(desk, content):
    desk.file.write_text(content)
    assert not desk.again().known("x")
    assert desk.again().log_in(desk.token)

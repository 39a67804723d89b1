"""Pushing to a server that answers as Grafana's HTTP interface documents."""

import json
import ssl
import stat
from pathlib import Path

import pytest
from certificates import make_certificates
from grafana_server import TOKEN, PretendedGrafana, pretended_grafana

from infra.config.settings import Settings
from infra.grafana.build import DASHBOARDS
from infra.grafana.connection import GrafanaError, connect
from infra.grafana.dashboards import FOLDER_UID
from infra.grafana.data_sources import clickhouse_secrets, clickhouse_source, prometheus_source
from infra.grafana.push import Dashboards
from operators.core.errors import TerminalError

DOCS = "https://docs.example.org"


@pytest.fixture
def grafana():
    with pretended_grafana() as server:
        yield server


def of(settings: Settings) -> Dashboards:
    return Dashboards(connect(settings), str(settings.grafana_url), DOCS)


def boards(grafana: PretendedGrafana, **settings) -> Dashboards:
    return of(Settings(**{"grafana_url": grafana.url, "grafana_token": TOKEN} | settings))


def changes(states) -> set[str]:
    return {state.change for state in states}


def test_the_first_push_makes_folder_and_dashboards_and_the_second_nothing(grafana):
    assert changes(boards(grafana).states()) == {"new"}
    assert changes(boards(grafana).push()) == {"new"}
    assert grafana.folders[FOLDER_UID]["title"] == "tutti"
    assert grafana.dashboards.keys() == {board.uid for board in DASHBOARDS}
    assert changes(boards(grafana).states()) == {"unchanged"}
    grafana.requests.clear()
    assert changes(boards(grafana).push()) == {"unchanged"}
    assert not [request for request in grafana.requests if not request.startswith("GET ")]


def test_what_somebody_changed_is_shown_and_put_right(grafana):
    list(boards(grafana).push())
    board = grafana.dashboards["tutti-data-quality"]
    board["title"], board["version"] = "Mine", 5
    states = {state.uid: state for state in boards(grafana).states()}
    changed = states.pop("tutti-data-quality")
    assert '-  "title": "Mine",' in changed.lines
    assert '+  "title": "Data quality",' in changed.lines
    assert changes(states.values()) == {"unchanged"}
    list(boards(grafana).push())
    assert grafana.dashboards["tutti-data-quality"]["version"] == 6
    assert grafana.dashboards["tutti-data-quality"]["title"] == "Data quality"


def test_who_saved_meanwhile_is_not_overwritten(grafana):
    list(boards(grafana).push())
    stale = json.loads(json.dumps(grafana.dashboards["tutti-data-quality"])) | {"title": "Old"}
    grafana.answers["/api/dashboards/uid/tutti-data-quality"] = (200, {"dashboard": stale})
    grafana.dashboards["tutti-data-quality"] |= {"version": 9, "title": "Theirs"}
    with pytest.raises(GrafanaError, match=r"\(412\): somebody has saved a change meanwhile"):
        list(boards(grafana).push())
    assert grafana.dashboards["tutti-data-quality"]["title"] == "Theirs"


def test_data_sources_are_made_once_and_follow_the_settings(grafana, tmp_path):
    settings = Settings(port_base=20_000)
    assert boards(grafana).push_source(clickhouse_source(settings)) == "new"
    assert boards(grafana).push_source(clickhouse_source(settings)) == "unchanged"
    assert boards(grafana).push_source(prometheus_source()) == "new"
    found = grafana.sources["tutti-clickhouse"]["jsonData"]
    assert (found["host"], found["port"], found["secure"]) == ("127.0.0.1", 20_002, False)
    password = tmp_path / "password"
    password.write_text("of-analysts\n")
    password.chmod(0o600)
    elsewhere = Settings(
        clickhouse_url="https://ch.example.org:8443", analyst_user="reader",
        analyst_password_file=password,
    )  # fmt: skip
    source, secrets = clickhouse_source(elsewhere), clickhouse_secrets(elsewhere)
    assert boards(grafana).push_source(source, secrets) == "changed"
    found = grafana.sources["tutti-clickhouse"]
    assert found["secureJsonFields"] == {"password": True}
    assert found["jsonData"]["secure"] is True
    assert found["jsonData"]["username"] == "reader"


def test_an_editor_may_push_dashboards_and_no_data_sources(grafana):
    grafana.editor = True
    with pytest.raises(GrafanaError, match=r"\(403\).*--no-data-sources"):
        boards(grafana).push_source(prometheus_source())
    assert changes(boards(grafana).push()) == {"new"}


def test_another_data_source_of_that_name_is_left_alone(grafana):
    grafana.sources["x"] = {"name": "tutti Prometheus", "uid": "x"}
    with pytest.raises(GrafanaError, match=r"\(409\).*same name already exists"):
        boards(grafana).push_source(prometheus_source())


def test_a_token_that_grafana_does_not_know(grafana):
    with pytest.raises(GrafanaError, match=r"does not know the token \(401\)") as caught:
        list(boards(grafana, grafana_token=TOKEN[:-1]).push())
    assert TOKEN[:-1] not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (500, {"message": "database is locked"}, r"problem of its own \(500\).*is locked"),
        (502, b"<html>bad gateway: no message</html>", "is not Grafana, or something stands"),
        (200, b"<html>Log in</html>", "is not Grafana, or something stands"),
        (200, b"[]", "is not Grafana, or something stands"),
        (302, b"http://127.0.0.1:1/login", "sends elsewhere"),
        (400, {"message": "x" * 5000}, r"refused it while .* \(400\). It says: x{300}$"),
    ],
)
def test_other_answers_are_told_in_a_sentence(grafana, status, body, sentence):
    grafana.answers["/api/dashboards/uid/tutti-live-consultation"] = (status, body)
    with pytest.raises(GrafanaError, match=sentence):
        list(boards(grafana).states())


def test_an_answer_without_end_is_not_read_to_its_end(grafana, monkeypatch):
    monkeypatch.setattr("infra.grafana.connection.ANSWER_BYTES", 1000)
    path = "/api/dashboards/uid/tutti-live-consultation"
    grafana.answers[path] = (200, b'{"dashboard": "' + b"x" * 5000 + b'"}')
    with pytest.raises(GrafanaError, match="makes no sense"):
        list(boards(grafana).states())


def test_nothing_answers():
    with pretended_grafana() as grafana:
        pass
    with pytest.raises(GrafanaError, match=r"Nothing answers at http://127\.0\.0\.1:\d+: does"):
        list(boards(grafana).states())


def test_a_certificate_must_be_signed_by_the_authority_that_is_named(tmp_path):
    make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "broker.both")
    with pretended_grafana(context) as grafana:
        url = f"https://127.0.0.1:{grafana.port}"
        known = {"grafana_url": url, "grafana_ca_file": tmp_path / "ca.pem"}
        assert changes(boards(grafana, **known).states()) == {"new"}
        for authority in (None, tmp_path / "stranger.pem"):
            with pytest.raises(GrafanaError, match=r"certificate .* not trusted .*CA_FILE"):
                list(boards(grafana, **known | {"grafana_ca_file": authority}).states())


def test_the_token_comes_from_a_file_that_only_its_owner_can_read(grafana, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    given = {"grafana_token": None, "grafana_token_file": file}
    assert changes(boards(grafana, **given).states()) == {"new"}
    file.chmod(0o600 | stat.S_IROTH)
    with pytest.raises(TerminalError, match="others can read"):
        boards(grafana, **given)


@pytest.mark.parametrize("token", ["two words", "ümlaut", ""])
def test_what_is_no_token_is_not_sent(grafana, token):
    with pytest.raises(GrafanaError, match="one word of ASCII"):
        boards(grafana, grafana_token=token)
    assert grafana.requests == []


def test_without_address_or_token_the_sentence_says_what_to_set():
    with pytest.raises(GrafanaError, match="TUTTI_GRAFANA_URL"):
        connect(Settings())
    with pytest.raises(GrafanaError, match="TUTTI_GRAFANA_TOKEN_FILE"):
        connect(Settings(grafana_url="http://127.0.0.1:3000"))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"grafana_url": "http://grafana.example.org"}, "readable over the network"),
        ({"grafana_url": "https://u:p@grafana.example.org"}, "no user and no password"),
        ({"grafana_url": "https://grafana.example.org/?a"}, "must be an address"),
        ({"grafana_url": "ftp://grafana.example.org"}, "must be an address"),
        ({"grafana_token": "a", "grafana_token_file": Path("b")}, "set one of them"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Settings(**settings)


def test_grafana_may_live_below_a_path(grafana):
    for path in ("/api/dashboards/uid/" + board.uid for board in DASHBOARDS):
        grafana.answers["/grafana" + path] = (404, {"message": "Dashboard not found"})
    below = Settings(grafana_url=f"{grafana.url}/grafana/", grafana_token=TOKEN)
    assert changes(of(below).states()) == {"new"}

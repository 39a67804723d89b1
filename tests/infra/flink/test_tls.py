"""Only who has this installation's certificate gets an answer of Flink."""

import subprocess

import pytest

from infra.config.settings import Settings
from infra.flink.rest import FlinkRest
from infra.flink.tls import client_context, flink_options, folder_of, make_identity
from operators.core.errors import TerminalError


def test_who_has_the_certificate_is_answered_over_one_connection(settings, flink):
    flink.answers["/jobs/overview"] = {"jobs": [{"jid": "j", "tasks": {"running": 2, "total": 2}}]}
    rest = FlinkRest(settings, flink.port)
    assert rest.all_tasks_run("j")
    assert not rest.all_tasks_run("another")
    assert len(flink.connections) == 1, "a handshake costs ten times as much as a question"


def test_another_installation_is_not_answered(tmp_path, flink):
    stranger = Settings(home=tmp_path / "stranger")
    make_identity(stranger)
    assert FlinkRest(stranger, flink.port).get("/jobs/overview") == {}
    assert not flink.asked


def test_without_a_certificate_there_is_no_answer(tmp_path, flink):
    assert FlinkRest(Settings(home=tmp_path / "none"), flink.port).get("/") == {}
    with pytest.raises(TerminalError, match="cannot be read"):
        client_context(folder_of(Settings(home=tmp_path / "none")))


def test_files_are_their_owners_alone_and_stay_the_same(settings):
    files = {file: file.read_bytes() for file in folder_of(settings).iterdir()}
    assert {f.name for f in files} == {
        "key.pem", "certificate.pem", "store.p12", "store.password",
    }  # fmt: skip
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    make_identity(settings)
    assert {file: file.read_bytes() for file in files} == files


def test_java_reads_the_key_store(settings):
    options = flink_options(settings)
    listed = subprocess.run(
        ["keytool", "-list", "-keystore", options["security.ssl.rest.keystore"],
         "-storepass", options["security.ssl.rest.keystore-password"]],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "PrivateKeyEntry" in listed
    assert options["security.ssl.rest.authentication-enabled"] == "true"

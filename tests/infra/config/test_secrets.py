import os
import stat

import pytest
from pydantic import ValidationError

from infra.config.secrets import pseudonym_key, read_secret, write_private
from infra.config.settings import Settings
from infra.config.trust import trust_rules
from infra.kafka import security
from infra.local.redis_server import _quoted
from operators.core.errors import TerminalError

NAME = "TUTTI_X_FILE"


def secret_file(folder, content: bytes, mode: int = 0o600, name: str = "secret"):
    file = folder / name
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("content", [b"hush", b"hush\n", b"hush\r\n"])
def test_a_secret_is_the_one_line_of_its_file(tmp_path, content):
    assert read_secret(secret_file(tmp_path, content), NAME) == "hush"


def test_spaces_and_letters_of_all_scripts_are_part_of_a_secret(tmp_path):
    file = secret_file(tmp_path, "  pässwörd \n".encode())
    assert read_secret(file, NAME) == "  pässwörd "


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o601])
def test_a_file_that_others_can_open_is_refused(tmp_path, mode):
    with pytest.raises(TerminalError, match=r"TUTTI_X_FILE: others can read .*chmod 600"):
        read_secret(secret_file(tmp_path, b"hush", mode), NAME)


@pytest.mark.parametrize(
    ("content", "output"),
    [
        (b"", "one line"),
        (b"\n", "one line"),
        (b"a\nb\n", "one line"),
        (b"a\x00b", "one line"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * 1025, "more than 1024 characters"),
        (b"x" * 65_537, "more than 65536 bytes"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(tmp_path, content, output):
    with pytest.raises(TerminalError, match=output) as refused:
        read_secret(secret_file(tmp_path, content), NAME)
    assert "xxx" not in str(refused.value)


def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path):
    with pytest.raises(TerminalError, match="cannot be read: No such file"):
        read_secret(tmp_path / "nothing", NAME)
    with pytest.raises(TerminalError, match=r"cannot be read|is not a file"):
        read_secret(tmp_path, NAME)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(TerminalError, match="is not a file"):
        read_secret(tmp_path / "pipe", NAME)


def test_a_private_file_is_private_from_its_first_byte(tmp_path):
    old = os.umask(0)
    try:
        write_private(tmp_path / "new" / "file", "hush")
        write_private(tmp_path / "new" / "file", "hush hush")
    finally:
        os.umask(old)
    assert (tmp_path / "new" / "file").read_text() == "hush hush"
    assert stat.S_IMODE((tmp_path / "new" / "file").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["file"]


def test_the_pseudonym_key_comes_from_the_file_that_is_named(tmp_path):
    file = secret_file(tmp_path, b"sixteen bytes ok\n")
    assert pseudonym_key(Settings(home=tmp_path, pseudonym_key_file=file)) == b"sixteen bytes ok"
    assert not (tmp_path / "secrets").exists()
    short = secret_file(tmp_path, b"short", name="short")
    with pytest.raises(TerminalError, match="5 bytes"):
        pseudonym_key(Settings(home=tmp_path, pseudonym_key_file=short))


FILE = "/nowhere"


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ({"kafka_security_protocol": "SSL"}, "needs TUTTI_KAFKA_BROKERS"),
        ({"kafka_brokers": "a:1", "kafka_security_protocol": "SASL_SSL"}, "needs TUTTI_KAFKA_USER"),
        ({"kafka_brokers": "a:1", "kafka_user": "u"}, "need a protocol with SASL"),
        ({"kafka_brokers": "a:1", "kafka_ca_file": FILE}, "need SSL"),
        (
            {"kafka_brokers": "a:1", "kafka_security_protocol": "SSL", "kafka_key_file": FILE},
            "go together",
        ),
        (
            {
                "kafka_brokers": "127.0.0.1:1,a:1",
                "kafka_security_protocol": "SASL_PLAINTEXT",
                "kafka_user": "u",
                "kafka_password_file": FILE,
            },
            "readable over the network: use SASL_SSL",
        ),
        ({"kafka_security_protocol": "plain"}, "PLAINTEXT"),
        (
            {"clickhouse_url": "http://a:1", "clickhouse_password_file": FILE},
            "TUTTI_CLICKHOUSE_URL .* use https://",
        ),
        ({"analyst_url": "http://a:1", "analyst_password_file": FILE}, "use https://"),
        ({"redis_url": "redis://a:1", "redis_password_file": FILE}, "use rediss://"),
        ({"redis_url": "redis://a:1", "redis_ca_file": FILE}, "rediss:// where there is a CA"),
        ({"redis_user": "u"}, "needs TUTTI_REDIS_URL"),
        ({"pseudonym_key": "k" * 16, "pseudonym_key_file": FILE}, "set one of them"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(given, output):
    with pytest.raises(ValidationError, match=output):
        Settings(**given)


def test_a_password_may_be_sent_in_plain_text_on_this_machine_only():
    Settings(
        kafka_brokers="127.0.0.1:1,[::1]:2,localhost:3",
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_user="u",
        kafka_password_file=FILE,
        clickhouse_url="http://localhost:1",
        clickhouse_password_file=FILE,
    )


def test_a_relative_path_is_meant_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Settings(trust_rules="trust.toml").trust_rules == tmp_path / "trust.toml"


def scram(folder, password: bytes = b'a "b" \\c\n', user: str = "u") -> Settings:
    (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    return Settings(
        home=folder,
        kafka_brokers="a:1",
        kafka_security_protocol="SASL_SSL",
        kafka_user=user,
        kafka_password_file=secret_file(folder, password),
        kafka_ca_file=folder / "ca.pem",
    )


def test_java_gets_the_password_in_a_private_file_and_nowhere_else(tmp_path):
    found = security.java(scram(tmp_path), tmp_path / "run")
    assert found.properties == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tmp_path / "ca.pem"),
    }
    [file] = found.system.values()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600  # noqa: PTH116 - a path as text
    text = (tmp_path / "run" / "kafka.jaas").read_text()
    assert r'password="a \"b\" \\c";' in text
    assert 'username="u"' in text


def test_librdkafka_gets_the_same(tmp_path):
    assert security.librdkafka(scram(tmp_path)) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": 'a "b" \\c',
        "ssl.ca.location": str(tmp_path / "ca.pem"),
    }
    assert security.librdkafka(Settings()) == {"security.protocol": "PLAINTEXT"}
    assert security.java(Settings(), tmp_path) == security.JavaSecurity()


def test_what_java_would_expand_is_refused(tmp_path):
    with pytest.raises(TerminalError, match="expand"):
        security.java(scram(tmp_path, b"a${user.home}"), tmp_path / "run")


def test_a_key_that_java_cannot_read_is_refused_with_the_cure(tmp_path):
    (tmp_path / "own.pem").write_text("-----BEGIN CERTIFICATE-----")
    key = secret_file(tmp_path, b"-----BEGIN RSA PRIVATE KEY-----\n", name="key")
    settings = Settings(
        kafka_brokers="a:1",
        kafka_security_protocol="SSL",
        kafka_certificate_file=tmp_path / "own.pem",
        kafka_key_file=key,
    )
    with pytest.raises(TerminalError, match="openssl pkcs8"):
        security.java(settings, tmp_path / "run")
    key.chmod(0o644)
    with pytest.raises(TerminalError, match="chmod 600"):
        security.librdkafka(settings)


def test_redis_reads_a_quoted_value_as_it_is():
    assert _quoted('a "b" \\c') == r'"a \"b\" \\c"'


def test_a_bad_file_of_trust_rules_is_named_with_its_line(tmp_path):
    file = tmp_path / "trust.toml"
    with pytest.raises(TerminalError, match=r"trust\.toml cannot be read"):
        trust_rules(Settings(trust_rules=file))
    file.write_text("\n[[rule]]\nsource = 'a'\n")
    with pytest.raises(TerminalError, match=r"TUTTI_TRUST_RULES: .*trust.toml: line 2: from must"):
        trust_rules(Settings(trust_rules=file))
    assert trust_rules(Settings()) is None

"""``tutti config show``: every setting with its origin, no secret."""

from pydantic import SecretStr

from infra.config.settings import Settings
from infra.config.settings_report import MASK, settings_report


def found(settings, environment):
    return {line.name: line for line in settings_report(settings, environment)}


def test_every_setting_has_a_value_an_origin_and_a_meaning(tmp_path):
    lines = found(
        Settings(home=tmp_path, port_base=20_000), {"TUTTI_HOME": "x", "tutti_port_base": "y"}
    )
    assert {f"TUTTI_{name.upper()}" for name in Settings.model_fields} <= lines.keys()
    assert lines["TUTTI_HOME"].origin == "environment"
    assert lines["TUTTI_PORT_BASE"].origin == "environment"
    assert lines["TUTTI_INSTANCE"].origin == "default"
    assert (lines["metrics_port"].value, lines["metrics_port"].origin) == ("20008", "derived")
    assert all(line.meaning for line in lines.values())


def test_an_empty_variable_decides_nothing(tmp_path):
    assert found(Settings(home=tmp_path), {"TUTTI_HOME": ""})["TUTTI_HOME"].origin == "default"


def test_secrets_are_masked_wherever_they_come_from(tmp_path):
    settings = Settings(home=tmp_path, pseudonym_key=SecretStr("0123456789abcdef-hush"))
    line = found(settings, {"TUTTI_PSEUDONYM_KEY": "x"})["TUTTI_PSEUDONYM_KEY"]
    assert (line.value, line.origin) == (MASK, "environment")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "pseudonym.key").write_text("hush")
    line = found(Settings(home=tmp_path), {})["TUTTI_PSEUDONYM_KEY"]
    assert (line.value, line.origin) == (MASK, "file")
    assert "hush" not in str(settings_report(settings))


def test_a_password_within_an_address_is_masked():
    from infra.config.settings_report import _text  # noqa: PLC0415 - an address of today has none

    assert _text("redis://ben:hush@host:6379/0") == f"redis://ben:{MASK}@host:6379/0"
    assert _text("http://127.0.0.1:8123") == "http://127.0.0.1:8123"

import socket
from dataclasses import replace

import pytest
from pydantic import ValidationError

from infra.config.settings import Settings
from infra.local import stack, status
from infra.local.services import SERVICES, Health
from operators.core.errors import TerminalError, TransientError
from pipelines.cli.demo import demo
from pipelines.cli.main import main


def test_by_default_everything_is_on_this_machine(tmp_path):
    settings = Settings(home=tmp_path, port_base=20_000)
    assert settings.brokers == "127.0.0.1:20003"
    assert settings.clickhouse == "http://127.0.0.1:20001"
    assert settings.clickhouse_for_analysts == "http://127.0.0.1:20002"
    assert settings.redis == "redis://127.0.0.1:20005/0"
    assert not any(service.elsewhere(settings) for service in SERVICES)


def test_an_address_of_ours_replaces_the_local_one():
    settings = Settings(
        kafka_brokers="a.example.org:9092, [::1]:9093",
        clickhouse_url="https://ch.example.org:8443/",
        redis_url="rediss://cache.example.org:6380",
    )
    assert settings.brokers == "a.example.org:9092,[::1]:9093"
    assert settings.clickhouse == "https://ch.example.org:8443"
    assert settings.clickhouse_for_analysts == "https://ch.example.org:8443"
    assert settings.redis == "rediss://cache.example.org:6380/0"
    other = settings.model_copy(update={"analyst_url": "https://read.example.org:8443"})
    assert other.clickhouse_for_analysts == "https://read.example.org:8443"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kafka_brokers", "no-port"),
        ("kafka_brokers", "a:1,,b:2"),
        ("kafka_brokers", "a:70000"),
        ("kafka_brokers", "a:1'b"),
        ("clickhouse_url", "127.0.0.1:8123"),
        ("clickhouse_url", "ftp://a:1"),
        ("clickhouse_url", "http://a"),
        ("clickhouse_url", "http://a:1/path"),
        ("clickhouse_url", "http://a:99999"),
        ("redis_url", "http://a:1"),
        ("redis_url", "redis://a:1/name"),
        ("redis_url", "redis://a:1/0?password=hush"),
    ],
)
def test_what_is_no_address_is_refused(name, value):
    with pytest.raises(ValidationError, match=r"like|must be host:port"):
        Settings(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clickhouse_url", "https://me:hush@a:1"),
        ("analyst_url", "https://:hush@a:1"),
        ("redis_url", "redis://:hush@a:1/0"),
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(name, value):
    with pytest.raises(ValidationError) as caught:
        Settings(**{name: value})
    assert "settings of their own" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("TUTTI_KAFKA_BROKERS", "")
    assert Settings().kafka_brokers is None


def test_only_parts_that_run_here_need_their_ports(tmp_path):
    settings = Settings(
        home=tmp_path,
        port_base=20_000,
        kafka_brokers="a:1",
        clickhouse_url="http://a:1",
        redis_url="redis://a:1",
    )
    assert stack._ports(settings) == [20_010, 20_006, 20_007, 20_008, 20_000]
    assert stack._ports(Settings(home=tmp_path, port_base=20_000)) == [
        *(20_003, 20_001, 20_005, 20_010, 20_006, 20_007, 20_008, 20_000),
        *(20_004, 20_002),
    ]


def test_a_server_elsewhere_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(stack, "ELSEWHERE_S", 0.1)
    with socket.socket() as nobody:  # bound, not listening: refuses every connection
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        settings = Settings(
            home=tmp_path,
            kafka_brokers=address,
            clickhouse_url=f"http://{address}",
            redis_url=f"redis://{address}/0",
        )
        for service in SERVICES[:3]:
            with pytest.raises(TransientError, match=f"{service.name} at .*{address}.* not answer"):
                stack._await_elsewhere(settings, service)


def test_status_calls_it_external(tmp_path):
    settings = Settings(home=tmp_path, redis_url="redis://a:1")
    [service] = [service for service in SERVICES if service.name == "redis"]
    service = replace(service, probe=lambda _settings, _pid: Health(ready=True, facts={}))
    found = status._service_status(settings, service, None, None)
    assert (found.state, found.ready, found.address) == ("EXTERNAL", True, "redis://a:1/0")


def test_the_demo_sends_nothing_elsewhere(monkeypatch):
    monkeypatch.setenv("TUTTI_KAFKA_BROKERS", "kafka.example.org:9092")
    with pytest.raises(TerminalError, match=r"invented votes to kafka\.example\.org:9092"):
        demo()


def test_a_wrong_setting_is_said_by_its_name_without_its_value(monkeypatch, capsys):
    monkeypatch.setenv("TUTTI_REDIS_URL", "redis://me:hush@a:1")
    monkeypatch.setattr("sys.argv", ["tutti", "status"])
    monkeypatch.setattr("os.umask", lambda mask: mask)
    with pytest.raises(SystemExit, match="1"):
        main()
    output = capsys.readouterr().err
    assert "TUTTI_REDIS_URL must hold no user and no password" in output
    assert "hush" not in output

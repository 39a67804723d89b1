"""What is provisioned is the same on every machine."""

from infra.grafana.provisioning import provisioning_files


def test_settings_of_this_machine_do_not_go_into_files_of_the_repository(monkeypatch):
    before = provisioning_files()
    monkeypatch.setenv("TUTTI_CLICKHOUSE_URL", "https://elsewhere.example.org:8443")
    monkeypatch.setenv("TUTTI_ANALYST_USER", "somebody")
    monkeypatch.setenv("TUTTI_PORT_BASE", "20000")
    assert provisioning_files() == before

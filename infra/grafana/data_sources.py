"""The two data sources: the read-only address of ClickHouse, and Prometheus."""

from typing import Any, Final
from urllib.parse import urlsplit

from infra.config.secrets import read_secret
from infra.config.settings import Settings
from infra.grafana.queries import CLICKHOUSE, PLUGIN_VERSION, PROMETHEUS

PROMETHEUS_URL: Final = "http://127.0.0.1:9090"
CONNECTIONS: Final = 8
"""Of Grafana with ClickHouse: the analysts' address lets two requests run and sixteen wait."""
ANSWER_S: Final = 30
"""Longest query there."""


def clickhouse_source(settings: Settings) -> dict[str, Any]:
    """ClickHouse as analysts reach it, without its password."""
    url = urlsplit(settings.clickhouse_for_analysts)
    return {
        "name": "tutti ClickHouse",
        "uid": CLICKHOUSE.uid,
        "type": CLICKHOUSE.type_val,
        "access": "proxy",
        "jsonData": {
            "version": PLUGIN_VERSION,
            "host": url.hostname,
            "port": url.port or (443 if url.scheme == "https" else 80),
            "protocol": "http",
            "secure": url.scheme == "https",
            "username": settings.analyst_user,
            "defaultDatabase": "marts",
            "dialTimeout": "10",
            "queryTimeout": str(ANSWER_S),
            "maxOpenConns": str(CONNECTIONS),
            "maxIdleConns": str(CONNECTIONS // 2),
        },
    }


def prometheus_source(url: str = PROMETHEUS_URL) -> dict[str, Any]:
    """Prometheus, which scrapes the metrics port."""
    return {
        "name": "tutti Prometheus",
        "uid": PROMETHEUS.uid,
        "type": PROMETHEUS.type_val,
        "access": "proxy",
        "url": url,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s", "prometheusType": "Prometheus"},
    }


def clickhouse_secrets(settings: Settings) -> dict[str, str]:
    """What goes with the first one and can be written, but never read again."""
    if settings.analyst_password_file is None:
        return {}
    name = "TUTTI_ANALYST_PASSWORD_FILE"
    return {"password": read_secret(settings.analyst_password_file, name)}

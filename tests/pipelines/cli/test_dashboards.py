"""``tutti dashboards`` as people run it, against a server that answers like Grafana."""

import json
import os
import subprocess
import sys

import pytest
from grafana_server import TOKEN, pretended_grafana
from places import CHECKOUT

from infra.grafana.build import DASHBOARDS, built_files
from pipelines.cli import dashboards


@pytest.fixture
def run(tmp_path):
    def ran(*arguments: str, code: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", "dashboards", *arguments],
            cwd=CHECKOUT,
            env=os.environ | {"TUTTI_HOME": str(tmp_path / "home")} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return ran


def test_build_writes_where_it_is_told(run, tmp_path):
    run("build", "--output", str(tmp_path / "out"))
    for path, text in built_files(dashboards._DOCS_URL).items():
        assert (tmp_path / "out" / path).read_text() == text


def test_diff_push_and_diff_again(run):
    with pretended_grafana() as grafana:
        known = {"TUTTI_GRAFANA_URL": grafana.url, "TUTTI_GRAFANA_TOKEN": TOKEN}
        found = json.loads(run("diff", "--json", code=1, **known))
        assert found == [{"uid": board.uid, "change": "new"} for board in DASHBOARDS]
        printed = run("push", "--no-annotations", **known)
        assert "tutti ClickHouse: new" in printed
        assert "Live consultation: new" in printed
        assert "Data quality: unchanged" in run("diff", **known)
        assert grafana.sources.keys() == {"tutti-clickhouse", "tutti-prometheus"}


def test_an_error_is_one_sentence(run):
    printed = run("diff", code=1, TUTTI_GRAFANA_URL="http://127.0.0.1:1", TUTTI_GRAFANA_TOKEN=TOKEN)
    assert printed.startswith("error: Nothing answers at http://127.0.0.1:1")
    assert TOKEN not in printed
    assert "Traceback" not in printed

"""Java's memory, and the configuration that Flink's Java machine reads."""

import os
from pathlib import Path

import pytest

from infra.config.settings import Settings
from pipelines.flink.runtime import YOUNG_MB, configure_flink, counting_heap


@pytest.mark.parametrize(
    ("heap_mb", "young_mb"),
    [(1_000, 400), (2_048, 819), (6_144, YOUNG_MB), (15_000, 3_000)],
)
def test_ballots_keep_most_of_the_heap(heap_mb, young_mb):
    options = counting_heap(heap_mb).split()
    assert f"-Xmn{young_mb}m" in options
    assert {f"-Xmx{heap_mb}m", f"-Xms{heap_mb}m"} <= set(options)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return Settings(home=tmp_path / "my home")


def test_flink_finds_its_configuration_and_writes_only_within_the_installation(settings):
    configure_flink(settings, "votes", "-Xmx1m")
    folder = Path(os.environ["FLINK_CONF_DIR"])
    assert folder == settings.run / "votes"
    assert "-Xmx1m" in (folder / "config.yaml").read_text()
    assert Path(os.environ["LOG4J_PROPERTIES"]).is_file()
    assert Path(os.environ["FLINK_LOG_DIR"]) == settings.logs
    assert str(settings.home.resolve()) in os.environ["JDK_JAVA_OPTIONS"]


def test_the_reporter_of_metrics_is_on_the_class_path(settings):
    configure_flink(settings, "votes", "-Xmx1m")
    jars = os.environ["HADOOP_CLASSPATH"].split(os.pathsep)
    assert any("metrics-prometheus" in Path(jar).name for jar in jars)
    assert all(Path(jar).is_file() for jar in jars)

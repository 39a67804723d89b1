"""Flink's settings: everything stays on this machine, and a checkpoint is claimed and kept."""

from pathlib import Path

import pytest

from operators.flink.settings import (
    flink_settings,
    kafka_options,
    reporter_settings,
    restore_settings,
)


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    return flink_settings(
        name="tutti test", connector_jar=tmp_path / "a jar.jar", state=tmp_path / "my state",
        parallelism=3, checkpoint_ms=700, rest_port=18_106,
    )  # fmt: skip


def test_flink_listens_on_this_machine_only(options):
    addresses = {key: value for key, value in options.items() if key.endswith(("host", "address"))}
    assert len(addresses) == 6
    assert set(addresses.values()) == {"127.0.0.1"}
    assert (options["web.submit.enable"], options["web.cancel.enable"]) == ("false", "false")


def test_a_folder_of_state_keeps_its_spaces_and_a_jar_is_an_address(options, tmp_path):
    # Flink would keep %20 as part of a folder's name; of a jar it wants an address.
    assert options["execution.checkpointing.dir"] == f"file://{tmp_path}/my state/checkpoints"
    assert options["pipeline.jars"] == f"file://{tmp_path}/a%20jar.jar"


def test_checkpoints_are_not_closer_to_each_other_than_asked_for(options):
    assert options["execution.checkpointing.interval"] == "700ms"
    assert options["execution.checkpointing.min-pause"] == "700ms"


def test_a_checkpoint_is_claimed(tmp_path):
    assert restore_settings(tmp_path / "chk-1") == {
        "execution.state-recovery.path": f"file://{tmp_path}/chk-1",
        "execution.state-recovery.claim-mode": "CLAIM",
    }


def test_a_value_with_a_quotation_mark_stays_one_value():
    found = kafka_options("a:1,b:2", {"ssl.truststore.location": "it's here"})
    assert "'properties.bootstrap.servers' = 'a:1,b:2'" in found
    assert "'properties.ssl.truststore.location' = 'it''s here'" in found


def test_only_the_named_metrics_are_sent_spelt_as_flink_spells_them():
    found = reporter_settings("http://127.0.0.1:1", "votes", ["flink_jobmanager_job_numRestarts"])
    allowed = found["metrics.reporter.prometheus.allowList"]
    assert allowed == "jobmanager.job.numRestarts"
    assert found["metrics.reporters"] == "prometheus"

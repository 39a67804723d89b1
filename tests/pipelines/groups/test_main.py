"""The process itself, with a real ClickHouse that comes and goes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from clickhouse_server import insert_proposals, insert_votes
from conversations import simulated
from places import CHECKOUT
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.service.heartbeat import last_beat
from infra.service.waiting import wait_until

CHOICES = {1: "agree", 0: "neutral", -1: "disagree"}


def wait_for(found):
    """Until it is true, for two minutes at most."""
    value = wait_until(found, 120, every_s=0.2)
    assert value
    return value


def test_the_process_groups_and_lives_on_without_clickhouse(tmp_path: Path):
    conversation = simulated(2, people=60, proposals=30, camps=2)
    with ready_clickhouse(tmp_path) as settings:
        client = connect(settings)
        insert_proposals(client, "alive", sorted({p for _, p in conversation.ballots}))
        insert_votes(
            client,
            [
                {
                    "consultation_id": "alive",
                    "proposal_id": proposal,
                    "participant": int(voter),
                    "choice": CHOICES[value],
                }
                for (voter, proposal), value in conversation.ballots.items()
            ],
        )  # fmt: skip
        environment = os.environ | {
            "TUTTI_HOME": str(tmp_path),
            "TUTTI_PORT_BASE": str(settings.port_base),
            "PYTHONPATH": str(CHECKOUT),
        }
        python = [sys.executable, "-m"]
        part = subprocess.Popen([*python, "pipelines.groups.main"], env=environment)
        try:
            wait_for(
                lambda: (
                    client.query(
                        "SELECT 1 FROM marts.opinion_groups WHERE verdict = 'separate groups'"
                    ).result_rows
                )
            )
            printed = subprocess.run(
                [*python, "pipelines.cli.main", "groups", "alive", "--json"],
                env=environment, check=True, capture_output=True,
            )  # fmt: skip
            shown = json.loads(printed.stdout)
            assert shown["run"]["verdict"] == "separate groups"
            assert sum(group["size"] for group in shown["groups"]) == shown["run"]["grouped"]
            assert shown["representatives"]
            assert len(shown["consensus"]) == 5
            text = subprocess.run(
                [*python, "pipelines.cli.main", "groups", "alive"],
                env=environment, check=True, capture_output=True,
            )  # fmt: skip
            assert b"alive: separate groups" in text.stdout
            assert b"what all groups agree on" in text.stdout
        except BaseException:
            part.kill()
            raise
    try:
        wait_for(lambda: last_beat(settings, "groups").age_ms < 1_500)
        beat = last_beat(settings, "groups")
        assert (beat.pid, beat.healthy) == (part.pid, True)
        assert part.poll() is None
    finally:
        part.send_signal(signal.SIGTERM)
        assert part.wait(30) == 0

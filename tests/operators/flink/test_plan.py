"""The plan that Flink makes of the votes job: exact and fast only as long as it has this shape."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from orjson import loads
from places import CHECKOUT

from operators.flink.plan import EPOCH, VERSION, current_plan

# Of its own process: Java keeps the first configuration it was started with.
EXPLAIN = """
import sys
from pathlib import Path
from infra.config.settings import Settings
from operators.flink.votes import VotesJob, job_settings
from operators.flink.plan import EPOCH, current_plan, for_file
from pipelines.flink.runtime import (CONNECTOR, compiled, configure_flink, counting_heap,
    environment, load)
home = Path(sys.argv[1])
settings = Settings(home=home)
configure_flink(settings, "votes", counting_heap(512))
options = job_settings(connector_jar=settings.jars / CONNECTOR, state=settings.home,
    parallelism=2, checkpoint_ms=1000, rest_port=0, kind="disk", memory_mb=256)
job = VotesJob("127.0.0.1:1", EPOCH)
flink = environment(options, job)
(home / "compiled.json").write_text(for_file(compiled(flink, job)))
print(load(flink, current_plan(), 7, 2000).explain())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("plan")


@pytest.fixture(scope="module")
def plan(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", EXPLAIN, str(home)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout[done.stdout.index("== Optimized Execution Plan ==") :]


def test_a_changed_plan_gets_a_new_version(plan: str, home: Path) -> None:
    """State is bound to the plan. To change it: a new file with the next number, and `VERSION`."""
    compiled = (home / "compiled.json").read_text()
    file = f"operators/flink/plans/votes-{VERSION}.json"
    if compiled != current_plan().text:
        draft = CHECKOUT / "build" / f"votes-{VERSION + 1}.json"
        draft.write_text(compiled)
        pytest.fail(f"The statements compile to another plan than {file}: the new one is {draft}")


def test_the_plan_knows_neither_addresses_nor_epoch() -> None:
    text = current_plan().text
    assert "127.0.0.1" not in text
    assert str(EPOCH) in text
    assert str(EPOCH) not in current_plan().of(3, 2000)


def test_another_version_of_the_same_plan_is_another_plan() -> None:
    """Settings that change operators leave the file as it is: the number tells."""
    plan = current_plan()
    assert replace(plan, version=plan.version - 1).sha256 != plan.sha256


def test_there_is_one_ranking_shared_by_tallies_and_windows(plan):
    assert plan.count("Rank(") == 1
    assert "strategy=[AppendFastStrategy]" in plan
    ranking = plan[plan.index("Rank(") :].splitlines()[0]
    assert "orderBy=[cast_ms DESC, origin_partition DESC, origin_offset DESC]" in ranking
    assert "partitionBy=[consultation_id, proposal_id, participant]" in ranking
    assert "(reuse_id=" in ranking


def test_the_log_is_read_once(plan):
    assert plan.count("TableSourceScan(") == 1


def test_counting_is_local_first_then_global(plan):
    assert plan.count("LocalGroupAggregate(") == 3
    assert plan.count("GlobalGroupAggregate(") == 3
    assert plan.count("COUNT_RETRACT(count1$0)") == 2


def test_mini_batches_are_on(plan):
    assert "mini-batch-assigner" in plan


def test_no_sink_needs_a_materialiser(plan):
    assert "upsertMaterialize" not in plan
    assert plan.count("Sink(") == 3


def test_no_sink_is_sent_the_row_of_before():
    """It would be a tombstone before each value: twice the output, and a cell missing between."""
    nodes = loads(current_plan().text)["nodes"]
    sinks = [node for node in nodes if "sink" in node["type"]]
    counting = [node for node in nodes if "global-group-aggregate" in node["type"]]
    assert [set(sink["inputChangelogMode"]) for sink in sinks] == [
        {"INSERT", "UPDATE_AFTER", "DELETE"},
        {"INSERT", "UPDATE_AFTER", "DELETE"},
        {"INSERT", "UPDATE_AFTER"},
    ]
    assert not any(node["generateUpdateBefore"] for node in counting)


def test_no_python_runs_in_it(plan):
    assert "Python" not in plan


def test_the_epoch_is_written_into_every_output(plan):
    assert plan.count("Calc(select=[7 AS EXPR$0") == 3

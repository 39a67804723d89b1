"""What each protection is good for: without it, the tests named here must be red.

``PYTHONPATH=tests python -m faults.red [WORD …]``: in a copy of the committed tree one protection
at a time is taken away and its tests are run. Exit status 1 if one of them stays green, or if the
text to replace is not there any more.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from faults.notes import FOLDER, note
from places import CHECKOUT

from operators.flink.plan import VERSION

PLAN = "operators/flink/plan.py"
MAKE_THE_PLAN = {"operators/flink/votes.py", PLAN}
RESULTS = FOLDER / "red.jsonl"
CHECK_BEHIND = 'failed on teardown with "AssertionError'
TIME_OUT = "Failed: Timeout"
PLACE = re.compile(r"(?<![\w.])/\w[^'\"),]*")
"""A path of this machine in what pytest says."""
GRAVEST = ("failure", "error", "skipped", "passed")
COMMIT = "tests/pipelines/test_intake_commit.py::"
CHOICE = "tests/pipelines/test_choose_start.py::"
SWITCH = "tests/pipelines/sink/test_switch.py::"
REPEATS = "tests/stack/test_repeats.py::"
KILLS = "tests/stack/test_kills.py::"
MARTS = "tests/marts/"
POSITIONS = "tests/pipelines/test_intake_positions.py::"
NEIGHBOURS = "tests/stack/test_bad_neighbours.py::"
FAULTS = "tests/faults/test_faults.py::test_every_number_is_right_after"


@dataclass(frozen=True, slots=True)
class Protection:
    """One thing that keeps numbers right.

    Attributes:
        name: What is taken away.
        file: Where it is.
        text: What is replaced; must be there exactly once.
        instead: By what.
        tests: Those that must be red then.
    """

    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]


PROTECTIONS = (
    Protection(
        "intake reads committed messages only",
        "pipelines/intake.py",
        'name = {"group.instance.id": f"intake-{settings.instance}"',
        'name = {"isolation.level": "read_uncommitted",'
        ' "group.instance.id": f"intake-{settings.instance}"',
        (f"{REPEATS}test_votes_of_an_aborted_transaction_are_not_counted",),
    ),
    Protection(
        "intake commits what the broker has acknowledged",
        "pipelines/intake.py",
        "if self._writer.flush(30.0):",
        "if self._writer.poll(0) is False:",
        (
            f"{COMMIT}test_it_commits_after_the_broker_has_acknowledged",
            f"{COMMIT}test_it_commits_nothing_while_something_is_not_acknowledged",
        ),
    ),
    Protection(
        "the sink waits for Kafka in its process",
        "pipelines/sink/main.py",
        "except (KafkaException, TimeoutError) as error:",
        "except ZeroDivisionError as error:",
        ("tests/pipelines/sink/test_away.py::test_it_waits_for_kafka_in_its_process",),
    ),
    Protection(
        "a Redis that fails is nobody's concern",
        "pipelines/sink/main.py",
        "        except RedisError as error:",
        "        except ZeroDivisionError as error:",
        (
            f"{NEIGHBOURS}test_cut_connections_a_second_sink_and_a_wrong_type_in_redis_change_no_number",
        ),
    ),
    Protection(
        "before a switch the old count stands still",
        "pipelines/sink/switch.py",
        "                self.held, self._since_ms = True, now_ms",
        "                self.held, self._since_ms = False, now_ms",
        (
            (
                f"{SWITCH}test_before_the_switch_the_old_count_stands_still_and_"
                "the_new_one_gets_all_it_may_hold"
            ),
        ),
    ),
    Protection(
        "what lost its supervisor is ended before anything starts",
        "infra/local/stack.py",
        "        left = end_orphans(settings)\n",
        "        left = 0\n",
        ("tests/stack/test_alone.py::test_up_ends_the_orphans_of_a_killed_supervisor",),
    ),
    Protection(
        "offsets without a message, before one, are counted as gaps",
        "pipelines/intake.py",
        "        self.offset_gaps += offset - self.next_offset\n"
        "        self.next_offset = offset + 1",
        "        self.next_offset = offset + 1",
        (f"{POSITIONS}test_a_gap_between_messages_is_a_hole",),
    ),
    Protection(
        "offsets without a message, at a partition's end, are counted as gaps",
        "pipelines/intake.py",
        "        self.offset_gaps += offset - self.next_offset\n"
        "        self.next_offset = offset\n",
        "        self.next_offset = offset\n",
        (
            f"{POSITIONS}test_markers_behind_the_last_message_are_holes_too",
            f"{REPEATS}test_votes_of_an_aborted_transaction_are_not_counted",
        ),
    ),
    Protection(
        "the sink learns of new leaders",
        "infra/kafka.py",
        "        broker.list_topics(timeout=TIMEOUT_S)\n        return _ends(broker, asked)",
        "        return _ends(broker, asked)",
        (f"{KILLS}test_the_sink_learns_of_new_leaders",),
    ),
    Protection(
        "the sink reads committed records only",
        "pipelines/sink/main.py",
        "kafka.consumer(settings, kafka.SINK_GROUP)",
        'kafka.consumer(settings, kafka.SINK_GROUP, **{"isolation.level": "read_uncommitted"})',
        (f"{REPEATS}test_output_of_an_aborted_transaction_is_not_shown",),
    ),
    Protection(
        "no tombstone before a new value",
        PLAN,
        "        _send_new_rows_only(node)\n",
        "",
        (f"{REPEATS}test_the_output_never_takes_back_a_count_that_only_grows",),
    ),
    Protection(
        "the offset of the output record as a row's version",
        "schemas/clickhouse/tables/0001_counting.sql",
        "ENGINE = ReplacingMergeTree(version, is_deleted)\n"
        "ORDER BY (epoch, consultation_id, proposal_id, country, trust)\n",
        "ENGINE = ReplacingMergeTree\n"
        "ORDER BY (epoch, consultation_id, proposal_id, country, trust)\n",
        (f"{REPEATS}test_a_second_sink_that_dies_halfway_changes_nothing",),
    ),
    Protection(
        "views read one row per cell (`FINAL`)",
        "schemas/clickhouse/marts/tutti.cells.sql",
        "FROM tutti.tallies FINAL",
        "FROM tutti.tallies",
        (f"{REPEATS}test_a_second_sink_that_dies_halfway_changes_nothing",),
    ),
    Protection(
        "checkpoints as often as they cost little",
        "pipelines/pacing.py",
        '        attempt = trigger_checkpoint(port, job) if all_tasks_run(port, job) else ""\n',
        '        attempt = ""\n',
        (f"{KILLS}test_checkpoints_come_more_often_than_flink_itself_would_take_them",),
    ),
    Protection(
        "Java's temporary files within the installation",
        "infra/scratch.py",
        "-Djava.io.tmpdir=",
        "-Dunknown=",
        (f"{KILLS}test_flink_unpacks_nothing_outside_the_installation",),
    ),
    Protection(
        "one current ballot per participant and proposal",
        "operators/flink/votes.py",
        "WHERE rn = 1 AND choice",
        "WHERE rn <= 2 AND choice",
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "the latest ballot by `cast_at`, not by arrival",
        "operators/flink/votes.py",
        "ORDER BY cast_ms DESC, origin_partition DESC, origin_offset DESC",
        "ORDER BY origin_offset DESC",
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "the archive's rank",
        "schemas/clickhouse/tables/0001_counting.sql",
        "bitShiftLeft(toUInt128(cast_ms), 64)",
        "toUInt128(0)",
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "exactly-once output of the votes job",
        "operators/flink/votes.py",
        "'sink.delivery-guarantee' = 'exactly-once'",
        "'sink.delivery-guarantee' = 'at-least-once'",
        (f"{FAULTS}[kill-votes-again-before-it-is-ready]",),
    ),
    Protection(
        "claiming the checkpoint that is resumed",
        "operators/flink/settings.py",
        '"execution.state-recovery.claim-mode": "CLAIM"',
        '"execution.state-recovery.claim-mode": "NO_CLAIM"',
        (f"{FAULTS}[kill-votes]",),
    ),
    Protection(
        "checkpoints outlive the job",
        "operators/flink/settings.py",
        '"RETAIN_ON_CANCELLATION"',
        '"DELETE_ON_CANCELLATION"',
        (f"{FAULTS}[kill-votes]",),
    ),
    Protection(
        "a lost count is counted into a new epoch",
        "pipelines/starting.py",
        "return max(known | {shown, note.rebuilding or 0}) + 1",
        "return max(known | {shown, note.rebuilding or 0})",
        (f"{CHOICE}test_nothing_is_counted_anew_into_an_epoch_that_has_output",),
    ),
    Protection(
        "a newest checkpoint that was lost before anybody noted it is missed",
        "pipelines/starting.py",
        "(kept := kept_by(run)) < last.kept",
        "(kept := kept_by(run)) < 0",
        (f"{CHOICE}test_the_loss_of_a_newest_checkpoint_that_nobody_had_noted_is_noticed",),
    ),
    Protection(
        "a new count is shown only when it has passed the one shown",
        "pipelines/sink/switch.py",
        "if new.reaches(shown) and self._has_goal(new):",
        "if True:",
        (f"{SWITCH}test_a_new_count_waits_until_it_has_every_partition",),
    ),
    Protection(
        "progress is written after what it promises",
        "pipelines/sink/batch.py",
        'WATERMARKS: Final = frozenset({"tutti.progress", "tutti.cluster_progress"})',
        "WATERMARKS: Final = frozenset[str]()",
        ("tests/pipelines/sink/test_batch.py::test_what_promises_the_others_is_inserted_last",),
    ),
    Protection(
        "history's greatest version of a cell, not its latest row",
        "schemas/clickhouse/marts/tutti.cells_at.sql",
        "argMax(history.agree, history.version) AS agree",
        "argMax(history.agree, history.minute) AS agree",
        (f"{MARTS}test_history.py::test_a_batch_that_is_repeated_later_does_not_step_back",),
    ),
    Protection(
        "a board of then is of the count that was shown then",
        "schemas/clickhouse/marts/tutti.cells_at.sql",
        "epoch = (SELECT epoch FROM tutti.active_epoch_at(at = $at))",
        "epoch = (SELECT max(epoch) FROM tutti.epochs)",
        (f"{MARTS}test_history.py::test_a_moment_shows_the_count_that_was_shown_then",),
    ),
    Protection(
        "a rank is held until it has moved enough",
        "operators/core/held.py",
        "abs({{now}} - {{held}}) >= {MOVED!r})",
        "abs({{now}} - {{held}}) >= 0)",
        (f"{MARTS}test_held.py::test_what_is_written_each_minute_equals_the_fold_of_the_history",),
    ),
    Protection(
        "every country informs the prior of consensus equally",
        "operators/core/consensus.py",
        '"informing": _SUM.format(each=f"least(n, {_M})")',
        '"informing": _SUM.format(each="n")',
        (
            (
                f"{MARTS}test_independent.py::"
                "test_consensus_with_weights_is_that_of_exact_fractions_in_python_and_in_the_view"
            ),
        ),
    ),
    Protection(
        "groups must be more than noise",
        "operators/core/groups/support.py",
        '"({silhouette} > ifNull({noise}, 2))"',
        '"({silhouette} > 0)"',
        (f"{MARTS}test_groups.py::test_noise_is_no_distinct_groups",),
    ),
    Protection(
        "the export in Polis's layout is of the trusted series",
        "pipelines/exporters/polis.py",
        "AND choice != 'withdrawn' AND trust != 'troll'",
        "AND choice != 'withdrawn'",
        (
            (
                f"{MARTS}test_exports.py::"
                "test_the_polis_layout_comes_back_through_the_importer_with_equal_counts"
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test came to.

    Attributes:
        kind: passed, failure, error, skipped or missing. A failure is a check that did not hold,
            in the test or, as the reconciliation after each test, behind it; an error before the
            test, or a test that hangs, proves nothing.
        why: What pytest says of it.
    """

    kind: str
    why: str = ""


def _outcome(element: ET.Element) -> Outcome:
    """Of one phase of a test."""
    why = PLACE.sub("…", " ".join(element.get("message", "").split()))
    if why.startswith(TIME_OUT):
        return Outcome("error", why)
    return Outcome("failure" if why.startswith(CHECK_BEHIND) else element.tag, why)


def outcomes(folder: Path, tests: tuple[str, ...]) -> dict[str, Outcome]:
    """Run tests in a copy; by their names."""
    report = folder / "report.xml"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-m", "", "--timeout", "3600"),
            *(f"--junit-xml={report}", *tests),
        ],
        cwd=folder,
        env=os.environ | {"TUTTI_JARS": str((CHECKOUT / "build" / "jars").resolve())},
        capture_output=True,
        check=False,
    )
    found: dict[str, Outcome] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        name = case.get("name", "")
        phases = [_outcome(element) for element in case if element.tag in GRAVEST]
        phases.append(found.get(name, Outcome("passed")))
        found[name] = min(phases, key=lambda phase: GRAVEST.index(phase.kind))
    return {test: found.get(test.split("::")[-1], Outcome("missing")) for test in tests}


def compile_plan(folder: Path) -> None:
    """The job runs the compiled plan, not the SQL: the test of the plan drafts the new one."""
    (folder / "build").mkdir(exist_ok=True)
    outcomes(
        folder, ("tests/operators/flink/test_plan.py::test_a_changed_plan_gets_a_new_version",)
    )
    draft = folder / "build" / f"votes-{VERSION + 1}.json"
    if draft.exists():  # not all of the SQL is in the plan
        draft.replace(folder / "operators" / "flink" / "plans" / f"votes-{VERSION}.json")


def without(protection: Protection) -> dict[str, Outcome]:
    """Take one protection away in a copy of the tree and run its tests."""
    with tempfile.TemporaryDirectory(prefix="tutti-red-") as name:
        folder = Path(name)
        archive = subprocess.run(
            ["git", "archive", "HEAD"], cwd=CHECKOUT, capture_output=True, check=True
        )
        subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
        file = folder / protection.file
        text = file.read_text()
        if text.count(protection.text) != 1:
            return dict.fromkeys(protection.tests, Outcome("the text to replace is not there once"))
        file.write_text(text.replace(protection.text, protection.instead))
        if protection.file in MAKE_THE_PLAN:
            compile_plan(folder)
        return outcomes(folder, protection.tests)


def main(words: list[str]) -> int:
    """Try the protections whose names hold one of the words; all without words."""
    green = 0
    for protection in PROTECTIONS:
        if words and not any(word in protection.name for word in words):
            continue
        found = without(protection)
        wrong = [
            f"{test}: {outcome.kind} {outcome.why}"
            for test, outcome in found.items()
            if outcome.kind != "failure"
        ]
        green += bool(wrong)
        note(
            RESULTS,
            {
                "scenario": protection.name,
                "verdict": "red" if wrong else "green",
                "wrong": wrong,
                "tests": [test.split("::")[-1] for test in protection.tests],
                "found": {test: outcome.why[:400] for test, outcome in found.items()},
            },
        )
        sys.stdout.write(f"{protection.name}: {wrong or 'red, as it must be'}\n")
        sys.stdout.flush()
    return int(green > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

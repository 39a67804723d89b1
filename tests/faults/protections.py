"""What keeps numbers right, how each is taken away, and the tests that must be red then."""

from dataclasses import dataclass

from faults.marking import Change, always, assigned, called_with, gone, never, replaced, uncaught

INTAKE = "tests/pipelines/intake/"
SINK = "tests/pipelines/sink/"
VOTES = "tests/pipelines/votes/"
MARTS = "tests/marts/"
STACK = "tests/stack/"
REPEATS = f"{STACK}test_repeats.py::"
KILLS = f"{STACK}test_kills.py::"
FAULTS = "tests/faults/test_faults.py::test_every_number_is_right_after"
READ_UNCOMMITTED = '**{"isolation.level": "read_uncommitted"}'


@dataclass(frozen=True, slots=True)
class Protection:
    """One thing that keeps numbers right.

    Attributes:
        name: What is taken away, as its mark in the code says.
        change: What stands there instead.
        tests: Those that must be red then.
    """

    name: str
    change: Change
    tests: tuple[str, ...]


PROTECTIONS = (
    Protection(
        "intake reads committed messages only",
        called_with(READ_UNCOMMITTED),
        (f"{REPEATS}test_votes_of_an_aborted_transaction_are_not_counted",),
    ),
    Protection(
        "intake commits what the broker has acknowledged",
        never,
        (
            f"{INTAKE}test_commit.py::test_it_commits_after_the_broker_has_acknowledged",
            f"{INTAKE}test_commit.py::test_it_commits_nothing_while_something_is_not_acknowledged",
        ),
    ),
    Protection(
        "a source's rate on a partition",
        replaced(r"if count > .*", "if False else None"),
        (
            (
                f"{INTAKE}test_signed_rates.py::"
                "test_what_is_beyond_the_rate_is_rejected_whenever_intake_is_restarted[restarts0]"
            ),
        ),
    ),
    Protection(
        "a source's rate over a restart",
        gone,
        (
            (
                f"{INTAKE}test_signed_rates.py::"
                "test_what_is_beyond_the_rate_is_rejected_whenever_intake_is_restarted[restarts1]"
            ),
        ),
    ),
    Protection(
        "only who is answered for counts towards five",
        replaced(r"\{answered_for\}", "true"),
        (
            (
                "tests/marts/test_open_impersonation.py::"
                "test_false_voters_of_before_the_signature_do_not_count_towards_five"
            ),
        ),
    ),
    Protection(
        "what is decided later changes no verdict",
        replaced(r"span\.until_ms if span\.until_ms <= broker_ms else END_MS", "span.until_ms"),
        ("tests/schemas/test_closings.py::test_what_is_decided_later_changes_no_verdict",),
    ),
    Protection(
        "of a result's name the first one counts",
        replaced("argMin", "argMax"),
        ("tests/infra/clickhouse/test_closings.py::test_a_result_never_changes",),
    ),
    Protection(
        "the sink waits for Kafka in its process",
        uncaught,
        (f"{SINK}test_unavailable.py::test_it_waits_for_kafka_in_its_process",),
    ),
    Protection(
        "a Redis that fails is nobody's concern",
        uncaught,
        (
            (
                f"{STACK}test_bad_neighbours.py::"
                "test_cut_connections_a_second_sink_and_a_wrong_type_in_redis_change_no_number"
            ),
        ),
    ),
    Protection(
        "before a cutover the old count is frozen",
        replaced("True", "False"),
        (
            (
                f"{SINK}test_cutover.py::"
                "test_before_the_switch_the_old_count_stands_still_and_the_new_one_gets_all_it_may_hold"
            ),
        ),
    ),
    Protection(
        "what lost its supervisor is ended before anything starts",
        assigned("0"),
        (f"{STACK}test_alone.py::test_up_ends_the_orphans_of_a_killed_supervisor",),
    ),
    Protection(
        "offsets without a message, before one, are counted as gaps",
        gone,
        (f"{INTAKE}test_positions.py::test_a_gap_between_messages_is_a_hole",),
    ),
    Protection(
        "offsets without a message, at a partition's end, are counted as gaps",
        gone,
        (
            f"{INTAKE}test_positions.py::test_markers_behind_the_last_message_are_holes_too",
            f"{REPEATS}test_votes_of_an_aborted_transaction_are_not_counted",
        ),
    ),
    Protection(
        "the sink learns of new leaders",
        gone,
        (f"{KILLS}test_the_sink_learns_of_new_leaders",),
    ),
    Protection(
        "the sink reads committed records only",
        called_with(READ_UNCOMMITTED),
        (f"{REPEATS}test_output_of_an_aborted_transaction_is_not_shown",),
    ),
    Protection(
        "no tombstone before a new value",
        gone,
        (f"{REPEATS}test_the_output_never_takes_back_a_count_that_only_grows",),
    ),
    Protection(
        "the offset of the output record as a row's version",
        replaced(r"\(.*\)", ""),
        (f"{REPEATS}test_a_second_sink_that_dies_halfway_changes_nothing",),
    ),
    Protection(
        "views read one row per cell (`FINAL`)",
        replaced(" FINAL", ""),
        (f"{REPEATS}test_a_second_sink_that_dies_halfway_changes_nothing",),
    ),
    Protection(
        "checkpoints as often as they cost little",
        assigned('""'),
        (f"{KILLS}test_checkpoints_come_more_often_than_flink_itself_would_take_them",),
    ),
    Protection(
        "a job at rest takes no checkpoints",
        never,
        (f"{KILLS}test_a_stack_at_rest_takes_no_more_checkpoints_and_notes_nothing",),
    ),
    Protection(
        "what has not changed is not noted",
        always,
        (f"{KILLS}test_a_stack_at_rest_takes_no_more_checkpoints_and_notes_nothing",),
    ),
    Protection(
        "Java's temporary files within the installation",
        replaced("java.io.tmpdir", "unknown"),
        (f"{KILLS}test_flink_unpacks_nothing_outside_the_installation",),
    ),
    Protection(
        "one current ballot per participant and proposal",
        replaced("= 1", "<= 2"),
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "the latest ballot by `cast_at`, not by arrival",
        replaced("(ORDER BY ).*, ", r"\1"),
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "the archive's rank",
        replaced(r"bitShiftLeft\(.*\)", "toUInt128(0)"),
        (f"{REPEATS}test_the_latest_vote_counts_whatever_arrives_last",),
    ),
    Protection(
        "the arrival ledger counts coordinates",
        replaced(r"bitOr\(.*, origin_offset\)", "rand64()"),
        (
            (
                f"{MARTS}test_arrivals.py::"
                "test_it_equals_a_recount_although_everything_is_inserted_twice_and_in_disorder[0]"
            ),
        ),
    ),
    Protection(
        "exactly-once output of the votes job",
        replaced("exactly-once", "at-least-once"),
        (f"{FAULTS}[kill-votes-again-before-it-is-ready]",),
    ),
    Protection(
        "claiming the checkpoint that is resumed",
        replaced('"CLAIM"', '"NO_CLAIM"'),
        (f"{FAULTS}[kill-votes]",),
    ),
    Protection(
        "checkpoints outlive the job",
        replaced("RETAIN_ON", "DELETE_ON"),
        (f"{FAULTS}[kill-votes]",),
    ),
    Protection(
        "a lost count is counted into a new epoch",
        replaced(r" \+ 1$", ""),
        (
            (
                f"{VOTES}test_restore_policy.py::"
                "test_nothing_is_counted_anew_into_an_epoch_that_has_output"
            ),
        ),
    ),
    Protection(
        "a newest checkpoint that was lost before anybody noted it is missed",
        never,
        (
            (
                f"{VOTES}test_restore_policy.py::"
                "test_the_loss_of_a_newest_checkpoint_that_nobody_had_noted_is_noticed"
            ),
        ),
    ),
    Protection(
        "a new count becomes active only when it has passed the active one",
        always,
        (f"{SINK}test_cutover.py::test_a_new_count_waits_until_it_has_every_partition",),
    ),
    Protection(
        "progress is written after what it promises",
        assigned("frozenset[str]()"),
        (f"{SINK}test_batch.py::test_what_promises_the_others_is_inserted_last",),
    ),
    Protection(
        "history's greatest version of a cell, not its latest row",
        replaced(r"\.version\)", ".minute)"),
        (f"{MARTS}test_history.py::test_a_batch_that_is_repeated_later_does_not_step_back",),
    ),
    Protection(
        "a board of then is of the epoch that was active then",
        replaced(r"\(.*\)$", "(SELECT max(epoch) FROM tutti.epochs)"),
        (f"{MARTS}test_history.py::test_a_moment_shows_the_count_that_was_shown_then",),
    ),
    Protection(
        "a rank is kept until its value has moved enough",
        replaced(r">= .*\)", ">= 0)"),
        (
            (
                f"{MARTS}test_stable_rank.py::"
                "test_what_is_written_each_minute_equals_the_fold_of_the_history"
            ),
        ),
    ),
    Protection(
        "every country informs the prior of consensus equally",
        replaced(r'f"least\(n, .*?\)"', '"n"'),
        (
            (
                f"{MARTS}test_independent.py::"
                "test_consensus_with_weights_is_that_of_exact_fractions_in_python_and_in_the_view"
            ),
        ),
    ),
    Protection(
        "groups must be more than noise",
        replaced(r", 0\) > 0", ", 1) >= 0"),
        (f"{MARTS}test_groups.py::test_noise_is_no_distinct_groups",),
    ),
    Protection(
        "the export in Polis's layout is of the trusted series",
        replaced("AND .*'troll'", ""),
        (
            (
                f"{MARTS}test_exports.py::"
                "test_the_polis_layout_comes_back_through_the_importer_with_equal_counts"
            ),
        ),
    ),
)

"""The worker that groups people: when it runs, what stays when it starts anew, what it leaves."""

import numpy as np
from conversations import simulated
from grouped import Stopwatch, insert_ballots, number, rows, send, work

from infra.clickhouse.group_runs import Scope, read_former
from pipelines.groups.grouping import Grouping


def test_a_late_revote_is_counted_and_nothing_else_runs(clickhouse, analyst):
    send(clickhouse, "g-late", simulated(2, people=40, proposals=10, camps=2))
    stopwatch = Stopwatch()
    worker = Grouping(clickhouse, stopwatch=stopwatch)
    work(worker, stopwatch)

    def agreed():
        return sum(row["agree"] for row in rows(analyst, "agreement_by_group", "g-late"))

    before = agreed()
    changed = [("p-0", number(n), "agree") for n in range(40)]
    insert_ballots(clickhouse, "g-late", changed, first_offset=10_000)
    work(worker, stopwatch)
    assert agreed() > before
    stopwatch.ms += 10_000_000
    assert not worker.step()


def test_a_consultation_is_left_alone_for_some_times_its_run(clickhouse):
    send(clickhouse, "g-pace", simulated(3, people=30, proposals=10, camps=2))
    stopwatch = Stopwatch()
    worker = Grouping(clickhouse, stopwatch=stopwatch)
    work(worker, stopwatch)
    insert_ballots(clickhouse, "g-pace", [("p-1", number(1), "agree")], first_offset=5_000)
    assert worker.step()
    insert_ballots(clickhouse, "g-pace", [("p-2", number(1), "agree")], first_offset=5_001)
    stopwatch.ms += 1_000  # it may look again, but not group
    assert not worker.step()
    assert list(worker.waiting) == [Scope("g-pace")]
    stopwatch.ms += 10_000
    assert worker.step()


def test_groups_keep_their_ids_when_the_process_starts_anew(clickhouse, worker):
    conversation = simulated(7, people=90, proposals=60, camps=2)
    send(clickhouse, "g-ids", conversation)
    worker()
    former = read_former(clickhouse)[Scope("g-ids")]
    # Some of the larger group leave, so that the smaller one is the larger.
    sizes = np.bincount(former.members.ids)
    larger = int(sizes.argmax())
    leaving = former.members.people[former.members.ids == larger][: sizes.max() - sizes.min() + 4]
    gone = {int.from_bytes(person.ljust(16, b"\0"), "little") for person in leaving.tolist()}
    insert_ballots(
        clickhouse,
        "g-ids",
        [(p, number(v), "withdrawn") for v, p in conversation.ballots if number(v) in gone],
        first_offset=10_000,
    )
    stopwatch = Stopwatch()
    work(Grouping(clickhouse, stopwatch=stopwatch), stopwatch)
    now = read_former(clickhouse)[Scope("g-ids")]
    assert now.run > former.run
    assert now.threshold is not None
    assert np.bincount(now.members.ids).argmax() != larger
    before = dict(zip(former.members.people.tolist(), former.members.ids.tolist(), strict=True))
    after = dict(zip(now.members.people.tolist(), now.members.ids.tolist(), strict=True))
    kept = [before[person] == group for person, group in after.items()]
    assert np.mean(kept) > 0.9

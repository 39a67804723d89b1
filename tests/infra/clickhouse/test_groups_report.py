"""What groups say: the newest run of each consultation, as the views have it."""

from conversations import read_conversation
from grouped import Stopwatch, insert_ballots, rows, send, work
from places import FIXTURES

from infra.clickhouse.groups_report import read_groups, read_newest_groups
from infra.clickhouse.moments import in_utc
from pipelines.groups.grouping import Grouping

NAME = "report-groups"


def test_the_report_is_what_the_views_have(clickhouse):
    send(clickhouse, NAME, read_conversation(FIXTURES / "polis"))
    insert_ballots(clickhouse, "report-two-people", [("a", 1, "agree"), ("a", 2, "disagree")])
    stopwatch = Stopwatch()
    work(Grouping(clickhouse, stopwatch=stopwatch), stopwatch)
    newest = {each.consultation_id: each for each in read_newest_groups(clickhouse, 3)}
    shown = newest[NAME]
    assert shown == read_groups(clickhouse, NAME, 3)

    runs = rows(clickhouse, "opinion_groups", NAME, "group")
    assert len(shown.groups) > 1
    assert [(g["group"], g["size"]) for g in shown.groups] == [
        (r["group"], r["size"]) for r in runs
    ]
    assert sum(group["size"] for group in shown.groups) == shown.run["grouped"]
    assert shown.run["explanation"] == runs[0]["explanation"]
    assert shown.run["as_of"] == in_utc(runs[0]["as_of"])

    named = {row["proposal_id"]: row for row in rows(clickhouse, "proposals", NAME)}
    voices = rows(clickhouse, "group_representatives", NAME, "group, rank")
    for found, expected in zip(shown.representatives, voices, strict=True):
        assert {name: found[name] for name in ("group", "rank", "side", "count", "votes")} == {
            name: expected[name] for name in ("group", "rank", "side", "count", "votes")
        }
        proposal = named[expected["proposal_id"]]
        assert (found["text"], found["language"]) == (proposal["text"], proposal["language"])
    assert {voice["group"] for voice in voices} == {group["group"] for group in shown.groups}

    agreed = rows(clickhouse, "group_consensus", NAME, "gic DESC, proposal_id")
    expected = [row["proposal_id"] for row in agreed if row["gic"] is not None][:3]
    assert [row["proposal_id"] for row in shown.consensus] == expected
    assert len(expected) == 3

    few = newest["report-two-people"]
    assert (few.groups, few.representatives, few.consensus) == ([], [], [])
    assert read_groups(clickhouse, "report-nobody", 3) is None

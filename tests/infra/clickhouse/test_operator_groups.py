"""The operator page's groups are those of the views, each with what it stands for."""

from collections import defaultdict

from conversations import read_conversation
from grouped import Stopwatch, rows, send, work
from places import FIXTURES

from infra.clickhouse.moments import in_utc
from infra.clickhouse.operator_groups import VOICES, read_groups
from pipelines.groups.grouping import Grouping

NAME = "operator-groups"


def text_of(clickhouse) -> dict[str, str]:
    return {row["proposal_id"]: row["text"] for row in rows(clickhouse, "proposals", NAME)}


def test_each_group_has_its_people_and_the_proposals_that_speak_for_it(clickhouse):
    send(clickhouse, NAME, read_conversation(FIXTURES / "polis"))
    send(clickhouse, "operator-groups-none", read_conversation(FIXTURES / "polis"), trust="troll")
    stopwatch = Stopwatch()
    work(Grouping(clickhouse, stopwatch=stopwatch), stopwatch)
    found = {each.consultation_id: each for each in read_groups(clickhouse)}
    shown = found[NAME]

    runs = rows(clickhouse, "opinion_groups", NAME, "size DESC, group")
    assert [(g.number, g.size) for g in shown.groups] == [(r["group"], r["size"]) for r in runs]
    assert len(shown.groups) > 1
    assert sum(group.size for group in shown.groups) == shown.grouped
    assert shown.explanation == runs[0]["explanation"]
    assert shown.as_of == in_utc(runs[0]["as_of"])

    texts = text_of(clickhouse)
    voices = defaultdict(list)
    for row in rows(clickhouse, "group_representatives", NAME, "group, rank"):
        spoken = (texts[row["proposal_id"]], row["side"], row["count"], row["votes"])
        voices[row["group"]].append((*spoken, bool(row["significant"])))
    for group in shown.groups:
        assert [
            (voice.text, voice.side, voice.count, voice.votes, voice.significant)
            for voice in group.voices
        ] == voices[group.number][:VOICES]
        assert group.voices

    agreed = rows(clickhouse, "group_consensus", NAME, "gic DESC, proposal_id")
    expected = [
        (texts[row["proposal_id"]], row["gic"], row["gic_low"], row["gic_high"])
        for row in agreed
        if row["gic"] is not None
    ][:VOICES]
    assert [(p.text, p.gic, p.gic_low, p.gic_high) for p in shown.shared] == expected
    assert expected
    none = found.get("operator-groups-none")
    assert none is None or (none.groups, none.shared) == ([], [])

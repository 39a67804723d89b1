"""Trust rules: in force by the broker's clock, never by ours, and only ever added to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import TRUSTS, Vote
from schemas.rejections import Rejection
from schemas.rules import validate_vote
from schemas.trust import BadTrustRulesError, TrustRule, TrustRules, parse_trust_rules

DAY_MS = 86_400_000
MAY = 1_777_593_600_000  # 2026-05-01T00:00:00Z
FILE = """
[[rule]]
from = 2026-05-01T00:00:00Z
trust = ["trusted", "troll"]

[[rule]]
source = "tv-app"
from = 2026-05-02T02:00:00+02:00
trust = ["sequence"]

[[rule]]
from = 2026-05-03T00:00:00.250Z
trust = ["trusted"]
"""


def vote(trust: str, source: str) -> bytes:
    fields = {
        "consultation_id": "c",
        "proposal_id": "p",
        "participant_id": "a",
        "choice": "agree",
        "cast_at": "2026-04-01T00:00:00Z",
        "trust": trust,
    }
    return json.dumps(fields | ({"source": source} if source else {})).encode()


@pytest.mark.parametrize(
    ("source", "broker_ms", "allowed"),
    [
        ("web", MAY - 1, None),
        ("web", MAY, {"trusted", "troll"}),
        ("", MAY, {"trusted", "troll"}),
        ("tv-app", MAY + DAY_MS - 1, {"trusted", "troll"}),
        ("tv-app", MAY + DAY_MS, {"sequence"}),
        ("tv-app", MAY + 9 * DAY_MS, {"sequence"}),
        ("web", MAY + 2 * DAY_MS + 249, {"trusted", "troll"}),
        ("web", MAY + 2 * DAY_MS + 250, {"trusted"}),
    ],
)
def test_the_rule_in_force_at_the_brokers_time_applies(source, broker_ms, allowed):
    assert parse_trust_rules(FILE).allowed(source, broker_ms) == allowed


def test_a_level_that_the_source_may_not_set_is_refused_with_what_it_may():
    rules = parse_trust_rules(FILE)
    verdict = validate_vote(vote("segment", "web"), MAY, rules)
    assert verdict == Rejection("trust_not_allowed", "trust", "this source may set troll, trusted")
    assert isinstance(validate_vote(vote("segment", "web"), MAY - 1, rules), Vote)
    assert isinstance(validate_vote(vote("segment", "web"), MAY), Vote)


levels = st.frozensets(st.sampled_from(TRUSTS), min_size=1)
sources = st.sampled_from(["a", "b", "c"])
rule_lists = st.lists(
    st.builds(TrustRule, st.none() | sources, st.integers(0, 20), levels),
    unique_by=lambda rule: (rule.source, rule.from_ms),
    max_size=12,
).map(lambda rules: sorted(rules, key=lambda rule: rule.from_ms))


def naive(rules, source, at):
    """Written differently on purpose: walk all rules, remember the last of each sort."""
    own = general = None
    for rule in rules:
        if rule.from_ms <= at and rule.source == source:
            own = rule.trust
        if rule.from_ms <= at and rule.source is None:
            general = rule.trust
    return own if own is not None else general


@given(rule_lists, sources | st.just(""), st.integers(-1, 25), st.sampled_from(TRUSTS))
def test_rules_answer_as_a_naive_reader_does(rules, source, at, trust):
    expected = naive(rules, source or "nobody", at)
    assert TrustRules(rules).allowed(source, at) == expected
    verdict = validate_vote(vote(trust, source), MAY + at, TrustRules(shifted(rules)))
    assert isinstance(verdict, Rejection) == (expected is not None and trust not in expected)


def shifted(rules):
    return [TrustRule(rule.source, MAY + rule.from_ms, rule.trust) for rule in rules]


@given(rule_lists, st.integers(0, 12), sources | st.just(""), st.integers(-1, 25))
def test_a_rule_added_later_changes_no_earlier_verdict(rules, keep, source, at):
    kept, added = rules[:keep], rules[keep:]
    if added and at >= added[0].from_ms:
        return
    assert TrustRules(kept).allowed(source, at) == TrustRules(rules).allowed(source, at)


@given(rule_lists)
def test_what_is_written_is_read_again(rules):
    text = "".join(
        "[[rule]]\n"
        + (f'source = "{rule.source}"\n' if rule.source else "")
        + f"from = 1970-01-01T00:00:00.{rule.from_ms:03d}Z\n"
        + f"trust = {json.dumps(sorted(rule.trust))}\n"
        for rule in rules
    )
    assert parse_trust_rules(text).rules == tuple(rules)


RULE = '[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = ["trusted"]\n'


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("[[rule]]\nfrom = yesterday", r"line 2"),
        (RULE + "[[rule]]\nfrom = 2026-04-01T00:00:00Z\ntrust = ['troll']", "line 4: from is ear"),
        (RULE + RULE, "line 4: another rule"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00\ntrust = ['troll']", "line 1: from must be"),
        ("[[rule]]\nfrom = 2026-05-01\ntrust = ['troll']", "line 1: from must be"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00.0005Z\ntrust = ['troll']", "whole milliseconds"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = []", "at least one"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = 'troll'", "at least one"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = ['good']", "trust may list"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = ['troll', 'troll']", "twice"),
        ("[[rule]]\nfrom = 2026-05-01T00:00:00Z\ntrust = [['troll']]", "trust may list"),
        (RULE + "sources = 'a'", "line 1: sources is unknown"),
        (RULE + "source = 'a b'", "line 1: source must be"),
        (RULE + "source = 1", "line 1: source must be"),
        ("rule = 1", "a rule begins with"),
        ("rule = [1]", "a rule begins with"),
        ("rules = []", "only"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_reason(text, output):
    with pytest.raises(BadTrustRulesError, match=output):
        parse_trust_rules(text)


def test_an_empty_file_allows_everything():
    assert parse_trust_rules("").allowed("web", MAY) is None

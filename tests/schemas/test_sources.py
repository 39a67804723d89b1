"""Sources: entries are in force by the broker's clock, and later ones change no earlier verdict."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dated_rules import DatedRules
from schemas.events import Vote
from schemas.ownership import conflicts, ownership_fault
from schemas.rejections import Rejection
from schemas.signatures import claim, signature, signed_headers, token_of
from schemas.sources import (
    END_MS,
    BadSourcesError,
    SigningPolicy,
    Sources,
    digest_of,
    instant_ms,
    matches,
    overlap,
    parse_sources,
)

DAY_MS = 86_400_000
MAY = 1_777_593_600_000  # 2026-05-01T00:00:00Z
OLD, NEW, OTHER = "01" * 32, "02" * 32, "03" * 32
FILE = f"""
[[policy]]
from = 2026-05-02T00:00:00Z
messages = "signed"

[[policy]]
from = 2026-05-09T00:00:00Z
messages = "open"

[[source]]
name = "portugal"
from = 2026-05-01T00:00:00Z
key = "{OLD}"
consultations = ["europe-*"]
proposals = ["pt-*"]
participants = ["pt:*"]
countries = ["PT"]
trust = ["trusted"]

[[source]]
name = "france"
from = 2026-05-01T00:00:00Z
key = "{OTHER}"
consultations = ["europe-2026"]
announces = ["europe-2026"]
proposals = ["fr-*"]
participants = ["fr:*"]

[[source]]
name = "portugal"
from = 2026-05-04T00:00:00Z
key = "{NEW}"
old_key_until = 2026-05-05T00:00:00Z
consultations = ["europe-*"]
participants = ["pt:*"]

[[source]]
name = "portugal"
from = 2026-05-07T00:00:00Z
key = ""
"""
SOURCES = parse_sources(FILE)
RULES = DatedRules(sources=SOURCES)


def vote(**fields: object) -> bytes:
    given = {
        "consultation_id": "europe-2026",
        "proposal_id": "fr-1",
        "participant_id": "pt:ana",
        "choice": "agree",
        "cast_at": "2026-04-01T00:00:00Z",
        "country": "PT",
    }
    return json.dumps(given | fields).encode()


def reason(payload: bytes, day: float, name: str = "portugal", key: str = OLD) -> str:
    """The verdict on a signed vote so many days after the first of May."""
    headers = signed_headers(name, bytes.fromhex(key), payload)
    verdict = RULES.validate("votes", payload, MAY + int(day * DAY_MS), headers)
    return verdict.reason if isinstance(verdict, Rejection) else "accepted"


@pytest.mark.parametrize(
    ("day", "key", "expected"),
    [
        (1, OLD, "accepted"),
        (1, NEW, "bad_signature"),  # not yet
        (3, OLD, "accepted"),  # the new key has come, the old one is still good
        (3, NEW, "accepted"),
        (4, OLD, "bad_signature"),
        (4, NEW, "accepted"),
        (6, NEW, "bad_signature"),  # revoked
        (6, OLD, "bad_signature"),
        (8, OLD, "accepted"),  # open again: nothing need be signed
    ],
)
def test_a_key_is_good_for_its_time(day, key, expected):
    assert reason(vote(), day, key=key) == expected


def test_unsigned_and_tampered_messages_are_rejected_where_messages_are_signed():
    at = MAY + DAY_MS
    assert RULES.validate("votes", vote(), at).reason == "bad_signature"
    assert RULES.validate("proposals", b"{}", at).reason == "bad_signature"
    assert RULES.validate("consultations", None, at).reason == "bad_signature"
    headers = signed_headers("portugal", bytes.fromhex(OLD), vote())
    assert RULES.validate("votes", vote(choice="disagree"), at, headers).reason == "bad_signature"
    assert isinstance(RULES.validate("votes", vote(), at - 1), Vote)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "accepted"),
        ({"consultation_id": "asia-2026"}, "not_your_consultation"),
        ({"participant_id": "fr:ana"}, "not_your_participant"),
        ({"country": "FR"}, "not_your_country"),
        ({"trust": "segment"}, "trust_not_allowed"),
        ({"source": "france"}, "not_your_source"),
        ({"source": "portugal"}, "accepted"),
        ({"choice": "yes"}, "unknown_choice"),
    ],
)
def test_a_source_sends_what_is_its_own(fields, expected):
    assert reason(vote(**fields), 1) == expected
    by_http = RULES.validate_sent_by(
        SOURCES.in_force("portugal", MAY), "votes", vote(**fields), MAY
    )
    assert getattr(by_http, "reason", "accepted") == expected


def test_only_its_owner_announces_a_consultation_and_sends_its_proposals():
    at = MAY + DAY_MS
    consultation = b'{"consultation_id": "europe-2026", "title": "Europe"}'
    proposal = json.dumps(
        {
            "consultation_id": "europe-2026",
            "proposal_id": "pt-1",
            "text": "Trees.",
            "submitted_at": "2026-04-01T00:00:00Z",
        }
    ).encode()
    for kind, payload, verdicts in (
        ("consultations", consultation, {"portugal": "not_your_consultation", "france": ""}),
        ("proposals", proposal, {"portugal": "", "france": "not_your_proposal"}),
    ):
        for name, expected in verdicts.items():
            key = bytes.fromhex(OLD if name == "portugal" else OTHER)
            verdict = RULES.validate(kind, payload, at, signed_headers(name, key, payload))
            assert getattr(verdict, "reason", "") == expected


def test_where_all_is_open_a_signature_only_names_the_source():
    headers = signed_headers("portugal", bytes.fromhex(OLD), vote(country="FR"))
    assert RULES.read_vote(vote(country="FR"), MAY, headers).source == "portugal"
    forged = signed_headers("portugal", bytes.fromhex(OTHER), vote())
    assert RULES.read_vote(vote(), MAY, forged).source == ""
    assert RULES.read_vote(vote(source="app"), MAY, headers).source == "app"


entries = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["a", "b"]), st.sampled_from([OLD, NEW, ""])),
    max_size=8,
).map(lambda rows: sorted({(at, name): (at, name, key) for at, name, key in rows}.values()))


def file_of(rows: list[tuple[int, str, str]], policy: int | None) -> str:
    text = (
        ""
        if policy is None
        else f"[[policy]]\nfrom = 2026-05-01T00:00:0{policy}Z\nmessages = 'signed'\n"
    )
    return text + "".join(
        f"[[source]]\nname = '{name}'\nfrom = 2026-05-01T00:00:0{at}Z\nkey = '{key}'\n"
        for at, name, key in rows
    )


@given(entries, st.integers(0, 9), st.integers(0, 9), st.sampled_from(["a", "b"]))
def test_what_is_added_later_changes_no_earlier_verdict(rows, policy, at, name):
    kept = [row for row in rows if row[0] <= at]
    headers = signed_headers(name, bytes.fromhex(OLD), vote())
    verdicts = [
        DatedRules(sources=parse_sources(file_of(some, some_policy))).validate(
            "votes", vote(), MAY + at * 1000, headers
        )
        for some, some_policy in ((rows, policy), (kept, policy if policy <= at else None))
    ]
    assert verdicts[0] == verdicts[1]


def test_tokens_are_good_as_long_as_the_keys_they_come_from():
    def names(day: float) -> set[tuple[str, str]]:
        found = SOURCES.tokens(MAY + int(day * DAY_MS))
        known = {digest_of(token_of(bytes.fromhex(key))): key for key in (OLD, NEW, OTHER)}
        return {(name, known[digest]) for digest, name in found.items()}

    assert names(-1) == set()
    assert names(1) == {("portugal", OLD), ("france", OTHER)}
    assert names(3.5) == {("portugal", OLD), ("portugal", NEW), ("france", OTHER)}
    assert names(5) == {("portugal", NEW), ("france", OTHER)}
    assert names(7) == {("france", OTHER)}


def test_headers_are_read_whatever_they_hold():
    assert claim(None) == ("", "")
    assert claim([("tutti-source", None), ("tutti-signature", b"\xff")]) == ("", "\ufffd")
    assert claim([("x", b"y"), ("tutti-source", "a"), ("tutti-source", b"b")]) == ("b", "")
    headers = [("tutti-source", b"portugal"), ("tutti-signature", b"\xff")]
    assert RULES.validate("votes", vote(), MAY + DAY_MS, headers).reason == "bad_signature"


def test_the_signature_is_that_of_openssl():
    # printf '{}' | openssl dgst -sha256 -hmac key
    expected = "v1=a777724d943eb48dc69bca8a4a6d57a04db3f9ec7e1de4e581e860265bdf3032"
    assert signature(b"key", b"{}") == expected


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("x", "no TOML"),
        ("[[source]]\nname = 'a'", "source 1: Object missing required field from"),
        ("[[sources]]\nname = 'a'", "unknown field sources"),
        ("[[source]]\nname = 'ä'\nfrom = 2026-05-01T00:00:00Z\nkey = ''", "source 1, name"),
        (f"[[source]]\nname = 'a'\nfrom = 2026-05-01\nkey = '{OLD}'", "source 1, from"),
        ("[[source]]\nname = 'a'\nfrom = 2026-05-01T00:00:00Z\nkey = 'abc'", "source 1, key"),
        (file_of([(2, "a", OLD), (1, "b", OLD)], None), "source 2: from is earlier"),
        (file_of([(2, "a", OLD), (2, "a", NEW)], None), "source 2: another entry"),
        ("[[policy]]\nfrom = 2026-05-01T00:00:00Z\nmessages = 'some'", "policy 1, messages"),
    ],
)
def test_what_is_no_file_of_sources_is_said_without_a_key(text, output):
    with pytest.raises(BadSourcesError) as error:
        parse_sources(text)
    assert output in str(error.value)
    assert OLD not in str(error.value)


def test_a_source_never_shows_its_key():
    assert OLD not in repr(SOURCES.sources) + str(SOURCES.sources[0])


def test_no_sources_are_sources():
    assert Sources().now(MAY) == []
    assert parse_sources("").signed(MAY) is False
    assert [source.name for source in SOURCES.now(MAY + DAY_MS)] == ["portugal", "france"]
    assert instant_ms(SOURCES.sources[0].since) == MAY


def test_conflicts_name_what_two_sources_could_do_to_each_other():
    portugal, france, later, _ = SOURCES.sources
    assert list(conflicts(portugal, france)) == []
    assert [what.partition(" ")[0] for what in conflicts(later, france)] == ["change"]
    assert len(list(conflicts(france, france))) == 3


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, None), (1.5, ((1, 2),)), (2.5, None), (3.5, ((1, 2), (3, None)))],
)
def test_spans_are_those_in_which_messages_had_to_be_signed(days, expected):
    policies = [
        SigningPolicy(datetime.fromtimestamp(MAY / 1000 + day * 86_400, UTC), messages)
        for day, messages in ((1, "signed"), (2, "open"), (3, "signed"))
    ]
    found = Sources([], policies).signed_spans(MAY + int(days * DAY_MS))
    assert found == (
        expected
        and tuple(
            (MAY + start * DAY_MS, MAY + end * DAY_MS if end else END_MS) for start, end in expected
        )
    )


texts = st.text("ab", max_size=3)


@given(texts, texts, texts, st.booleans(), st.booleans())
def test_patterns_overlap_if_a_text_matches_both(text, one, other, star, other_star):
    ones, others = (one + "*" * star,), (other + "*" * other_star,)
    if matches(text, ones) and matches(text, others):
        assert overlap(ones, others)
    if overlap(ones, others):
        longest = max(one, other, key=len)
        assert matches(longest, ones)
        assert matches(longest, others)


def test_a_consultation_without_an_owner_is_nobodys():
    source = SOURCES.in_force("portugal", MAY)
    event = Vote("europe-1", "p", "pt:a", "agree", "2026-04-01T00:00:00Z", "PT")
    assert ownership_fault(event, source) is None

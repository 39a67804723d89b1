"""The demo's stream is what it says it is: checks written without the project's own rules."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import combinations

import pytest

from pipelines.demo.campaign import Campaign, CampaignMessage
from pipelines.demo.corpus import read_corpus
from pipelines.demo.traffic.spoiled import SPOILERS

NOW_MS = 1_750_000_000_000
COUNT = 60_000
LANGUAGES = {"en", "fr", "de", "es", "it", "pl", "nl", "pt", "ro", "el", "sv", "hu"}
QUALIFICATIONS = {
    "agree": {"likeIt", "doable", "platitudeAgree"},
    "disagree": {"noWay", "impossible", "platitudeDisagree"},
    "neutral": {"doNotUnderstand", "noOpinion", "doNotCare"},
    "withdrawn": set(),
}


def cast_ms(vote: dict) -> int:
    cast_at = datetime.strptime(vote["cast_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(cast_at.timestamp() * 1000)


def is_valid(value: bytes, now_ms: int) -> bool:
    """Say whether a vote keeps the contract, naively."""
    try:
        vote = json.loads(value.decode())
        written = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"
        return (
            all(
                re.fullmatch(r"[A-Za-z0-9._-]{1,64}", vote[name])
                for name in ("consultation_id", "proposal_id")
            )
            and re.fullmatch(r"[A-Za-z0-9._:@+/=-]{1,128}", vote["participant_id"]) is not None
            and re.fullmatch(r"[A-Z]{2}", vote.get("country", "ZZ")) is not None
            and isinstance(vote.get("qualifications", []), list)
            and set(vote.get("qualifications", [])) <= QUALIFICATIONS[vote["choice"]]
            and vote.get("trust", "trusted") in {"troll", "trusted", "sequence", "segment"}
            and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", vote.get("source", "web")) is not None
            and re.fullmatch(written, vote["cast_at"]) is not None
            and 946_684_800_000
            <= datetime.fromisoformat(vote["cast_at"]).timestamp() * 1000
            <= now_ms + 300_000
        )
    except (ValueError, KeyError, TypeError):
        return False


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(seed=5)


@pytest.fixture(scope="module")
def messages() -> list[CampaignMessage]:
    return list(Campaign(seed=5).messages(NOW_MS, COUNT))


@pytest.fixture(scope="module")
def votes(messages: list[CampaignMessage]) -> list[dict]:
    return [json.loads(message.value) for message in messages if message.kind != "bad"]


def test_the_same_seed_sends_the_same_bytes_however_the_count_is_split() -> None:
    whole, split = Campaign(seed=9), Campaign(seed=9)
    once = list(whole.messages(NOW_MS, 20_000))
    parts = [
        message
        for count in (1, 0, 4_999, 10_000, 5_000)
        for message in split.messages(NOW_MS, count)
    ]
    assert once == parts
    assert whole.proposals() == split.proposals()
    assert whole.consultation() == split.consultation()


def test_time_changes_only_the_time() -> None:
    def without_time(now_ms: int) -> list[tuple[bytes, str, bytes]]:
        return [
            (message.key, message.kind, re.sub(rb'"cast_at":"[^"]*"', b"", message.value))
            for message in Campaign(seed=9).messages(now_ms, 5_000)
        ]

    assert without_time(NOW_MS) == without_time(NOW_MS + 86_400_000)


def test_another_seed_means_other_people() -> None:
    people = [{m.key for m in Campaign(seed=seed).messages(NOW_MS, 5_000)} for seed in (1, 2)]
    assert not people[0] & people[1]


def test_kinds_come_in_the_stated_shares(messages: list[CampaignMessage]) -> None:
    shares = {kind: n / COUNT for kind, n in Counter(m.kind for m in messages).items()}
    assert shares == pytest.approx(
        {
            "first": 0.857,
            "revote": 0.06,
            "late": 0.05,
            "duplicate": 0.02,
            "withdrawal": 0.01,
            "bad": 0.003,
        },
        abs=0.003,
    )


def test_a_vote_is_valid_unless_it_is_meant_to_be_bad(messages: list[CampaignMessage]) -> None:
    assert {(is_valid(m.value, NOW_MS), m.kind == "bad") for m in messages} == {
        (True, False),
        (False, True),
    }


@pytest.mark.parametrize("number", range(len(SPOILERS)))
def test_every_spoiler_spoils_a_valid_vote(number: int) -> None:
    vote = {
        "consultation_id": "demo-europe",
        "proposal_id": "p-001",
        "participant_id": "eu-1",
        "choice": "agree",
        "cast_at": "2025-06-15T15:06:40.000Z",
    }
    assert is_valid(json.dumps(vote).encode(), NOW_MS)
    spoiled = SPOILERS[number].spoil(dict(vote), NOW_MS)
    assert not is_valid(spoiled, NOW_MS)
    assert len(spoiled) < 65_536


def test_bad_messages_are_of_many_kinds(messages: list[CampaignMessage]) -> None:
    shapes = {re.sub(rb"p-\d+|eu-\w+", b"", m.value) for m in messages if m.kind == "bad"}
    assert len(shapes) >= len(SPOILERS) - 2


def test_the_key_is_the_participant(messages: list[CampaignMessage]) -> None:
    assert all(
        json.loads(m.value)["participant_id"].encode() == m.key for m in messages if m.kind != "bad"
    )


def test_each_message_is_what_its_kind_says(messages: list[CampaignMessage]) -> None:
    sent: set[bytes] = set()
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    seen: Counter[str] = Counter()
    for message in messages:
        if message.kind == "bad":
            continue
        if message.kind == "duplicate":
            assert message.value in sent
            continue
        assert message.value not in sent
        sent.add(message.value)
        vote = json.loads(message.value)
        ballot, at = (vote["participant_id"], vote["proposal_id"]), cast_ms(vote)
        before = newest.get(ballot)
        assert (before is None) == (
            message.kind == "first" or (message.kind == "late" and not before)
        )
        assert (vote["choice"] == "withdrawn") == (message.kind == "withdrawal")
        if message.kind == "late":
            assert at <= NOW_MS - 60_000
            assert before is None or at < before[0]
            seen["outdated" if before else "late"] += 1
            if before:
                continue
        elif before:
            assert at > before[0]
            seen[f"{message.kind} {'same' if before[1] == vote['choice'] else 'changed'}"] += 1
        else:
            assert NOW_MS - 1_000 < at <= NOW_MS
        newest[ballot] = (at, vote["choice"])
    assert seen["revote same"] / seen["revote changed"] == pytest.approx(1, abs=0.1)
    assert seen["outdated"] / (seen["outdated"] + seen["late"]) == pytest.approx(0.2, abs=0.03)
    assert seen["withdrawal same"] == 0


def test_countries_vote_by_population_mildly_flattened(votes: list[dict]) -> None:
    weights = read_corpus().countries
    counts = Counter(vote.get("country", "ZZ") for vote in votes)
    assert set(counts) == {*weights, "ZZ"}
    assert counts["ZZ"] / len(votes) == pytest.approx(0.01, abs=0.005)
    assert counts["DE"] == max(counts.values())
    assert counts["MT"] / len(votes) > weights["MT"] / sum(weights.values())
    assert counts["DE"] / counts["MT"] > 20
    # The next two differ by 6 % in population, which is less than chance in so many people.
    by_votes = sorted(weights, key=lambda country: -counts[country])
    assert set(by_votes[:5]) == {"DE", "FR", "IT", "ES", "PL"}
    assert set(by_votes[5:7]) == {"RO", "NL"}


def test_qualifications_trust_and_sources_come_in_the_stated_shares(votes: list[dict]) -> None:
    chosen = [vote for vote in votes if vote["choice"] != "withdrawn"]
    qualified = sum("qualifications" in vote for vote in chosen) / len(chosen)
    assert qualified == pytest.approx(0.2, abs=0.01)
    assert {name for vote in votes for name in vote.get("qualifications", [])} == set().union(
        *QUALIFICATIONS.values()
    )
    trust = Counter(vote["trust"] for vote in votes)
    assert trust["troll"] / len(votes) == pytest.approx(0.01, abs=0.005)
    assert trust["trusted"] > trust["sequence"] > trust["segment"] > trust["troll"]
    assert {vote["source"] for vote in votes} == {"app", "web", "widget"}


def test_trolls_are_against_nearly_everything(votes: list[dict]) -> None:
    choices = Counter(vote["choice"] for vote in votes if vote["trust"] == "troll")
    assert choices["disagree"] / choices.total() > 0.8


def test_participants_vote_about_ten_times_a_visit_and_come_back() -> None:
    people = Counter(
        m.key for m in Campaign(seed=5).messages(NOW_MS, 200_000) if m.kind in {"first", "late"}
    )
    mean = sum(people.values()) / len(people)
    assert 10 < mean < 18
    assert max(people.values()) > 50


def test_popular_proposals_get_many_times_the_votes_of_others(
    campaign: Campaign, votes: list[dict]
) -> None:
    counts = Counter(vote["proposal_id"] for vote in votes)
    shown = {p["proposal_id"] for p in campaign.proposals() if p["status"] != "pending"}
    assert set(counts) == shown
    ranked = [count for _, count in counts.most_common()]
    assert ranked[0] > 5 * ranked[len(ranked) // 2]
    assert min(ranked) >= 10


def test_opposite_ideas_divide_countries_the_other_way_round(
    campaign: Campaign,
) -> None:
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for message in Campaign(seed=5).messages(NOW_MS, 300_000):
        if message.kind in {"first", "late"}:
            vote = json.loads(message.value)
            idea = campaign.ideas[vote["proposal_id"]]
            if idea in {"nuclear-more", "nuclear-close"} and vote["trust"] != "troll":
                counts[idea, vote.get("country", "ZZ")][vote["choice"]] += 1
    rates = {
        idea: {
            country: n["agree"] / n.total()
            for (name, country), n in counts.items()
            if name == idea and n.total() >= 60
        }
        for idea in ("nuclear-more", "nuclear-close")
    }
    both = sorted(rates["nuclear-more"].keys() & rates["nuclear-close"].keys())
    pairs = [(rates["nuclear-more"][c], rates["nuclear-close"][c]) for c in both]
    assert max(more for more, _ in pairs) - min(more for more, _ in pairs) > 0.3
    opposed = [(a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in combinations(pairs, 2)]
    assert sum(opposed) / len(opposed) > 0.7


def test_the_consultation_keeps_the_contract(campaign: Campaign) -> None:
    event = campaign.consultation()
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", event["consultation_id"])
    assert len(event["countries"]) == len({entry["country"] for entry in event["countries"]}) == 27
    assert all(entry["weight"] > 0 for entry in event["countries"])
    assert event["window_seconds"] % 60 == 0
    assert datetime.fromisoformat(event["opens_at"]).tzinfo is not None


def test_proposals_keep_the_contract(campaign: Campaign) -> None:
    proposals = campaign.proposals()
    countries = read_corpus().countries
    assert 240 <= len(proposals) <= 300
    assert len({p["proposal_id"] for p in proposals}) == len(proposals)
    assert len({p["text"] for p in proposals}) == len(proposals)
    for proposal in proposals:
        assert set(proposal) == {
            "consultation_id",
            "proposal_id",
            "text",
            "language",
            "country",
            "author_id",
            "status",
            "submitted_at",
        }
        assert proposal["consultation_id"] == campaign.consultation()["consultation_id"]
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", proposal["proposal_id"])
        assert re.fullmatch(r"[A-Za-z0-9._:@+/=-]{1,128}", proposal["author_id"])
        assert 40 <= len(proposal["text"]) <= 140
        assert proposal["language"] in LANGUAGES
        assert proposal["country"] in countries
    assert [p["submitted_at"] for p in proposals] == sorted(p["submitted_at"] for p in proposals)
    assert Counter(p["status"] for p in proposals) == {"accepted": 285, "pending": 5, "refused": 5}
    assert not any(key in json.dumps(proposals) for key in set(campaign.ideas.values()))


def test_every_idea_is_written_in_at_least_five_languages() -> None:
    languages: defaultdict[str, set[str]] = defaultdict(set)
    for text in read_corpus().texts:
        languages[text.idea.key].add(text.language)
    assert len(languages) == 54
    assert min(len(written) for written in languages.values()) >= 5


def test_an_idea_leans_against_the_one_it_opposes() -> None:
    ideas = {text.idea.key: text.idea for text in read_corpus().texts}
    more, close = ideas["nuclear-more"], ideas["nuclear-close"]
    assert (more.axis, more.side, more.divides) == (close.axis, -close.side, close.divides)
    assert more.lean == -close.lean == pytest.approx(0.7)

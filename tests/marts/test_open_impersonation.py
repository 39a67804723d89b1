"""Who may not send learns nobody's choice from `open`: a tripwire, a withdrawal in a false name.

Messages take the way of intake (its rules and pseudonyms), and ballots are published for real. With
the policy `open` both attacks succeed, which is why the policy `signed` is there.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from operators.core.votes.acceptance import Acceptance
from operators.core.votes.ballots import Origin
from pipelines.periodic.publish import publish
from schemas.dated_rules import DatedRules
from schemas.signatures import signed_headers
from schemas.sources import SigningPolicy, SourceEntry, Sources
from schemas.times import format_instant

START_MS = 1_780_000_020_000 // 60_000 * 60_000
MINUTE_MS = 60_000
KEY, FOREIGN_KEY = b"\1" * 32, b"\2" * 32


def instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


@dataclass
class Campaign:
    """A consultation of one source, whose people are 0 to 99, and whoever reaches Kafka besides.

    Attributes:
        signed_from_ms: When messages must be signed from; 0: never.
    """

    clickhouse: Any
    analyst: Any
    name: str
    signed_from_ms: int = 0
    now_ms: int = START_MS
    sent: int = 0
    rejected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        begun = instant(START_MS - 86_400_000)
        entries = [
            SourceEntry("portugal", begun, KEY.hex(), consultations=(self.name,)),
            SourceEntry("other", begun, FOREIGN_KEY.hex(), consultations=("elsewhere",)),
        ]
        policies = [SigningPolicy(instant(self.signed_from_ms), "signed")]
        self.sources = Sources(entries, policies if self.signed_from_ms else [])
        rules = DatedRules(sources=self.sources)
        self.intake = Acceptance(lambda _consultation, person: person, rules)
        insert_consultation(self.clickhouse, self.name)
        insert_proposals(self.clickhouse, self.name, ["p1"])

    def vote(self, person: int, choice: str = "agree", sender: str = "", key: bytes = KEY) -> None:
        """A vote on Kafka: by a source, or by nobody."""
        vote = {
            "consultation_id": self.name,
            "proposal_id": "p1",
            "participant_id": str(person),
            "country": "PT",
            "choice": choice,
            "cast_at": format_instant(self.now_ms + self.sent),
        }
        payload = json.dumps(vote).encode()
        self.sent += 1
        headers = signed_headers(sender, key, payload) if sender else None
        at_ms = self.now_ms + self.sent
        record = self.intake.accept_vote(payload, Origin(0, self.sent, at_ms), headers)
        if record.rejected:
            self.rejected.append(record.rejected)
            return
        accepted = json.loads(record.value)
        accepted["participant"] = int(accepted["participant"])
        insert_votes(self.clickhouse, [accepted], first_offset=self.sent)

    def honest(self, *people: int, choice: str = "agree") -> None:
        for person in people:
            self.vote(person, choice, "portugal")

    def public(self) -> tuple[int, int, int]:
        """Agree, disagree and neutral as everybody can read them after the next publication."""
        self.now_ms += MINUTE_MS
        publish(self.clickhouse, self.now_ms, self.sources.signed_spans(self.now_ms))
        rows = self.analyst.query(
            "SELECT agree, disagree, neutral FROM open.leaderboard"
            f" WHERE consultation_id = '{self.name}' AND proposal_id = 'p1'"
        ).result_rows
        return rows[0]


def tripwire(campaign: Campaign) -> tuple[int, int, int]:
    """Somebody waits for Ana's vote with four of their own making, and subtracts them."""
    for false_voter in range(900, 904):
        campaign.vote(false_voter, "agree")  # unsigned
        campaign.vote(false_voter, "agree", "portugal", b"\3" * 32)  # forged
        campaign.vote(false_voter, "agree", "other", FOREIGN_KEY)  # of another source
    before = campaign.public()
    campaign.honest(7, choice="disagree")  # Ana
    after = campaign.public()
    return tuple(b - a for a, b in zip(before, after, strict=True))


def test_where_messages_are_open_the_tripwire_tells_a_person_s_choice(clickhouse, analyst):
    campaign = Campaign(clickhouse, analyst, "wired-open")
    assert tripwire(campaign) == (4, 1, 0)  # four are known, so Ana disagrees


def test_where_messages_are_signed_false_voters_fill_no_cohort(clickhouse, analyst):
    campaign = Campaign(clickhouse, analyst, "wired-signed", START_MS)
    assert tripwire(campaign) == (0, 0, 0)
    assert campaign.rejected.count("bad_signature") == 8
    assert campaign.rejected.count("not_your_consultation") == 4
    campaign.honest(*range(10, 14))
    assert campaign.public() == (4, 1, 0)  # five for whom their source answers


def test_a_withdrawal_in_another_s_name_changes_nothing_that_is_public(clickhouse, analyst):
    """Four real withdrawals wait for a fifth; who forges Ana's learns whether she had agreed."""
    shown = {}
    for name, signed_from_ms in (("forged-open", 0), ("forged-signed", START_MS)):
        campaign = Campaign(clickhouse, analyst, name, signed_from_ms)
        campaign.honest(*range(20))
        campaign.honest(*range(20, 30), choice="disagree")
        assert campaign.public() == (20, 10, 0)
        campaign.honest(*range(4), choice="withdrawn")
        assert campaign.public() == (20, 10, 0)
        campaign.vote(25, "withdrawn")
        campaign.vote(25, "withdrawn", "portugal", b"\3" * 32)
        shown[name] = campaign.public()
    assert shown == {"forged-open": (16, 9, 0), "forged-signed": (20, 10, 0)}


def test_false_voters_of_before_the_signature_do_not_count_towards_five(clickhouse, analyst):
    """The trap is set while everybody may send, and Ana votes when messages must be signed."""
    campaign = Campaign(clickhouse, analyst, "set-before", START_MS + MINUTE_MS)
    for false_voter in range(900, 904):
        campaign.vote(false_voter, "agree")
    assert campaign.rejected == []
    campaign.now_ms = START_MS + 2 * MINUTE_MS
    campaign.honest(7, choice="disagree")
    assert campaign.public() == (0, 0, 0)
    campaign.honest(*range(10, 14))
    assert campaign.public() == (4, 1, 0)  # and none of the four

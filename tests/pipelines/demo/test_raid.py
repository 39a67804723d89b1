import json

from pipelines.demo.campaign import Campaign
from pipelines.demo.raid import CORRECTED_S, PEOPLE, Raid

NOW_MS = 1_780_000_000_000


def votes(messages):
    return [json.loads(message.value) for message in messages]


def test_a_crowd_attacks_one_proposal_and_is_marked_later_each_person_once():
    raid = Raid("demo-europe", "p-001")
    cast, marked = [], []
    for second in range(400):
        found = votes(raid.due(second, NOW_MS + 1000 * second))
        (marked if second >= CORRECTED_S else cast).extend(found)
    for found, trust in ((cast, "trusted"), (marked, "troll")):
        assert len({vote["participant_id"] for vote in found}) == len(found) == PEOPLE
        assert {(vote["choice"], vote["trust"], vote["proposal_id"]) for vote in found} == {
            ("disagree", trust, "p-001")
        }
    assert max(vote["cast_at"] for vote in cast) < min(vote["cast_at"] for vote in marked)


def test_what_is_attacked_is_a_public_proposal_that_people_like():
    campaign = Campaign()
    [attacked] = [each for each in campaign.proposals() if each["proposal_id"] == campaign.liked()]
    assert attacked["status"] == "accepted"

"""What operators and these tests read from a running stack, and traffic that may leave no trace."""

from urllib.request import Request, urlopen

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from orjson import dumps
from prometheus_client.parser import text_string_to_metric_families
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra.config.secrets import make_clickhouse_password
from infra.local.services import SERVICES
from infra.service.waiting import wait_until
from pipelines.exchange.send import Sender

ALWAYS = [service for service in SERVICES if not service.on_demand]
PERSON = "zq-watched-person@example.org"
AUTHOR = "zq-watched-author@example.org"
TEXT = "zq-watched-text on every roof"
MARKER = b"zq-watched"
"""In all three, and in nothing that tutti itself would say."""


def until(condition, seconds: int = 180):
    found = wait_until(condition, seconds, every_s=0.2)
    assert found
    return found


def patiently(check):
    """A service that is slow to answer is not ready for a moment: ask again."""
    return retry(
        retry=retry_if_exception_type(AssertionError),
        stop=stop_after_delay(180),
        wait=wait_fixed(1),
        reraise=True,
    )(check)()


def vote(**more) -> dict[str, object]:
    return {
        "consultation_id": "watched",
        "proposal_id": "p",
        "participant_id": PERSON,
        "country": "FR",
        "choice": "agree",
        "cast_at": "2026-05-01T12:00:00Z",
    } | more


def read(stack, port: int, path: str = "/metrics") -> str:
    key = {}
    if port == stack.settings.clickhouse_port:
        key = {"X-ClickHouse-Key": make_clickhouse_password(stack.settings)}
    request = Request(f"http://127.0.0.1:{port}{path}", headers=key)
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - of this machine
        return answer.read().decode()


def families(text: str):
    return {family.name: family for family in text_string_to_metric_families(text)}


def sample_names(text: str) -> set[str]:
    return {sample.name for family in families(text).values() for sample in family.samples}


def send_traffic(stack) -> int:
    """Ordinary and hostile messages, all of them with personal data, and queries that fail.

    Returns:
        How many votes are rejected.
    """
    stack.run("up")  # whatever was killed before is ready again
    sender = Sender(stack.settings)
    sender.send("consultations", dumps({"consultation_id": "watched", "title": TEXT}))
    proposal = {
        "consultation_id": "watched",
        "proposal_id": "p",
        "text": TEXT,
        "author_id": AUTHOR,
        "submitted_at": "2026-05-01T08:00:00Z",
    }
    person = PERSON.encode()
    bad_votes = [
        dumps(vote(choice=TEXT)),
        dumps(vote(country=PERSON)),
        dumps(vote(qualifications=[PERSON])),
        dumps(vote(participant_id=f"{PERSON}\n")),
        dumps(vote(cast_at=TEXT)),
        dumps(vote(note=TEXT * 5_000)),
        dumps(vote())[:-1],
        b"\xff" + dumps(vote()),
        person,
        b"{" * 100 + person,
    ]
    sender.send("proposals", dumps(proposal))
    sender.send("proposals", dumps(proposal | {"status": AUTHOR}))
    sender.send("proposals", dumps(vote()))
    sender.send("consultations", dumps(proposal))
    for payload in (dumps(vote()), dumps(vote(choice="neutral", source="zq")), *bad_votes):
        sender.send("votes", payload, person)
    assert not sender.finish().failed
    stack.sync()
    for analyst in (True, False):
        with pytest.raises(DatabaseError):
            stack.clickhouse(analyst=analyst).query(f"SELECT '{PERSON}' FROM nowhere")
    assert "ClickHouse refused" in stack.errors("query", f"DROP TABLE `{PERSON}`")
    counted = stack.rows("SELECT sum(votes_all) FROM marts.leaderboard WHERE text = %(t)s", t=TEXT)
    assert counted == [(1,)]
    return len(bad_votes)

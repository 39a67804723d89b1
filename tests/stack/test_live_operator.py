"""The operator page on the real stack, in a real browser: Debian's Chromium through playwright."""

import json
import time
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import urlencode

import pytest
from stack.watching import until

from operators.core.clock import system_clock
from schemas.reserved import PROBE_CONSULTATION

NAME = "operated-cities"
PERSON = "zq-operated-person"
HOSTILE = "<img src=x onerror=document.title='acted'><script>document.title='acted'</script>"
PATIENCE_S = 300
ROW = f'tr[data-id="{NAME}"]'
BALLOTS = "SELECT sum(votes_all) FROM marts.leaderboard WHERE consultation_id = {name:String}"


def lines(*messages: dict[str, object]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def send_votes(stack, people: range, **more) -> None:
    votes = [
        {
            "consultation_id": NAME,
            "proposal_id": "p1",
            "participant_id": f"{PERSON}-{person}",
            "choice": "agree",
            "country": ("FR", "DE")[person % 2],
            "source": "zq-operated-source",
            "cast_at": "2026-05-01T20:00:00Z",
        }
        | more
        for person in people
    ]
    stack.run("send", "-", "--kind", "votes", "--no-wait", data=lines(*votes))


def counted(stack) -> int:
    return int(stack.rows(BALLOTS, name=NAME)[0][0])


@pytest.fixture(scope="module")
def announced(stack):
    """A consultation with a hostile text, a proposal that waits, and forty ballots."""
    consultation = {"consultation_id": NAME, "title": "What next?", "rank_min_votes": 10}
    texts = {"p1": ("Plant more trees", "accepted"), "p2": (HOSTILE, "pending")}
    proposals = [
        {
            "consultation_id": NAME,
            "proposal_id": name,
            "text": text,
            "status": status,
            "submitted_at": "2026-05-01T19:00:00Z",
        }
        for name, (text, status) in texts.items()
    ]
    stack.run("send", "-", "--kind", "consultations", data=lines(consultation))
    stack.run("send", "-", "--kind", "proposals", data=lines(*proposals))
    send_votes(stack, range(40))
    until(lambda: counted(stack) == 40, PATIENCE_S)
    return stack


@pytest.fixture
def page(announced, browser):
    """Logged in, with the token that the command shows."""
    base = f"http://127.0.0.1:{announced.settings.live_port}"
    context = browser.new_context(base_url=base, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto("/operator")
    page.fill("#token", announced.run("operator-token").strip())
    page.keyboard.press("Enter")
    page.locator(ROW).wait_for()
    page.locator("#state[data-kind=live]").wait_for()
    yield page
    context.close()


def ask(stack, path: str, method: str = "GET", body: str = "", **headers: str):
    connection = HTTPConnection("127.0.0.1", stack.settings.live_port, timeout=PATIENCE_S)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body or None, headers=named)
    answer = connection.getresponse()
    found = (answer.status, answer.headers, answer.read().decode())
    connection.close()
    return found


def test_a_vote_shows_on_an_open_page_by_itself(announced, page, record_property):
    """How long after it stood in ClickHouse is reported; what else the machine does decides it."""
    before = counted(announced)
    stood_ms: list[int] = []

    def look() -> None:
        deadline = time.monotonic() + PATIENCE_S
        clickhouse = announced.clickhouse(analyst=True)
        while not stood_ms and time.monotonic() < deadline:
            found = clickhouse.query(BALLOTS, parameters={"name": NAME}).result_rows
            if found[0][0] > before:
                stood_ms.append(system_clock())
            time.sleep(0.05)

    watcher = Thread(target=look)
    watcher.start()
    sent_ms = system_clock()
    send_votes(announced, range(5_000, 5_001))
    shown = page.wait_for_function(
        "before => Number(document.querySelector('tr[data-id=operated-cities]').dataset.ballots)"
        " > before && Date.now()",
        arg=before,
    ).json_value()
    watcher.join()
    assert stood_ms
    for name, since_ms in (("sent", sent_ms), ("readable", stood_ms[0])):
        seconds = (shown - since_ms) / 1000
        record_property(f"shown_after_{name}_s", seconds)
        print(f"on the operator page {seconds:.1f} s after it was {name}")  # noqa: T201


def test_what_an_operator_asks_is_on_the_page(announced, page):
    page.locator("#sources").get_by_text("zq-operated-source").first.wait_for()
    page.locator("#countries").get_by_text("Germany").first.wait_for()
    page.locator(ROW).get_by_text("Plant more trees").wait_for()
    for stage in ("intake", "votes", "sink"):
        page.locator("#stages").get_by_role("rowheader", name=stage).wait_for()
    services = page.locator("#services")
    for name in ("kafka", "clickhouse", "redis", "intake", "votes", "sink", "periodic", "live"):
        row = services.get_by_role("row").filter(
            has=page.get_by_role("rowheader", name=name, exact=True)
        )
        row.get_by_text("✓ ready").wait_for()
    assert page.locator(f'tr[data-id="{PROBE_CONSULTATION}"]').count() == 0


def test_a_proposal_that_waits_is_text_and_does_not_act(announced, page):
    page.locator("#moderation").get_by_text(HOSTILE).wait_for()
    assert page.title() != "acted"
    assert page.locator("main img").count() == 0


def test_refused_messages_are_there_with_their_reason(announced, page):
    bad = {"consultation_id": NAME, "proposal_id": "p1", "choice": "perhaps"}
    announced.run("send", "-", "--kind", "votes", data=lines(bad), code=1)
    page.locator("#letters code").first.wait_for()
    assert page.locator("#letters tbody tr").count() >= 1


def test_a_service_that_was_killed_is_counted_and_the_page_comes_back(announced, page):
    announced.kill("live")
    page.locator("#state[data-kind=lost]").wait_for()
    page.locator("#state[data-kind=live]").wait_for()  # the session outlives the service
    page.locator("#alarms .says", has_text="ended unexpectedly").first.wait_for()


def test_nobody_sees_anything_without_the_token(announced):
    for path in ("/operator", "/operator/events"):
        status, headers, text = ask(announced, path)
        assert status in {303, 401}
        assert headers["Cache-Control"] == "no-store"
        assert NAME not in text
    form = urlencode({"token": "wrong"})
    kind = "application/x-www-form-urlencoded"
    status, headers, _ = ask(announced, "/operator/login", "POST", form, Content_Type=kind)
    assert (status, headers["Set-Cookie"]) == (403, None)


def test_the_token_stands_in_no_log_and_no_command_line(announced):
    token = announced.run("operator-token").strip()
    assert len(token) > 30
    assert token in (announced.settings.home / "secrets" / "operator.token").read_text()
    for file in announced.settings.logs.iterdir():
        assert token not in file.read_text(errors="replace"), file.name
    printed = announced.run("status")
    assert "/operator" in printed
    assert token not in printed

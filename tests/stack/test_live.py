"""The public pages on the real stack, in a real browser: Debian's Chromium through playwright."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from stack.watching import families, read, until

from infra.clickhouse.open_boards import newest_tick

NAME = "live-cities"
PATH = f"/consultations/{NAME}"
HOSTILE = "<img src=x onerror=document.title='acted'><script>document.title='acted'</script>"
PERSON = "person-of-the-live-page"
OPEN_ROWS = "SELECT votes, text FROM open.leaderboard WHERE consultation_id = {name:String}"
MINUTES_MS = 240_000
"""Publications come once a minute; how long one takes is no promise of this test."""


def lines(*messages: dict[str, object]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def vote(person: int, choice: str = "agree", proposal: str = "p1") -> dict[str, object]:
    return {
        "consultation_id": NAME,
        "proposal_id": proposal,
        "participant_id": f"{PERSON}-{person}",
        "choice": choice,
        "country": ("FR", "DE")[person % 2],
        "cast_at": "2026-05-01T20:00:00Z",
    }


def send_votes(stack, people: range) -> None:
    data = lines(*(vote(person) for person in people))
    stack.run("send", "-", "--kind", "votes", data=data)


def shown(stack, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{stack.settings.live_port}{path}", timeout=60) as answer:
        return answer.read().decode()


def published(stack) -> int:
    return sum(row[0] for row in stack.rows(OPEN_ROWS, name=NAME))


@pytest.fixture(scope="module")
def announced(stack):
    """A consultation with a hostile text and forty published ballots."""
    consultation = {"consultation_id": NAME, "title": "What next?", "rank_min_votes": 10}
    texts = {"p1": "Plant more trees", "p2": HOSTILE}
    proposals = [
        {
            "consultation_id": NAME,
            "proposal_id": name,
            "text": text,
            "status": "accepted",
            "submitted_at": "2026-05-01T19:00:00Z",
        }
        for name, text in texts.items()
    ]
    stack.run("send", "-", "--kind", "consultations", data=lines(consultation))
    stack.run("send", "-", "--kind", "proposals", data=lines(*proposals))
    send_votes(stack, range(40))
    until(lambda: published(stack) >= 40, MINUTES_MS // 1000)
    until(lambda: "Plant more trees" in shown(stack, PATH), 60)
    return stack


@pytest.fixture
def page(announced, browser):
    base = f"http://127.0.0.1:{announced.settings.live_port}"
    context = browser.new_context(
        base_url=base, locale="en-GB", viewport={"width": 320, "height": 800}
    )
    page = context.new_page()
    page.set_default_timeout(MINUTES_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.complaints = complaints
    yield page
    context.close()


def test_new_ballots_appear_on_an_open_page_and_not_while_it_is_paused(announced, page):
    page.goto(PATH)
    page.locator("#state[data-kind=live]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    before = published(announced)
    page.locator("#pause").click()
    send_votes(announced, range(1000, 1040))
    page.get_by_text("newer numbers wait").wait_for()
    row = page.locator("tr[data-id=p1]")
    assert int(row.get_attribute("data-votes")) == before
    page.locator("#pause").click()
    page.wait_for_function(
        "before => Number(document.querySelector('tr[data-id=p1]').dataset.votes) > before",
        arg=before,
    )
    assert page.complaints == []


def test_a_page_comes_back_after_the_service_was_killed(announced, page):
    page.goto(PATH)
    page.locator("#state[data-kind=live]").wait_for()
    announced.kill("live")
    page.locator("#state[data-kind=lost]").wait_for()
    page.locator("#state[data-kind=live]").wait_for()


def test_a_text_with_markup_acts_nowhere(announced, page):
    for path in (PATH, f"{PATH}/proposals/p2", f"{PATH}/clusters", f"/embed/{NAME}"):
        page.goto(path)
        assert page.title() != "acted"
        assert page.locator("main img").count() == 0
    assert page.complaints == []
    page.goto(f"{PATH}/proposals/p2")
    assert HOSTILE in page.locator("h1").inner_text()


def test_without_javascript_a_page_is_whole_and_loads_itself_again(announced, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{announced.settings.live_port}{PATH}")
    assert page.locator("tr[data-id=p1]").is_visible()
    assert page.locator("#pause").is_hidden()
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    context.close()


def test_no_answer_holds_what_open_does_not_hold(announced):
    api = f"/api/v1{PATH}"
    answers = [
        shown(announced, path)
        for path in (
            "/", PATH, f"{PATH}/proposals/p1", f"{PATH}/clusters",
            f"{PATH}/proposals/p1/picture.svg",
            f"{api}/board", f"{api}/proposals/p1", f"{api}/clusters", f"{api}/publications",
            "/api/v1/consultations",
        )
    ]  # fmt: skip
    everything = "\n".join(answers)
    assert PERSON not in everything
    pseudonyms = announced.clickhouse().query(
        "SELECT DISTINCT lower(hex(participant)), toString(participant) FROM tutti.ballots"
        f" WHERE consultation_id = '{NAME}'"
    )
    assert pseudonyms.result_rows
    for names in pseudonyms.result_rows:
        assert not [name for name in names if name in everything.lower()]
    secrets = {
        file.name: file.read_text(errors="replace").strip()
        for file in (announced.settings.home / "secrets").iterdir()
        if file.is_file()
    }
    assert secrets["clickhouse.password"]
    assert secrets["pseudonym.key"]
    # Locks of files lie beside them, and are empty.
    assert not [name for name, secret in secrets.items() if secret and secret in everything]
    board = json.loads(answers[5])
    rows = announced.rows(OPEN_ROWS, name=NAME)
    assert sorted((row["votes"], row["text"]) for row in board["proposals"]) == sorted(rows)
    assert str(announced.settings.home) not in everything


def test_the_board_of_a_past_publication_is_shown(announced):
    tick = newest_tick(announced.clickhouse(analyst=True))
    at = tick.isoformat().replace("+00:00", "Z")
    text = shown(announced, f"{PATH}?at={at}")
    assert "You are looking at a past moment." in text


def test_what_is_read_from_clickhouse_does_not_grow_with_viewers(announced):
    """Between two looks at the counter, two hundred viewers ask for the same pages."""

    def reads() -> float:
        found = families(read(announced, announced.settings.metrics_port))
        return sum(sample.value for sample in found["tutti_live_reads"].samples)

    def ask(n: int) -> None:
        request = Request(
            f"http://127.0.0.1:{announced.settings.live_port}{PATH}?utm={n}",
            headers={"Accept-Language": ("de", "fr", "en")[n % 3]},
        )
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - of this machine
            assert answer.status == 200

    before = reads()
    for n in range(200):
        ask(n)
    grown = reads() - before
    # Editions begin meanwhile, each of which reads a few things once.
    assert grown < 100
    assert re.search("Plant more trees", shown(announced, PATH))

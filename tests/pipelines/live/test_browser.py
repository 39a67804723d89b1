"""The public pages in a real browser: Debian's Chromium through playwright."""

import re
from collections.abc import Iterator
from typing import Any

import axe
import pytest
from live_rows import NAME

from pipelines.live.languages import LANGUAGES

PATIENCE_MS = 240_000
PAGES = ("consultations", "board", "common-ground", "topics", "proposal", "hostile", "embedded",
         "missing")  # fmt: skip
FOLLOWING = ("board", "common-ground", "topics", "proposal", "embedded")
LOOKING_BACK = ("board", "common-ground", "proposal")
PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
CONTROLS = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
REACHABLE = f"""() => [...document.querySelectorAll("{CONTROLS}")]
    .filter((each) => each.checkVisibility({{ visibilityProperty: true }})
        && !each.closest('details:not([open]) > :not(summary)')).length"""
OUTSIDE = """() => [...document.querySelectorAll("h1, h2, .status, .bar, button, select, .parts a")]
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.left < -1 || box.right > innerWidth + 1))
    .map(([each]) => each.textContent.trim() || each.tagName)"""
CROWDED = """() => {
    const found = [];
    for (const each of document.querySelectorAll(".parts a, button")) {
        const text = each.firstChild;
        for (const word of text?.textContent.matchAll(/\\S+/g) ?? []) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (range.getClientRects().length > 1) found.push(`broken: ${word[0]}`);
        }
    }
    for (const row of document.querySelectorAll("#board tr")) {
        const votes = row.querySelector(".votes").getBoundingClientRect();
        for (const each of row.querySelectorAll(".share > *")) {
            const box = each.getBoundingClientRect();
            if (box.right > votes.left && box.bottom > votes.top && box.top < votes.bottom)
                found.push(`over the ballots: ${each.textContent}`);
        }
    }
    return found;
}"""
FOCUSED = """() => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    window.reached ??= new Map();
    const seen = window.reached.has(each);
    const style = getComputedStyle(each);
    window.reached.set(each, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
    return seen;
}"""


class Visit:
    """One open page, and everything that its console complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)

    def _note(self, line: Any) -> None:
        if line.type == "error" and "status of 404" not in line.text:  # an error page is one
            self.complaints.append(line.text)

    def open(self, path: str) -> Any:
        self.page.goto(path)
        return self.page

    def live(self, path: str) -> Any:
        self.open(path)
        self.page.locator("#state[data-kind=live]").wait_for()
        return self.page


@pytest.fixture
def visit(town, browser) -> Iterator[Any]:
    """Opens pages: ``visit(**settings of the browser)``."""
    contexts = []

    def opened(**settings: Any) -> Visit:
        context = browser.new_context(
            base_url=town.base, locale="en-GB", **{"viewport": DESKTOP} | settings
        )
        contexts.append(context)
        return Visit(context.new_page())

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_in_the_console_and_nothing_of_a_text_acts(town, visit, name):
    visited = visit()
    page = visited.open(town.pages()[name])
    if name in FOLLOWING:
        page.locator("#state[data-kind=live]").wait_for()
    assert visited.complaints == []
    assert page.title() not in {"1", "2"}
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_light_on_a_desk_and_in_the_dark_on_a_phone(town, visit, name):
    page = visit().open(town.pages()[name])
    for each in page.locator("details").all():
        each.evaluate("each => { each.open = true; }")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert axe.complaints(page) == []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    assert axe.complaints(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_into_320_pixels_in_either_direction(town, visit, name):
    page = visit(viewport=PHONE).open(town.pages()[name])
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("path", ["", "/common-ground", "/clusters", "/proposals/p1"])
def test_a_page_fits_into_320_pixels_in_every_language(site, browser, path):
    context = browser.new_context(base_url=f"http://127.0.0.1:{site.port}", viewport=PHONE)
    page = Visit(context.new_page()).page
    for code in LANGUAGES:
        page.goto(f"/consultations/{NAME}{path}?lang={code}")
        assert page.locator("html").get_attribute("lang") == code
        for each in page.locator("details").all():
            each.evaluate("each => { each.open = true; }")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], code
        assert page.evaluate(OUTSIDE) == [], code
        assert page.evaluate(CROWDED) == [], code
    context.close()


def test_a_text_from_the_right_is_one_on_every_page_and_the_page_is_not(town, visit):
    page = visit().open(town.pages()["arabic"])
    heading = page.locator("h1 > span")
    assert heading.get_attribute("lang") == "ar"
    assert heading.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.documentElement).direction") == "ltr"
    assert page.locator(".figures").first.evaluate("e => getComputedStyle(e).direction") == "ltr"


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(town, visit, name):
    page = visit().open(town.pages()[name])
    if name in FOLLOWING:
        page.locator("#state[data-kind=live]").wait_for()
    expected = page.evaluate(REACHABLE)
    for _ in range(expected + 20):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED):
            break
    reached = page.evaluate("[...(window.reached ?? new Map()).values()]")
    assert len(reached) == expected > 0
    assert all(reached), "a control does not show that it is chosen"


@pytest.mark.parametrize("name", LOOKING_BACK)
def test_the_slider_shows_the_past_by_the_keyboard_alone(town, visit, name):
    visited = visit()
    page = visited.live(town.pages()[name])
    now = page.locator("main").inner_text()
    page.locator("#past > summary").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => Number(document.getElementById('moment').max) > 0")
    page.locator("#moment").focus()
    page.keyboard.press("Home")
    page.locator(".back").wait_for()
    page.wait_for_url("**at=*")
    assert "past moment" in page.locator("#state").inner_text()
    assert "2026" in (page.locator("#moment").get_attribute("aria-valuetext") or "")
    assert page.locator("main").inner_text() != now
    page.keyboard.press("End")
    page.locator("#state[data-kind=live]").wait_for()
    assert "at=" not in page.url
    assert visited.complaints == []


def test_a_moment_that_the_server_did_not_give_is_asked_for_again(town, visit):
    visited = visit()
    page = visited.live(town.board)
    refused: list[str] = []

    def once_each(route) -> None:
        """Refuse what is asked for first, as a busy server does."""
        if route.request.url in refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503)

    page.route(re.compile(r"/publications$|[?&]at="), once_each)
    page.locator("#past > summary").click()
    page.wait_for_function("() => Number(document.getElementById('moment').max) > 0")
    page.locator("#moment").focus()
    page.keyboard.press("Home")
    page.locator("#state[data-kind=lost]").wait_for()
    page.locator(".back").wait_for()
    page.locator("#state[data-kind=paused]").wait_for()
    assert len(refused) == 2


def test_a_link_to_the_past_opens_there(town, visit):
    tick = town.served.get(f"/api/v1{town.board}/publications").decode().split('"')[3]
    page = visit().open(f"{town.board}?at={tick}")
    page.wait_for_function("() => Number(document.getElementById('moment').max) > 0")
    assert page.locator("#moment").input_value() == "0"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_past_plays_as_a_film_until_now_and_stops_when_told(town, visit, motion):
    visited = visit(reduced_motion=motion)
    page = visited.live(town.board)
    page.locator("#past > summary").click()
    page.wait_for_function("() => Number(document.getElementById('moment').max) > 0")
    page.locator("#play").click()
    page.get_by_role("button", name="Pause").first.wait_for()
    page.wait_for_function("() => Number(document.getElementById('moment').value) >= 1")
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Play"
    assert "at=" in page.url
    page.locator("#play").click()
    page.locator("#state[data-kind=live]").wait_for()
    page.get_by_role("button", name="Play").wait_for()
    assert visited.complaints == []


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_rows_move_to_their_places_unless_movement_is_not_wanted(town, visit, motion):
    page = visit(reduced_motion=motion).live(town.board)
    page.evaluate("""() => {
        window.moved = 0;
        const animate = Element.prototype.animate;
        Element.prototype.animate = function (...given) {
            moved += 1;
            return animate.apply(this, given);
        };
        addEventListener('animationstart', () => { moved += 1; });
    }""")
    before = page.locator("body").get_attribute("data-version")
    town.publish()
    page.wait_for_function("before => document.body.dataset.version !== before", arg=before)
    page.wait_for_timeout(300)
    assert (page.evaluate("moved") > 0) == (motion == "no-preference")


def test_nothing_changes_under_the_keyboard_and_everything_when_it_has_left(town, visit):
    page = visit().live(town.board)
    before = page.locator("body").get_attribute("data-version")
    page.locator("#board a").first.focus()
    town.publish()
    page.get_by_text("Newer numbers wait until you leave the table").wait_for()
    assert page.locator("body").get_attribute("data-version") == before
    page.locator("#pause").focus()
    page.wait_for_function("before => document.body.dataset.version !== before", arg=before)


def test_who_comes_again_sees_what_has_changed_since(town, visit):
    visited = visit()
    visited.live(town.board)
    visited.open("/")
    town.publish()
    page = visited.live(town.board)
    page.wait_for_function("() => document.querySelectorAll('.more:not(:empty)').length > 0")
    assert page.locator(".more:not(:empty)").first.inner_text().startswith("+")


def test_another_language_is_one_click_away_and_stays(town, visit):
    page = visit().open(town.board)
    page.get_by_role("link", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.get_by_role("heading", level=1).count() == 1
    page.get_by_role("link", name="Themen", exact=True).first.click()
    assert page.locator("html").get_attribute("lang") == "de"


@pytest.mark.parametrize("name", ["consultations", "board", "common-ground", "proposal"])
def test_without_javascript_a_page_is_whole_and_nothing_on_it_is_dead(town, visit, name):
    page = visit(java_script_enabled=False).open(town.pages()[name])
    assert page.locator("main").inner_text().strip()
    assert page.locator(".script-only:visible").count() == 0
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    if name == "board":
        page.get_by_label("Search").fill("school")
        page.get_by_role("button", name="Show").click()
        assert "q=school" in page.url


def test_a_page_comes_back_after_the_service_was_killed(town, visit):
    page = visit().live(town.board)
    town.served.kill()
    page.locator("#state[data-kind=lost]").wait_for()
    town.served.start()
    page.locator("#state[data-kind=live]").wait_for()


@pytest.mark.parametrize("name", ["board", "proposal"])
def test_the_first_page_is_small_with_all_that_belongs_to_it(town, visit, name):
    page = visit().page
    sizes = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.goto(town.pages()[name])
    page.locator("#state[data-kind=live]").wait_for()
    assert len(sizes) >= 3
    assert sum(sizes) < 150_000

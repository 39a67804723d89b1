"""The operator page in a real browser: Debian's Chromium through playwright."""

from collections.abc import Iterator
from typing import Any

import axe
import pytest
from operator_rows import HOSTILE, NAME, arrived, consultation, evening, leader, waiting
from operator_site import PATIENCE_S, canned_site

from infra.clickhouse.arrivals import Arrivals
from pipelines.live.operator.routes import LOGIN

LIVE = "#state[data-kind=live]"


class Visit:
    """A visitor's window on a site whose values a test may change."""

    def __init__(self, browser: Any, site: Any, values: dict[str, Any], **options: Any) -> None:
        self.site, self.values = site, values
        self.context = browser.new_context(base_url=site.base, locale="en-GB", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)

    def _said(self, line: Any) -> None:
        if line.type == "error":
            self.complaints.append(line.text)

    def log_in(self) -> Any:
        """With the keyboard alone."""
        self.page.goto("/operator")
        self.page.locator("#token").focus()
        self.page.keyboard.type(self.site.token)
        self.page.keyboard.press("Enter")
        self.page.locator(f'tr[data-id="{NAME}"]').wait_for()
        return self.page


@pytest.fixture
def visits(browser: Any, tmp_path: Any) -> Iterator[Any]:
    values = evening()
    made: list[Visit] = []
    with canned_site(tmp_path, values) as site:

        def visit(**options: Any) -> Visit:
            made.append(Visit(browser, site, values, **options))
            return made[-1]

        yield visit
        for each in made:
            each.context.close()


def test_a_vote_shows_without_a_key_and_not_while_the_page_is_paused(visits):
    visit = visits()
    page = visit.log_in()
    page.locator(LIVE).wait_for()
    visit.values["consultations"] = [consultation(ballots=71_174)]
    page.locator(f'tr[data-id="{NAME}"][data-ballots="71174"]').wait_for()
    page.locator("#pause").click()
    assert page.locator("#state").inner_text() == "Paused"
    visit.values["consultations"] = [consultation(ballots=80_000)]
    later = visits().log_in()
    later.locator('tr[data-ballots="80000"]').wait_for()
    assert page.locator('tr[data-ballots="80000"]').count() == 0
    page.locator("#pause").click()
    page.locator('tr[data-ballots="80000"]').wait_for()
    assert visit.complaints == []


def test_an_alarm_appears_and_goes(visits):
    visit = visits()
    page = visit.log_in()
    gone = Arrivals([arrived("PL", "tv", 0, 4_000), arrived("FR", "tv", 800, 9_000)], {})
    visit.values["arrivals"] = gone
    silent = "Poland fell silent. Votes in 5 minutes: 0, usual: 364"
    alarm = page.locator("#alarms .says", has_text=silent)
    alarm.wait_for()
    link = page.locator("#alarms a").first
    assert "operator-page.html#votes-have-stopped" in link.get_attribute("href")
    visit.values["arrivals"] = Arrivals([arrived("PL", "tv", 400, 4_000)], {})
    alarm.wait_for(state="detached")


def test_the_wrong_token_is_refused_in_words(visits):
    visit = visits()
    visit.page.goto("/operator")
    assert visit.page.url.endswith(LOGIN)
    visit.page.fill("#token", "wrong")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("alert").wait_for()
    assert visit.page.get_by_role("alert").inner_text() == "This is not the token."
    visit.page.goto("/operator")
    assert visit.page.url.endswith(LOGIN)


def test_no_text_of_a_stranger_acts(visits):
    visit = visits()
    visit.values["consultations"] = [consultation(title=HOSTILE), consultation(HOSTILE)]
    visit.values["leaders"] = [leader(1, HOSTILE)]
    visit.values["waiting"] = [waiting(HOSTILE, HOSTILE, 40)]
    visit.values["arrivals"] = Arrivals([arrived("FR", HOSTILE, 0, 4_000)], {})
    page = visit.log_in()
    page.locator(LIVE).wait_for()
    page.locator("#sources").get_by_text("<img src=x").first.wait_for()
    assert "Operator page" in page.title()
    assert page.locator("img").count() == 0
    assert visit.complaints == []


def test_the_keyboard_reaches_everything_and_stays_where_it_is(visits):
    visit = visits()
    page = visit.log_in()
    page.locator(LIVE).wait_for()
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "document.activeElement.id || document.activeElement.getAttribute('aria-label') "
            "|| document.activeElement.textContent.trim()"))  # fmt: skip
    assert {"rate", "pause", "Log out", "why-1", "Country", "Services"} <= set(reached)
    page.locator("#why-1").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    visit.values["waiting"] = [waiting("w9", "A text that is new", 90)]
    page.locator("#moderation").get_by_text("A text that is new").wait_for()
    assert page.evaluate("document.activeElement.id") == "why-1"
    page.locator("#board-1 summary").press("Enter")
    visit.values["waiting"] = [waiting("w10", "Another text", 90)]
    visit.values["leaders"] = [leader(1, "Another leader")]
    page.locator("#moderation").get_by_text("Another text").wait_for()
    assert page.evaluate("document.getElementById('board-1').open") is False


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_and_axe_finds_nothing(visits, width):
    visit = visits(viewport={"width": width, "height": 800})
    visit.page.goto(LOGIN)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.complaints(visit.page) == []
    page = visit.log_in()
    page.locator(LIVE).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.complaints(page) == []


def test_in_the_dark_the_contrast_suffices_too(visits):
    visit = visits(color_scheme="dark")
    page = visit.log_in()
    assert axe.complaints(page) == []


def test_without_javascript_the_page_is_whole_and_loads_itself_again(visits):
    visit = visits(java_script_enabled=False)
    page = visit.log_in()
    assert page.locator("#alarms").is_visible()
    assert page.locator("#pause").is_hidden()
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    page.get_by_role("button", name="Log out").click()
    page.locator("#token").wait_for()


def test_who_is_logged_out_elsewhere_is_asked_for_the_token(visits):
    visit = visits()
    page = visit.log_in()
    page.locator(LIVE).wait_for()
    # As another window of the same browser does.
    other = visit.context.new_page()
    other.goto("/operator")
    other.get_by_role("button", name="Log out").click()
    page.locator("#token").wait_for()

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from operator_rows import (
    HOSTILE,
    NAME,
    NOW,
    evening,
    grouped,
    leader,
    machine,
    readings_of,
    service,
    voice,
)
from operator_rows import consultation as announced
from operator_rows import signal as seen
from operator_rows import waiting as pending
from places import CHECKOUT

from infra.clickhouse.arrivals import Arrivals, Arrived
from infra.clickhouse.operator_page import LetterGroup, RefusedBy, Signals
from operators.core.groups import disagreement
from pipelines.live.languages import language
from pipelines.live.operator.alarm_kinds import KINDS
from pipelines.live.operator.alarms import Alarm, Country, Size
from pipelines.live.operator.overview import overview
from pipelines.live.operator.rendering import (
    SPOKEN,
    TEMPLATES,
    TOPICS,
    draw,
    duration,
    operator_language,
    rate,
    sentence,
    size,
)

ENGLISH = language("en")
DOCS = "https://docs.example"


def drawn(values=None, code="en") -> str:
    page = overview(readings_of(evening() if values is None else values), NOW)
    return draw("overview.html", operator_language(code), page=page, docs=DOCS).decode()


def hostile() -> dict:
    """Everything that a stranger may write is as hostile as it can be."""
    return {
        "consultations": [announced(HOSTILE, title=HOSTILE)],
        "leaders": [leader(1, HOSTILE, HOSTILE, proposal_id=HOSTILE, language=HOSTILE)],
        "arrivals": Arrivals(
            [Arrived(HOSTILE, "FR", HOSTILE, 0, 0, 900, NOW)], {HOSTILE: [1] * 60}
        ),
        "letters": [LetterGroup("tutti.votes.v1", "bad_time", HOSTILE, HOSTILE, 1, 1, NOW)],
        "refused by": [RefusedBy(HOSTILE, HOSTILE, "FR", 1, 1, NOW)],
        "signals": Signals([seen(consultation_id=HOSTILE, text=HOSTILE, proposal_id=HOSTILE)], {}),
        "waiting": [pending(HOSTILE, HOSTILE, 30, consultation_id=HOSTILE, language=HOSTILE)],
        "groups": [
            grouped(
                HOSTILE,
                run=grouped().run | {"groups_significant": 0},
                representatives=[voice(1, 1, HOSTILE, "agree", language=HOSTILE)],
                consensus=[grouped().consensus[0] | {"text": HOSTILE, "language": HOSTILE}],
            )
        ],
        "people": {}, "checks": [], "stages": [],
        "machine": machine([service("kafka", fault=HOSTILE)]),
    }  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("values", [evening(), hostile(), dict.fromkeys(evening())],
                         ids=["evening", "hostile", "nothing-read"])  # fmt: skip
def test_nothing_in_the_page_needs_a_weaker_policy_or_another_server(values):
    for tag, attributes in Elements(drawn(values)).found:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag not in {"style", "img", "iframe", "object"}
        for name in ("src", "action", "data-events"):
            assert (attributes.get(name) or "/").startswith("/")
        if tag == "a":
            assert re.match(r"[#?]|/|https://docs\.example/", attributes["href"])


def test_a_strangers_text_is_text_wherever_it_stands():
    text = drawn(hostile())
    assert "<img" not in text
    assert "{{ 7 * 7 }} {x} %s" in text
    assert text.count("&lt;img src=x onerror=") > 8
    assert "49" not in re.findall(r"7 \* 7.{0,9}", text)


def test_a_stranger_s_text_has_a_direction_of_its_own():
    alarm = Alarm("source_silent", {"consultation": "x", "source": "\u202eevil", "recent": 0,
                                    "minutes": 5, "expected": 50})  # fmt: skip
    assert "\u2068\u202eevil\u2069" in sentence(ENGLISH, alarm, {})


def test_each_alarm_leads_to_its_explanation():
    text = drawn(evening() | {"machine": machine([service("sink", ready=False)])})
    assert f"{DOCS}/howto/operators/operator-page.html#a-service-does-not-run" in text
    assert "Not running or not ready" in text


def test_urgent_alarms_are_counted_in_the_title():
    assert "<title>Operator page</title>" in drawn()
    text = drawn(evening() | {"machine": machine([service("sink", ready=False)])})
    assert "<title>(1) Operator page</title>" in text


def test_what_is_not_known_is_said():
    assert "Whose the refused messages are, as they say" in drawn()
    assert "This is being read …" in drawn(dict.fromkeys(evening()))


def test_values_are_written_as_in_the_language():
    german = operator_language("de")
    assert rate(ENGLISH, 0.25) == "0.2"
    assert rate(ENGLISH, 4_321.9) == "4,322"
    assert rate(ENGLISH, None) == "–"
    assert size(german, 72_500_000_000) == "72,5 GB"
    assert duration(ENGLISH, timedelta(seconds=-3)) == "0.0 secs"
    assert duration(ENGLISH, timedelta(days=1)) == "24 hrs"
    assert duration(ENGLISH, timedelta(days=608)) == "608 days"
    alarm = Alarm("country_silent", {"consultation": NAME, "country": Country("RO"), "recent": 0,
                                     "minutes": 5, "expected": 1_730})  # fmt: skip
    assert "Rumänien" in sentence(german, alarm, {})
    assert "1.730" in sentence(german, alarm, {})
    assert "3.5 GB" in sentence(ENGLISH, Alarm("disk", {"free": Size(3_500_000_000)}), {})
    assert "61%" in sentence(ENGLISH, Alarm("refused", {"share": 0.61}), {})


def texts() -> set[str]:
    """Everything that is looked up in a catalogue and that the public pages do not have."""
    found = {kind.text for kind in KINDS.values()} | set(TOPICS.values())
    for file in TEMPLATES.iterdir():
        found |= set(re.findall(r'_\(\s*"([^"]+)"', file.read_text()))
    return found - language("de").texts.keys()


@pytest.mark.parametrize("code", [code for code in SPOKEN if code != "en"])
def test_a_catalogue_has_every_text_and_no_other(code):
    ours = operator_language(code).texts.keys() - language(code).texts.keys()
    assert ours == texts()


@pytest.mark.parametrize("code", SPOKEN)
def test_a_text_is_filled_in_with_the_same_values(code):
    for english, translated in operator_language(code).texts.items():
        names = sorted(re.findall(r"\{(\w+)\}", english))
        assert sorted(re.findall(r"\{(\w+)\}", translated)) == names, translated


def verdict_of(code: str = "en", **run: Any) -> str:
    values = evening() | {"groups": [grouped(run=grouped().run | run)]}
    section = drawn(values, code).split('id="groups"')[1]
    return " ".join(re.findall(r'<p class="meta">(.*?)</p>', section, re.DOTALL)[0].split())


@pytest.mark.parametrize("code", SPOKEN)
def test_each_verdict_of_the_view_is_a_sentence_in_each_language(code):
    view = (CHECKOUT / "schemas/clickhouse/views/internal/opinion_runs.sql").read_text()
    verdicts = re.findall(r"'([^']+)'", view.split("multiIf(")[1].split("AS verdict")[0])
    assert len(verdicts) == 5
    shown = [verdict_of(code, verdict=verdict, dimensions=None) for verdict in verdicts]
    assert all(len(sentence) > 25 for sentence in shown)
    assert len(set(shown)) == 5
    english = [verdict_of(verdict=verdict, dimensions=None) for verdict in verdicts]
    assert code == "en" or not set(shown) & set(english)


def test_a_verdict_names_its_numbers():
    assert "(lines of disagreement: 1)" in verdict_of()
    assert "at least 3.4% of them" in verdict_of()
    assert "(lines of disagreement: 5+)" in verdict_of(dimensions=disagreement.MAX_DIMENSIONS)
    assert "Mindestens 3,4 % von ihnen" in verdict_of("de")


def test_groups_say_what_they_stand_for_the_largest_first():
    text = drawn()
    section = text[text.index('id="groups"') : text.index('id="letters"')]
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))
    assert re.search(
        r"Group 2 64% · People: 640 Make night trains cheaper than flights Agree: 310 / 340"
        r" Build more motorways disagree: 290 / 340"
        r" Group 1 36% · People: 360 Build more motorways Agree: 310 / 340 · may be chance"
        r" What all groups agree on Una biblioteca en cada pueblo 71%",
        shown,
    ), shown
    assert "fourth" not in shown
    assert "What follows may be chance" not in shown
    assert "What follows may be chance" in drawn(hostile())


COUNTS = "count|expected|found|lag|rank|recent|shown"


def test_no_text_needs_a_plural():
    """A count follows a colon or stands between two others, so that no word agrees with it."""
    for text in texts():
        bare = re.sub(rf": \{{({COUNTS})\}}( of \{{({COUNTS})\}})?|rank \{{rank\}}$", "", text)
        assert not re.search(rf"\{{({COUNTS})\}}", bare), text
        others = set(re.findall(r"\{(\w+)\}", bare))
        assert others <= {
            "age", "before", "check", "consultation", "country", "duration", "during", "free",
            "minutes", "sentence", "service", "services", "share", "source", "stage", "subject",
        }, text  # fmt: skip


@pytest.mark.parametrize("code", SPOKEN)
def test_the_page_is_whole_in_every_language(code):
    text = drawn(code=code)
    assert f'<html lang="{code}"' in text
    assert 'id="reads"' in text


def test_whose_the_refused_messages_are_is_shown_and_what_they_do_not_name_is_said():
    page = drawn(evening() | {"refused by": [RefusedBy("health", "", "PT", 41, 977, NOW)]})
    table = page[page.index("Whose the refused messages are") :]
    assert "977" in table
    assert "Portugal" in table
    assert "not named" in table

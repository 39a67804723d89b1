"""The operator page's templates filled in, once for all viewers of a language and a version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import Environment

from pipelines.live.languages import LANGUAGES, Language, catalogue, language
from pipelines.live.operator.alarms import Alarm, Country, Size
from pipelines.live.rendering import environment_of
from schemas.rejections import ADVICE

TEMPLATES: Final = Path(__file__).parent / "templates"
SPOKEN: Final = tuple(
    code
    for code in LANGUAGES
    if code == "en" or (Path(__file__).parent / "languages" / f"{code}.po").exists()
)
"""Languages of this page: fewer than those of the public ones."""
ISOLATED: Final = "\u2068{}\u2069"
"""A stranger's text within a sentence: whatever its direction, the sentence keeps its own."""
UNITS: Final = (
    ("second", 100, 1),
    ("minute", 6_000, 60),
    ("hour", 172_800, 3_600),
    ("day", float("inf"), 86_400),
)
"""A unit, up to how many seconds it is used, and its own."""
MAX_DIMENSIONS: Final = 5
"""As `operators.core.groups.disagreement` has it, which would bring numpy into this process."""
GIGA: Final = 1_000_000_000
TOPICS: Final = {
    "tutti.votes.v1": "Votes",
    "tutti.proposals.v1": "Proposals",
    "tutti.consultations.v1": "Consultations",
}


@cache
def operator_language(code: str) -> Language:
    """A language with the texts of this page beside those of the public ones.

    >>> operator_language("fr").code, operator_language("xx").code
    ('fr', 'en')
    """
    if code == "en" or code not in SPOKEN:
        return language("en")
    public = language(code)
    ours = catalogue("pipelines.live.operator", code)
    return replace(public, texts={**public.texts, **ours})


def duration(spoken: Language, length: timedelta) -> str:
    """A length of time in its largest fitting unit; below ten seconds with a tenth.

    >>> [duration(language("en"), timedelta(seconds=s)) for s in (1.25, 99, 5_400, 90_000, 864_000)]
    ['1.2 secs', '99 secs', '90 mins', '25 hrs', '10 days']
    """
    seconds = max(0.0, length.total_seconds())
    unit, unit_s = next((unit, unit_s) for unit, limit_s, unit_s in UNITS if seconds < limit_s)
    number = seconds / unit_s
    tenths = seconds < 10  # noqa: PLR2004 - tenths of more say nothing
    return format_unit(
        number,
        f"duration-{unit}",
        "short",
        format="#,##0.0" if tenths else "#,##0",
        locale=spoken.locale,
    )


def size(spoken: Language, number: int) -> str:
    """Bytes in gigabytes."""
    return f"{format_decimal(number / GIGA, '#,##0.0', locale=spoken.locale)} GB"


def rate(spoken: Language, per_second: float | None) -> str:
    """Something per second: with a tenth where that is little."""
    if per_second is None:
        return "–"
    pattern = "#,##0.0" if per_second < 100 else "#,##0"  # noqa: PLR2004
    return format_decimal(per_second, pattern, locale=spoken.locale)


def sentence(spoken: Language, alarm: Alarm, titles: Mapping[str, str]) -> str:
    """What is wrong, in a language."""

    def shown(name: str, value: Any) -> str:
        if isinstance(value, timedelta):
            return duration(spoken, value)
        if isinstance(value, Country):
            return spoken.country(value.code)
        if isinstance(value, Size):
            return size(spoken, value.bytes)
        if isinstance(value, float):
            return spoken.percent(value, 0)
        if isinstance(value, int):
            return spoken.number(value)
        if name == "consultation":
            value = titles.get(value) or value
        return ISOLATED.format(value)

    return spoken.text(alarm.text, **{n: shown(n, v) for n, v in alarm.values.items()})


def ago(spoken: Language, now: datetime, then: datetime | None) -> str:
    """How long ago something was; a dash if it never was."""
    return "–" if then is None else duration(spoken, now - then)


def spark(minutes: Sequence[int]) -> list[tuple[int, str, str]]:
    """Votes of each minute as bars in a box of 60 by 18 units: left, top and height."""
    peak = max(1, *minutes)
    heights = [18 * votes / peak for votes in minutes]
    return [(x, f"{18 - high:.1f}", f"{high:.1f}") for x, high in enumerate(heights) if high]


@cache
def environment() -> Environment:
    """This page's templates."""
    return environment_of(
        TEMPLATES,
        spark=spark,
        duration=duration,
        size=size,
        rate=rate,
        ago=ago,
        sentence=sentence,
        advice=ADVICE,
        topics=TOPICS,
        max_dimensions=MAX_DIMENSIONS,
        seconds=lambda number: timedelta(seconds=number),
        languages=[language(code) for code in SPOKEN],
    )


def draw(template: str, spoken: Language, **values: Any) -> bytes:
    """A template filled in."""
    filled = environment().get_template(template)
    return filled.render(language=spoken, _=spoken.text, **values).encode()

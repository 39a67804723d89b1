"""Languages of the pages: catalogues, and numbers, dates and countries as each writes them.

Catalogues are gettext's ``.po`` files in ``languages``, read as they are: there is no build step.
English is what stands in the templates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES: Final = (
    "en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
)  # fmt: skip
"""English, then by their codes: the 24 official languages of the Union."""

WRITTEN_AS: Final = {"en": "en_GB", "pt": "pt_PT"}
"""Dates and numbers as in Europe."""

UNKNOWN: Final = "ZZ"
SEVERAL: Final = "XX"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages.

    Attributes:
        code: As in addresses and ``lang`` attributes.
        locale: Babel's.
        texts: English → this language.
    """

    code: str
    locale: Locale
    texts: Mapping[str, str]

    @property
    def name(self) -> str:
        """What its speakers call it."""
        plain = Locale.parse(self.code)
        return (plain.get_display_name() or self.code).capitalize()

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.locale.text_direction

    def text(self, english: str, **values: Any) -> str:
        """A text of the pages; ``{name}`` in it is filled in."""
        return self.texts.get(english, english).format(**values)

    def number(self, value: float) -> str:
        """With the marks between thousands."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share as per cent; a dash if there is none."""
        if share is None:
            return "–"
        decimals = f".{'0' * digits}" if digits else ""
        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", f"#,##0{decimals}")
        return format_percent(share, pattern, locale=self.locale)

    def interval(self, low: float, high: float, digits: int = 1) -> str:
        """Two bounds as per cent."""
        return f"{self.percent(low, digits)} – {self.percent(high, digits)}"

    def moment(self, when: datetime | None) -> str:
        """Date and time in UTC, in so many words; a dash if there is none."""
        if when is None:
            return "–"
        return f"{self.day(when)}, {self.clock(when)} UTC"

    def day(self, when: datetime) -> str:
        """A date."""
        return format_date(when.astimezone(UTC), "medium", locale=self.locale)

    def clock(self, when: datetime) -> str:
        """A time of the day in UTC."""
        return format_time(when.astimezone(UTC), "short", locale=self.locale)

    def country(self, code: str) -> str:
        """A country's name; the code if it has none."""
        if code == SEVERAL:
            return self.text("Several countries together")
        if code == UNKNOWN:
            return self.text("Country unknown")
        return str(self.locale.territories.get(code, code))

    def language(self, tag: str) -> str:
        """What a language tag means; the tag if nobody knows."""
        return str(self.locale.languages.get(tag.split("-", maxsplit=1)[0].lower(), tag))


def catalogue(package: str, code: str) -> dict[str, str]:
    """English → a language, of the texts of a package's pages."""
    with files(package).joinpath(f"languages/{code}.po").open("rb") as opened:
        return {
            str(message.id): str(message.string)
            for message in read_po(opened, locale=code)
            if message.id and message.string and not message.fuzzy
        }


@cache
def language(code: str) -> Language:
    """One of `LANGUAGES`."""
    texts = {} if code == "en" else catalogue("pipelines.live", code)
    return Language(code, Locale.parse(WRITTEN_AS.get(code, code)), texts)


def choose(asked: str | None, accepted: str) -> Language:
    """The language of an answer.

    Args:
        asked: What the address asks for; None: nothing.
        accepted: The header ``Accept-Language``, at most 200 characters of it.

    >>> choose(None, "pt-BR,pt;q=0.9,en;q=0.5").code
    'pt'
    >>> choose("xx", "").code
    'en'
    """
    if asked in LANGUAGES:
        return language(asked)
    wanted = []
    for part in accepted[:200].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.strip().replace("-", "_")))
        except ValueError:
            continue
    try:
        found = negotiate_locale([tag for _, tag in sorted(wanted, key=_first)], LANGUAGES)
    except (UnknownLocaleError, ValueError):
        found = None
    return language((found or "en").split("_")[0])


_first: Callable[[tuple[float, str]], float] = lambda pair: pair[0]  # noqa: E731

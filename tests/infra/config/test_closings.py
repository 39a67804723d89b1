"""The file of closings is part of the dated rules, beside sources and trust rules."""

from datetime import UTC, datetime

from infra.config.closings import closings_file
from infra.config.settings import Settings
from infra.config.sources import append, dated_rules, writing
from schemas.closings import ClosingEntry
from schemas.sources import SourceEntry

START = datetime(2026, 6, 1, 20, tzinfo=UTC)


def test_dated_rules_hold_closings_and_sources(tmp_path):
    settings = Settings(home=tmp_path)
    closing, source = ClosingEntry("eu", START, "closed"), SourceEntry("web", START, "01" * 32)
    with closings_file(settings).locked():
        closings_file(settings).append([("closing", closing)])
    with writing(settings):
        append(settings, [source])
    found = dated_rules(settings)
    assert (found.closings.entries, found.sources.sources) == ((closing,), (source,))

"""Files of dated entries: private, appended to, and read back as they were written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config.closings import closings_file, read_closings
from infra.config.dated_file import DatedFile
from infra.config.settings import Settings
from infra.config.sources import RulesInForce
from operators.core.errors import TerminalError
from schemas.closings import ClosingEntry, parse_closings
from schemas.texts import text_fault

START = datetime(2026, 6, 1, 20, tzinfo=UTC)


def entry(**fields) -> ClosingEntry:
    return ClosingEntry("eu", START, "closed", **fields)


@given(why=st.text(max_size=300).filter(lambda text: not text_fault(text)))
def test_any_text_comes_back(why, tmp_path_factory):
    path = tmp_path_factory.mktemp("dated") / "closings.toml"
    file = DatedFile(path, "TUTTI_X", "# Head.\n", parse_closings)
    with file.locked() as known:
        assert known.entries == ()
        file.append([("closing", entry(why=why))])
    assert file.read().entries == (entry(why=why),)
    assert path.read_text().startswith("# Head.\n")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_it_holds_stays_when_an_entry_is_not_valid(tmp_path):
    file = closings_file(Settings(home=tmp_path))
    with file.locked():
        file.append([("closing", entry())])
        before = file.path.read_bytes()
        with pytest.raises(TerminalError, match=r"TUTTI_CLOSINGS_FILE.*closing 2"):
            file.append([("closing", entry(grace_seconds=-1))])
    assert file.path.read_bytes() == before


def test_without_a_file_nothing_is_closed_and_a_named_one_must_be_there(tmp_path):
    assert read_closings(Settings(home=tmp_path)).entries == ()
    with pytest.raises(TerminalError, match="cannot be read"):
        read_closings(Settings(home=tmp_path, closings_file=tmp_path / "none.toml"))


def test_services_see_a_closing_without_a_restart(tmp_path):
    settings = Settings(home=tmp_path)
    in_force = RulesInForce(settings)
    assert not in_force.renewed()
    file = closings_file(settings)
    with file.locked():
        file.append([("closing", entry())])
    assert in_force.renewed()
    assert in_force.rules.closings.entries == (entry(),)
    assert not in_force.renewed()

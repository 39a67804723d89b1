"""The longest walk from a vote to a published number is as `docs/explain/vote-life.md` says."""

import re

import pytest
from places import CHECKOUT

PAGE = (CHECKOUT / "docs" / "explain" / "vote-life.md").read_text()
ROWS = re.findall(r"^\| \d+ \| `([^`]+)` \| .* \| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("file", "code"), ROWS, ids=[file for file, _ in ROWS])
def test_the_code_that_leads_on_stands_in_the_file(file: str, code: str) -> None:
    assert code in (CHECKOUT / file).read_text()


def test_the_walk_goes_from_intake_to_the_formula_in_eleven_files() -> None:
    files = [file for file, _ in ROWS]
    assert files[0] == "pipelines/intake/intake.py"
    assert files[-1] == "operators/core/scores/agreement.py"
    assert len(set(files)) == len(files) == 11
    assert "eleven files" in PAGE

"""No function that analysts may call has work that outgrows its arguments, but those listed here.

The engine looks at the clock between blocks of rows, never within a call. What takes the square of
a text's length takes a tenth of a second for a text that somebody has written, and hours for one
that `repeat` makes. The sweep takes its names from the engine, so a new version's are measured too.
"""

import json
import subprocess
import sys
from typing import Final

import pytest
import single_calls
from places import CHECKOUT

from infra.chdb_http.policy.allowlist import COSTLY

SHARE: Final = 2
"""A call outgrows its arguments if it takes more than half of what edit distance takes: other
calls take a quarter of that at most, and most of them a twentieth, on every machine."""

_SEARCH: Final = (
    "countMatchesCaseInsensitive", "countSubstringsCaseInsensitive",
    "countSubstringsCaseInsensitiveUTF8", "hasTokenCaseInsensitive",
    "hasTokenCaseInsensitiveOrNull", "highlight", "ilike", "matchCaseInsensitive",
    "multiSearchAllPositionsCaseInsensitive", "multiSearchAllPositionsCaseInsensitiveUTF8",
    "multiSearchAnyCaseInsensitive", "multiSearchAnyCaseInsensitiveUTF8",
    "multiSearchFirstIndexCaseInsensitive", "multiSearchFirstIndexCaseInsensitiveUTF8",
    "multiSearchFirstPositionCaseInsensitive", "multiSearchFirstPositionCaseInsensitiveUTF8",
    "notILike", "notMatchCaseInsensitive", "positionCaseInsensitive",
    "positionCaseInsensitiveUTF8", "replaceRegexpAll", "replaceRegexpOne",
)  # fmt: skip
OPEN: Final[dict[str, str]] = {
    **dict.fromkeys(_SEARCH, "texts are searched; only a pattern that nearly occurs takes long"),
    "hasAll": "compares each with each; whether a list holds some others is an ordinary question",
    "replicate": "writes as much as it takes time for, and the memory of a query bounds that",
    "kolmogorovSmirnovTest": "an aggregate, which arrayReduce and types name by a string as well",
}
"""Function → why analysts may call it all the same."""


def test_nothing_is_both_closed_and_open():
    assert OPEN.keys().isdisjoint(COSTLY)


@pytest.mark.prove  # it compares times: nothing that a busy machine should decide
def test_what_outgrows_its_arguments_is_closed_or_has_a_reason(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "single_calls", str(tmp_path)],
        cwd=CHECKOUT / "tests",
        env={"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'tests'}"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, lines[-1]
    calls = list(zip(lines[::2], lines[1::2], strict=True))
    (first, _), reference = calls[0]
    assert first == single_calls.REFERENCE
    outgrown = {name: sql for (name, sql), cost in calls[1:] if cost * SHARE > reference}
    assert outgrown.keys() <= OPEN.keys(), {n: s for n, s in outgrown.items() if n not in OPEN}
    assert len({name for (name, _), _ in calls}) > 600

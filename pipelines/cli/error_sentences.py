"""What went wrong, as the sentences that a person reads: the one place for all commands.

An exception of a library can only come where its library has been imported, so this module imports
none: it looks at what is there.
"""

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from operators.core.errors import TuttiError
from operators.core.printable import visible

if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWER: Final = re.compile(r"Code: \d+\. DB::Exception: (?P<text>.*)", re.DOTALL)
_NAME: Final = re.compile(r"\((?P<name>[A-Z][A-Z0-9_]+)\)[^()]*$")
_REPEATED: Final = (
    re.compile(r"\s*\(for url [^)]*\)\s*$"),
    re.compile(r"\s*\(version [^)]*\)"),
    # The statement again, and the grammar where ClickHouse lists half of it.
    re.compile(r"[.:]? In scope .*(?=\([A-Z][A-Z0-9_]+\)\s*$)", re.DOTALL),
    re.compile(r"\.? Expected one of: (?:[^,]*,){4}.*(?=\([A-Z][A-Z0-9_]+\)\s*$)", re.DOTALL),
)


def sentences(error: Exception) -> list[str]:
    """What to tell a person; none if this is a defect, which shows itself by its traceback."""
    if isinstance(error, TuttiError):
        return [str(error)]
    if _is(error, "pydantic_core", lambda library: library.ValidationError):
        return _settings(error)
    if _is(error, "infra.clickhouse.client", lambda client: client.UNAVAILABLE):
        return [str(sys.modules["infra.clickhouse.client"].ClickHouseUnavailableError())]
    if _is(error, "infra.clickhouse.client", lambda client: client.ERRORS):
        return [f"ClickHouse refused the query: {clickhouse_says(str(error))}"]
    return []


def complain(sentence: str) -> None:
    """Say on standard error what is wrong; texts of strangers cannot steer the terminal."""
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    word = "\x1b[1;31merror:\x1b[0m" if colours else "error:"
    sys.stderr.write(f"{word} {visible(sentence)}\n")


def clickhouse_says(text: str) -> str:
    """ClickHouse's own sentence, once: without our statement, addresses and numbers around it.

    >>> clickhouse_says(
    ...     "Received ClickHouse exception, code: 60, server response: Code: 60. DB::Exception:"
    ...     " Unknown table expression identifier 'nowhere'. In scope SELECT 1 FROM nowhere."
    ...     " (UNKNOWN_TABLE) (for url http://127.0.0.1:18102)"
    ... )
    "Unknown table expression identifier 'nowhere' (UNKNOWN_TABLE)"
    """
    found = _ANSWER.search(text)
    sentence = found["text"] if found else text
    for repeated in _REPEATED:
        sentence = repeated.sub(" ", sentence).strip()
    name = _NAME.search(sentence)
    if name is None:
        return sentence
    # Of an exception within another the name stands twice.
    sentence = re.sub(rf"(?:[ .:]|\({name['name']}\))+$", "", sentence[: name.start()])
    return f"{sentence} ({name['name']})"


def _is(error: Exception, module: str, kinds: "Callable[[Any], Any]") -> bool:
    imported = sys.modules.get(module)
    return imported is not None and isinstance(error, kinds(imported))


def _settings(error: Any) -> list[str]:
    """Each setting at fault by its name, never with its value."""
    return [
        " ".join(
            [
                *(f"TUTTI_{place}".upper() for place in fault["loc"][:1]),
                fault["msg"].removeprefix("Value error, "),
            ]
        )
        for fault in error.errors(include_input=False, include_url=False)
    ]

"""What one call of each function costs, measured in a process that may be killed for it.

`python -m single_calls FOLDER` opens an engine there, calls every function that analysts may call
with long texts and lists, and prints what each call costs, one JSON line a call.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.chdb_http import engine_config, limits
from infra.chdb_http.engine import Engine
from infra.chdb_http.policy import allowlist
from infra.chdb_http.policy.functions import read_functions

SIZE: Final = 12_000
"""Characters or elements: what grows with their square takes a tenth of a second, what grows with
their number less than a hundredth."""
REFERENCE: Final = "editDistance"
"""Fills a table of as many cells as one text has characters, times those of the other."""
KILLED_S: Final = 20
"""CPU time after which nothing waits for a call any longer."""

_TEXT: Final = f"repeat('ab', {SIZE // 2})"
_OTHER: Final = f"repeat('ba', {SIZE // 2})"
_SAME: Final = f"repeat('a', {SIZE})"
_NEARLY: Final = f"concat(repeat('a', {SIZE // 2}), 'b', repeat('a', {SIZE // 8}))"
_LIST: Final = f"range({SIZE})"
_BACKWARDS: Final = f"arrayReverse({_LIST})"
_FRACTIONS: Final = f"arrayMap(x -> x * 1.5, {_LIST})"
_TEXTS: Final = f"arrayMap(x -> toString(x), {_LIST})"
_MAP: Final = f"mapFromArrays({_LIST}, {_BACKWARDS})"
_POINTS: Final = f"arrayMap(x -> (cos(x), sin(x)), {_LIST})"
_TRIANGLE: Final = "[[[(0., 0.), (0., 1.), (1., 1.)]]]"
SCALAR: Final = (
    _TEXT, f"concat('http://a/', repeat('a/', {SIZE // 2}))", f"{_TEXT}, {_OTHER}",
    f"{_SAME}, repeat('b', {SIZE})", f"{_SAME}, {_NEARLY}", f"{_SAME}, {_NEARLY}, 'x'",
    f"{_SAME}, [{_NEARLY}]", f"{_TEXT}, {_TEXTS}", _FRACTIONS, f"{_LIST}, {_BACKWARDS}",
    f"{_TEXTS}, {_TEXTS}",
    f"(a, x) -> a + x, {_LIST}, 0::Int64", f"(x, y) -> x < y, {_LIST}, {_BACKWARDS}",
    f"{_MAP}, {_MAP}", f"{_TRIANGLE}, [[{_POINTS}]]",
)  # fmt: skip
"""Arguments; where they are none of a function's, the engine says so at once."""
AGGREGATE: Final = (
    "(number)", "(number, number)", "([number])", "('two-sided', 'exact')(number * 1., number % 2)",
    "(1000)(number)",
    "(1000000)(toDateTime(number), number % 2 = 0, number % 3 = 0)",
)  # fmt: skip


NUMBERS: Final = (
    "Arithmetic", "Bit", "Comparison", "Conditional", "Dates and Times", "Financial", "Logical",
    "Mathematical", "Null", "Random Number", "Rounding", "Time Window", "Type Conversion", "UUID",
)  # fmt: skip
"""Categories of functions whose arguments have a fixed size."""


def statements(engine: Engine) -> Iterator[tuple[str, str]]:
    """Function and statement, the reference first."""
    yield REFERENCE, f"SELECT ignore({REFERENCE}({_TEXT}, {_OTHER}))"
    functions = read_functions(engine, allowlist.CATEGORIES, allowlist.SINGLE, allowlist.COSTLY)
    for name, aggregate in engine.rows(
        "SELECT name, toString(is_aggregate) FROM system.functions"
        " WHERE origin = 'System' AND alias_to = ''"
        f" AND NOT arrayExists(kind -> kind IN {NUMBERS}, splitByString(', ', categories))"
        " ORDER BY name"
    ):
        if not functions.admits(name):
            continue
        for arguments in AGGREGATE if aggregate == "1" else SCALAR:
            if aggregate == "1":
                yield name, f"SELECT {name}{arguments} FROM numbers({SIZE})"
            else:
                yield name, f"SELECT ignore({name}({arguments}))"


def tell(value: object) -> None:
    """Print a value so that it is read even if the next call kills this process."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """Measure."""
    engine_config.write(folder / "engine.xml", 2048, folder)
    engine = Engine(folder / "data", folder / "engine.xml")
    settings = limits.analysts(2048, ["marts"]).settings | {"max_execution_time": "0"}
    with engine.connection(settings) as connection:
        for name, sql in statements(engine):
            tell([name, sql])
            before = time.process_time()
            killed = int(before) + KILLED_S, resource.RLIM_INFINITY
            resource.setrlimit(resource.RLIMIT_CPU, killed)
            try:
                connection.query(sql, "Null")
            except RuntimeError as error:
                if "memory limit exceeded" not in str(error):
                    tell(0.0)
                    continue
            tell(time.process_time() - before)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

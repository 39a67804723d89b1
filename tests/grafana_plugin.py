"""What Grafana and its ClickHouse plugin do to a query before it is sent.

Variables as in the formats of `@grafana/scenes` (percentencode), macros as in the plugin's
`pkg/macros`. Both are written here after their source; Grafana itself runs in no test.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

FROM_S, TO_S, INTERVAL_S = 1_780_000_000, 1_780_007_200, 60

MACRO = re.compile(r"\$__(\w+)(?:\(([\w.]*)\))?")
"""An argument is a plain name: older versions of the plugin end it at the first parenthesis."""
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)(\w+)|\[\[(\w+)")


def percent_encoded(value: str | Sequence[str]) -> str:
    """A value as the format `percentencode` writes it; several in braces, with commas between."""
    text = value if isinstance(value, str) else "{" + ",".join(value) + "}"
    return quote(text, safe="-_.~")


def with_variables(sql: str, values: dict[str, str | Sequence[str]]) -> str:
    """The query with its variables; only the format that is safe within quotes is known here."""

    def value(found: re.Match[str]) -> str:
        assert found[2] == "percentencode", f"{found[0]} is not escaped"
        return percent_encoded(values[found[1]])

    return VARIABLE.sub(value, sql)


def with_macros(sql: str, start: int = FROM_S, end: int = TO_S, interval: int = INTERVAL_S) -> str:
    """The query with its macros expanded; times in seconds since 1970.

    Raises:
        KeyError: The plugin has no such macro.
    """
    first, last = f"toDateTime({start})", f"toDateTime({end})"
    macros = {
        "fromTime": lambda _: first,
        "toTime": lambda _: last,
        "timeFilter": lambda column: f"{column} >= {first} AND {column} <= {last}",
        "timeInterval": lambda column: (
            f"toStartOfInterval(toDateTime({column}), INTERVAL {interval} second)"
        ),
        "interval_s": lambda _: str(interval),
    }
    return MACRO.sub(lambda found: macros[found[1]](found[2]), sql)

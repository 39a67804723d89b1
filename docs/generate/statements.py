"""What statements on ClickHouse's ports may use, from ``infra/chdb_http/policy``."""

from collections.abc import Iterable

from docs.generate.markdown import code, table
from infra.chdb_http.policy import allowlist, operator_allowlist

_TEST = "test_every_other_{}_of_the_engine_is_closed"


def allowed_on_every_port() -> str:
    """Table functions, engines and kinds of functions, all others being refused."""
    rows = {
        "table functions": (operator_allowlist.TABLE_FUNCTIONS, _TEST.format("table_function")),
        "engines of tables": (
            operator_allowlist.TABLE_ENGINES,
            "test_every_other_engine_is_closed",
        ),
        "engines of databases": (
            operator_allowlist.DATABASE_ENGINES,
            "test_every_other_engine_is_closed",
        ),
        "functions of the kinds": (
            operator_allowlist.CATEGORIES,
            _TEST.format("function"),
        ),
        "other functions": (operator_allowlist.SINGLE, _TEST.format("function")),
        "`ALTER` with": (
            operator_allowlist.ALTER_VERBS,
            "test_a_hostile_statement_is_refused_on_every_port",
        ),
    }
    return table(
        ["what", "allowed", "test"],
        ([what, _listed(names), code(test)] for what, (names, test) in rows.items()),
    )


def allowed_to_analysts() -> str:
    """What analysts may use, and the settings that they may choose."""
    numbers = [
        f"`{name}` ({least} to {greatest:,})"
        for name, (least, greatest) in sorted(allowlist.NUMBER_SETTINGS.items())
    ]
    lowered = allowlist.LOWERED_SETTINGS | allowlist.UNLIMITED_SETTINGS.keys()
    closed = _listed(allowlist.COSTLY)
    attempts, chosen = (
        "test_an_attempt_is_refused_and_harms_nothing",
        "test_every_other_setting_of_the_engine_is_refused",
    )
    rows = [
        ["tables of `system`", _listed(allowlist.SYSTEM_TABLES), attempts],
        ["table functions", _listed(allowlist.TABLE_FUNCTIONS), attempts],
        [
            "functions",
            f"those of the list above that read their arguments only, without {closed}",
            "test_what_does_not_end_is_closed",
        ],
        ["settings: a limit, lower than ours", _listed(lowered), chosen],
        ["settings: a number within bounds", ", ".join(numbers), chosen],
        [
            "settings: any value that the engine takes",
            _listed(allowlist.SHAPING_SETTINGS),
            chosen,
        ],
        [
            "settings: 0 or 1",
            f"{_listed(allowlist.SWITCH_SETTINGS)}, and the switches of `output_format_`",
            chosen,
        ],
        [
            f"settings: at most {allowlist.MAX_TEXT_SETTING} characters",
            _listed(allowlist.TEXT_SETTINGS),
            chosen,
        ],
    ]
    return table(["what", "allowed", "test"], ([*row[:2], code(row[2])] for row in rows))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in sorted(names, key=lambda name: (name.lower(), name)))

"""The views that people query, from their files, and the data dictionary."""

from clickhouse_connect.driver.client import Client

from docs.generate.markdown import anchor, code, table
from infra.clickhouse.views import FROM_THE_SAME_FILE, view, view_names

_MOMENT = "(at = now64(3))"
"""A view as of a past moment is asked with one, also for its columns."""


def views(database: str) -> str:
    """The views of a database, each with what it shows."""
    return table(
        ["view", "what it shows"],
        (
            [f"[{code(name)}](dictionary.md#{anchor(_call(name))})", _about(name)]
            for name in sorted(view_names())
            if name.startswith(f"{database}.")
        ),
    )


def _about(name: str) -> str:
    if name in FROM_THE_SAME_FILE:
        return f"The same as {code(name.removesuffix('_at'))}, as of a past moment."
    return view(name).comment


def dictionary(clickhouse: Client) -> str:
    """Every view and column that analysts see, with the engine's types.

    The meanings are those of the views' files. The engine has them too, but shows none for columns
    of a view that is asked with a moment.

    Args:
        clickhouse: Of this version, with or without data.
    """
    shown = [name for name in view_names() if name.partition(".")[0] in {"marts", "open"}]
    return "\n".join(_section(clickhouse, name) for name in sorted(shown))


def _section(clickhouse: Client, name: str) -> str:
    told = view(name)
    columns = clickhouse.query(f"DESCRIBE {name}{_MOMENT if name.endswith('_at') else ''}")
    rows = ([code(column), told.columns[column], kind] for column, kind, *_ in columns.result_rows)
    listed = table(["column", "meaning", "type"], rows)
    return f"## {_call(name)}\n\n{told.comment}\n\n{listed}"


def _call(name: str) -> str:
    return f"{name}(at = …)" if name.endswith("_at") else name

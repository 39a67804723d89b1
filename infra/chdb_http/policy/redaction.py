"""Hide from analysts where this machine keeps its data; show which settings they may choose.

The engine has no grants for columns, so a table of the system that shows paths is replaced, in the
statement that was checked, by the same table without them. For the engine every setting is
read-only, and clients that ask do not even send those that this server takes.
"""

import re

from infra.chdb_http.policy import allowlist
from infra.chdb_http.statement import Token, tokens

_CHOSEN = ", ".join(f"'{name}'" for name in sorted(allowlist.CHOSEN_SETTINGS))
_SHOWN = {
    b"settings": (
        f"toUInt8(name NOT IN ({_CHOSEN}) AND NOT (type = 'Bool'"
        " AND startsWith(name, 'output_format_'))) AS readonly"
    ).encode(),
    b"databases": b"'' AS data_path, '' AS metadata_path",
    b"tables": b"emptyArrayString() AS data_paths, '' AS metadata_path",
}
# They take the name of a table, and no subquery; they do not show its rows.
_NAMES_ONLY = frozenset({b"EXISTS", b"SHOW"})
# Without these words a statement uses only columns that it names: `nullIn(x, system.databases)`.
_ALL_COLUMNS = re.compile(rb"\*|COLUMNS|(GLOBAL)?(NOT)?(NULL)?IN(IGNORESET)?(?<!^IN)")


def without_paths(sql: str) -> str:
    """The statement, as the engine writes it, with `system.databases` and others replaced.

    A statement that cannot show a path stays as it is: a subquery has no name of a database, by
    which JDBC joins these tables.

    >>> without_paths("SELECT * FROM system.databases AS d")
    "SELECT * FROM (SELECT * REPLACE ('' AS data_path, '' AS metadata_path) \
FROM system.databases) AS d"
    >>> without_paths("SELECT d.name FROM system.databases AS d")
    'SELECT d.name FROM system.databases AS d'
    """
    raw = sql.encode()
    found = list(tokens(raw))
    if found and found[0].text in _NAMES_ONLY:
        return sql
    shows = any(
        _ALL_COLUMNS.fullmatch(token.text)
        or b"path" in raw[token.start : token.end]
        or token.text == b"READONLY"
        for token in found
    )
    out, copied = bytearray(), 0
    for index in range(len(found) - 2):
        database, dot, table = found[index : index + 3]
        names = raw[database.start : database.end], dot.text, raw[table.start : table.end]
        after = found[index + 3].text if index + 3 < len(found) else b""
        before = found[index - 1].text if index else b""
        shown = _SHOWN.get(names[2].strip(b'`"'))
        if names[0].strip(b'`"') != b"system" or names[1] != b"." or before == b"." or not shown:
            continue
        compared = _is_compared(found[:index])  # `x IN system.databases`: with all its columns
        if not shows and not compared:
            continue
        out += raw[copied : database.start]
        if after == b".":  # a column, with the table's name before it
            out += names[2]
        else:
            source = raw[database.start : table.end]
            out += b"(SELECT * REPLACE (" + shown + b") FROM " + source + b")"
            if after != b"AS" and not compared:
                out += b" AS " + names[2]
        copied = table.end
    return (out + raw[copied:]).decode()


def _is_compared(before: list[Token]) -> bool:
    words = [token.text for token in before[-2:]]
    return words[-1:] == [b"IN"] or words == [b"IN", b"("]

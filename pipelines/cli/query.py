"""``tutti query``: one statement of an analyst."""

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from operators.core.errors import TerminalError
from operators.core.printable import visible
from pipelines.cli.installation import clickhouse

FOR_PEOPLE: Final = "PrettyCompact"
"""The format of an answer where neither the statement nor an option names one."""

_FORMAT: Final = re.compile(r"[A-Za-z0-9_]+")
_PARAMETER: Final = re.compile(r"\{(?P<name>\w+):\s*(?P<kind>\w+)[^}]*\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NESTED: Final = frozenset({"Array", "Map", "Tuple"})
"""Types whose values ClickHouse reads as literals; of the others it undoes escapes first."""
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n"})
_DRAWN: Final = re.compile(rb"\s*(?:\d+\. )?(?:\xe2\x94|\xe2\x95|\+-)|Row 1:\n")
"""How the formats for people begin: with a frame, or with ``Row 1``."""


def query(
    sql: Annotated[str, typer.Argument(help="One statement; read-only.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Any ClickHouse format, e.g. JSONEachRow; FORMAT in the statement does it too.",
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", help="name=value, for {name:Type} in the statement."),
    ] = None,
) -> None:
    """Query ClickHouse as an analyst does, at the read-only address."""
    named = dict(_named(parameter) for parameter in parameters or [])
    if form is not None and not _FORMAT.fullmatch(form):
        raise TerminalError(f"--format {form}: it has letters and digits, e.g. JSONEachRow.")
    analysts = clickhouse(analyst=True)
    from infra.clickhouse.client import pieces

    answer = analysts.raw_stream(
        sql,
        parameters=_values(sql, named) or None,
        # As a header it gives way to a FORMAT in the statement, wherever that stands.
        transport_settings={"X-ClickHouse-Format": form or FOR_PEOPLE},
    )
    with answer:
        whole = b"".join(pieces(answer))
    _write(whole)


@dataclass(frozen=True, slots=True)
class _Value:
    """What the client sends as it is; to a plain text it would add escapes of its own."""

    text: str

    def __str__(self) -> str:
        return self.text


def _values(sql: str, named: dict[str, str]) -> dict[str, _Value]:
    """The values of the statement's parameters, as its types have them read.

    Of a statement without parameters there are none: the client would put values in place of
    per cent signs.
    """
    kinds = {found["name"]: found["kind"] for found in _PARAMETER.finditer(sql)}
    return {
        name: _Value(value if kinds[name] in _NESTED else value.translate(_ESCAPES))
        for name, value in named.items()
        if name in kinds
    }


def _write(answer: bytes) -> None:
    """To programs as it is; to people so that no text in it can steer the terminal."""
    if sys.stdout.isatty() or _DRAWN.match(answer):
        answer = visible(answer.decode(errors="backslashreplace")).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()


def _named(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not _NAME.fullmatch(name) or not equals:
        raise TerminalError(
            f"--param {parameter}: write name=value, e.g. consultation=cities-2026."
        )
    return name, value

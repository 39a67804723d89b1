"""Marks of protections in the code, and what takes a marked piece away.

A comment ``# protects: NAME`` stands on a line of its own before the Python that keeps numbers
right: a statement, an ``except`` clause, an argument or an entry of a dictionary. In SQL, also in
SQL within Python, it is ``-- protects: NAME``, and the piece is the next line.

A `Change` says what stands in the piece's stead. Most ask for a kind of Python only, so they
outlive every renaming; `replaced` names words of the piece, and few.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines")
MARK = re.compile(r"^[ \t]*(#|--) protects: (.+)$", re.MULTILINE)


class MarkError(ValueError):
    """A mark is missing, stands twice, or its piece is not what the change is made for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one mark protects.

    Attributes:
        text: Its source.
        node: Its Python; None in SQL.
        parts: Python's nodes below it → where they lie in `text`.
    """

    text: str
    node: ast.AST | None
    parts: dict[ast.AST, slice]

    def with_part(self, part: ast.AST, text: str) -> str:
        """The piece with other source in the place of one of its nodes."""
        at = self.parts[part]
        return self.text[: at.start] + text + self.text[at.stop :]


Change = Callable[[Piece], str]


def gone(piece: Piece) -> str:
    """Without the statement."""
    if not isinstance(piece.node, ast.stmt):
        raise MarkError("the mark stands before no statement")
    return "pass"


def never(piece: Piece) -> str:
    """With a condition that is never true."""
    return _with_condition(piece, "False")


def always(piece: Piece) -> str:
    """With a condition that is always true."""
    return _with_condition(piece, "True")


def uncaught(piece: Piece) -> str:
    """With an ``except`` that catches what never happens."""
    if not isinstance(piece.node, ast.ExceptHandler) or piece.node.type is None:
        raise MarkError("the mark stands before no except clause")
    return piece.with_part(piece.node.type, "ZeroDivisionError")


def assigned(value: str) -> Change:
    """With another value assigned."""

    def change(piece: Piece) -> str:
        if not isinstance(piece.node, ast.Assign | ast.AnnAssign) or piece.node.value is None:
            raise MarkError("the mark stands before no assignment")
        return piece.with_part(piece.node.value, value)

    return change


def called_with(argument: str) -> Change:
    """With one more argument of the outermost call."""

    def change(piece: Piece) -> str:
        calls = (node for node in piece.parts if isinstance(node, ast.Call))
        call = next(calls, None)
        if call is None or not (call.args or call.keywords):
            raise MarkError("the mark stands before no call with arguments")
        values = (*call.args, *(keyword.value for keyword in call.keywords))
        last = max(values, key=lambda value: piece.parts[value].stop)
        return piece.with_part(last, f"{piece.text[piece.parts[last]]}, {argument}")

    return change


def replaced(pattern: str, text: str) -> Change:
    """With other text for what matches, which must be there once."""

    def change(piece: Piece) -> str:
        found, count = re.subn(pattern, text, piece.text)
        if count != 1 or found == piece.text:
            raise MarkError(f"{pattern!r} is there {count} times in: {piece.text.strip()}")
        return found

    return change


def _with_condition(piece: Piece, condition: str) -> str:
    if not isinstance(piece.node, ast.If | ast.While):
        raise MarkError("the mark stands before no condition")
    return piece.with_part(piece.node.test, condition)


def marked_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Every mark of a tree, with its file."""
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*")):
            if file.suffix in {".py", ".sql"}:
                for _, name in MARK.findall(file.read_text()):
                    yield name, file


def file_of(root: Path, name: str) -> Path:
    """The file with a mark.

    Raises:
        MarkError: None has it, or it stands more than once.
    """
    files = [file for found, file in marked_files(root) if found == name]
    if len(files) != 1:
        raise MarkError(f"the mark of {name!r} stands {len(files)} times, not once")
    return files[0]


def changed(source: str, name: str, change: Change) -> str:
    """A source with a marked piece changed.

    Raises:
        MarkError: The mark is missing, or the piece behind it is of another kind.
    """
    mark = next((found for found in MARK.finditer(source) if found[2] == name), None)
    if mark is None:
        raise MarkError(f"no mark of {name!r}")
    start, stop, piece = _line(source, mark) if mark[1] == "--" else _python(source, mark)
    return source[:start] + change(piece) + source[stop:]


def _line(source: str, mark: re.Match[str]) -> tuple[int, int, Piece]:
    start = mark.end() + 1
    stop = source.find("\n", start)
    stop = len(source) if stop < 0 else stop
    return start, stop, Piece(source[start:stop], None, {})


def _python(source: str, mark: re.Match[str]) -> tuple[int, int, Piece]:
    """The largest node that begins where the code behind the mark does."""
    code = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[ \t]*").match(source, mark.end() + 1)
    begin = code.end() if code else mark.end()
    starts = [0, *(line.end() for line in re.finditer("\n", source))]

    def span(node: ast.AST) -> slice:
        return slice(
            _offset(source, starts, node.lineno, node.col_offset),
            _offset(source, starts, node.end_lineno, node.end_col_offset),
        )

    tree = ast.parse(source)
    values = {
        key: value
        for entries in ast.walk(tree)
        if isinstance(entries, ast.Dict)
        for key, value in zip(entries.keys, entries.values, strict=True)
    }
    nodes = (node for node in ast.walk(tree) if hasattr(node, "lineno"))
    node = next((node for node in nodes if span(node).start == begin), None)
    if node is None:
        raise MarkError(f"the mark of {mark[2]!r} stands before no Python of its own line")
    start, stop = begin, span(values.get(node, node)).stop
    parts = {
        part: slice(span(part).start - start, span(part).stop - start)
        for part in ast.walk(node)
        if hasattr(part, "lineno")
    }
    return start, stop, Piece(source[start:stop], node, parts)


def _offset(source: str, starts: list[int], line: int, column: int) -> int:
    """Where in the text a node's position is: Python counts the bytes of a line."""
    start = starts[line - 1]
    stop = starts[line] if line < len(starts) else len(source)
    return start + len(source[start:stop].encode()[:column].decode())

"""The answers of the HTTP intake, from ``pipelines/http_intake/problems.py``."""

from docs.generate.markdown import code, table
from pipelines.http_intake.problems import PROBLEMS, URN


def http_answers() -> str:
    """Every kind of problem."""
    return table(
        ["status", "type", "meaning", "cure"],
        (
            [str(kind.status), code(URN + name), kind.title, kind.cure]
            for name, kind in sorted(PROBLEMS.items(), key=lambda row: row[1].status)
        ),
    )

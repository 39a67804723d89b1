"""The reasons of rejection with their cures, from ``schemas/rejections.py``."""

from docs.generate.markdown import code, table
from schemas.described import reasons
from schemas.rejections import ADVICE, REASONS
from schemas.topics import INPUT


def rejection_reasons() -> str:
    """Every reason."""
    return table(
        ["reason", "meaning", "cure", "of"],
        (
            [
                code(reason),
                ADVICE[reason].meaning,
                ADVICE[reason].cure,
                ", ".join(kind for kind in INPUT if reason in reasons(kind)),
            ]
            for reason in REASONS
        ),
    )

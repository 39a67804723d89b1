"""The settings, from the fields of `Settings`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from docs.generate.markdown import code, codes, table
from infra.config.folders import CHECKOUT
from infra.config.settings import Settings


def settings() -> str:
    """Every setting of an installation."""
    return table(
        ["setting", "meaning", "default", "permitted"],
        (
            [code(variable(name)), field.description or "", default(field), _permitted(field)]
            for name, field in Settings.model_fields.items()
        ),
    )


def variable(name: str) -> str:
    """The environment's name of a field."""
    return f"TUTTI_{name.upper()}"


def default(field: FieldInfo) -> str:
    """The value where none is set; a path as seen from the checkout."""
    value = field.default
    if isinstance(value, Path):
        value = value.relative_to(CHECKOUT)
    return "unset" if value is None else code(value)


def _permitted(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return codes(get_args(field.annotation))
    low, high = (dict(_bounds(field)).get(kind) for kind in (Ge, Le))
    if low is None:
        return ""
    return f"from {low} up" if high is None else f"{low} to {high}"


def _bounds(field: FieldInfo) -> Iterator[tuple[Any, Any]]:
    for rule in field.metadata:
        if isinstance(rule, Ge):
            yield Ge, rule.ge
        elif isinstance(rule, Le):
            yield Le, rule.le

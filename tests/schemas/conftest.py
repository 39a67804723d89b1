"""The published schemas, read as ECMA-262 reads them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

JSON_SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "json"


def _ecma_pattern(
    _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    # Python's `$` also matches before a final newline; that of ECMA-262 does not.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("does not match")


EcmaValidator = extend(Draft202012Validator, {"pattern": _ecma_pattern})


@pytest.fixture(scope="session")
def published() -> Callable[[str], Draft202012Validator]:
    """The validator of an event such as ``accepted-vote``."""

    def load(name: str) -> Draft202012Validator:
        path = JSON_SCHEMAS / f"{name}.schema.json"
        return EcmaValidator(json.loads(path.read_text("utf-8")))

    return load

"""The golden examples beside the schemas decode, or are refused for the reason in their name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas.events import Kind
from schemas.rejections import OF_SETTINGS, REASONS, Rejection
from schemas.rules import VALIDATORS

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"
SCHEMAS = EXAMPLES.parent / "json"
KINDS: dict[str, Kind] = {
    "vote": "votes",
    "proposal": "proposals",
    "consultation": "consultations",
}
BROKER_MS = 1_748_736_000_000  # 2025-06-01
BEYOND_SCHEMAS = {"future_time", "duplicate_country", "too_deep", "60.0", "weights-without-end"}

Published = Callable[[str], Draft202012Validator]


def _name(path: Path) -> str:
    return str(path.relative_to(EXAMPLES))


def _inputs(folder: str) -> list[Path]:
    return sorted(path for event in KINDS for path in EXAMPLES.glob(f"{event}/{folder}/*"))


def test_every_schema_has_a_valid_example() -> None:
    names = {path.name.removesuffix(".schema.json") for path in SCHEMAS.iterdir()}
    assert {path.parts[-3] for path in EXAMPLES.glob("*/valid/*.json")} == names
    assert {path.name for path in EXAMPLES.iterdir()} == names


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/valid/*")), ids=_name)
def test_a_valid_example_fits_its_schema(path: Path, published: Published) -> None:
    published(path.parts[-3]).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", _inputs("valid"), ids=_name)
def test_a_valid_example_is_accepted(path: Path) -> None:
    verdict = VALIDATORS[KINDS[path.parts[-3]]](path.read_bytes(), BROKER_MS)
    assert not isinstance(verdict, Rejection)


@pytest.mark.parametrize("path", _inputs("invalid"), ids=_name)
def test_an_invalid_example_is_refused_for_the_reason_in_its_name(path: Path) -> None:
    verdict = VALIDATORS[KINDS[path.parts[-3]]](path.read_bytes(), BROKER_MS)
    assert isinstance(verdict, Rejection)
    assert verdict.reason == path.name.partition("--")[0]


@pytest.mark.parametrize(
    "path",
    [path for path in _inputs("invalid") if not any(word in path.name for word in BEYOND_SCHEMAS)],
    ids=_name,
)
def test_an_invalid_example_does_not_fit_its_schema(path: Path, published: Published) -> None:
    reason = path.name.partition("--")[0]
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        assert reason in {"not_json", "empty"}
        return
    if reason != "not_json":  # Python reads NaN and lone surrogates, which are no JSON
        assert not published(path.parts[-3]).is_valid(value)


def test_every_reason_has_an_example() -> None:
    assert {path.name.partition("--")[0] for path in _inputs("invalid")} == set(
        REASONS
    ) - OF_SETTINGS.keys()

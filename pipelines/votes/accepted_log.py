"""The log of accepted votes: whether everything can be counted again from it."""

from collections.abc import Callable

from infra.config.settings import Settings
from infra.kafka import client as kafka
from schemas.topics import ACCEPTED_VOTES

Watermarks = dict[int, tuple[int, int]]
"""Partition → first offset and end offset."""


def reaches_back(settings: Settings) -> bool:
    """Whether accepted votes reach back to their start."""
    reader = kafka.consumer(settings, "tutti-votes-epochs")
    try:
        return all_from_zero(lambda: kafka.watermarks(reader, ACCEPTED_VOTES))
    finally:
        reader.close()


def all_from_zero(watermarks: Callable[[], Watermarks]) -> bool:
    """Whether every partition begins at offset 0."""
    return all(first == 0 for first, _ in watermarks().values())

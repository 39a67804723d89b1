"""Verdicts on statements that come again and again, such as the sink's inserts."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Verdict = TypeVar("Verdict")

_STATEMENTS = 1024
# A longer statement is checked every time.
_CHARACTERS = 4096


class VerdictCache(Generic[Verdict]):
    """What runs in place of statements that were admitted, the newest of them.

    Refusals are not kept: they are rare, and their reasons name what was asked.
    """

    def __init__(self) -> None:
        self._admitted = OrderedDict[Hashable, Verdict]()
        self._lock = Lock()

    def get(self, key: Hashable) -> Verdict | None:
        """What runs, if the statement was admitted before."""
        with self._lock:
            if key in self._admitted:
                self._admitted.move_to_end(key)
            return self._admitted.get(key)

    def put(self, key: Hashable, statement: bytes, admitted: Verdict) -> None:
        """Keep that a statement was admitted."""
        if len(statement) > _CHARACTERS:
            return
        with self._lock:
            self._admitted[key] = admitted
            if len(self._admitted) > _STATEMENTS:
                self._admitted.popitem(last=False)

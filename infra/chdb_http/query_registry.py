"""The queries that run or wait, by the id that their client gave them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.chdb_http.errors import refusal

_SAME_ID = 216


@dataclass(slots=True)
class RunningQuery:
    """One query: its task, and whether it was cancelled by a `KILL QUERY`."""

    task: asyncio.Task[None]
    killed: bool = False


class QueryRegistry:
    """The queries of one port."""

    def __init__(self) -> None:
        self._queries = dict[str, RunningQuery]()

    @contextmanager
    def register(self, query_id: str, task: asyncio.Task[None]) -> Iterator[RunningQuery]:
        """Hold the id while its query runs.

        Raises:
            QueryError: another query has this id.
        """
        if query_id in self._queries:
            raise refusal(
                _SAME_ID,
                f"Query with id = {query_id} is already running.",
                "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
            )
        query = self._queries[query_id] = RunningQuery(task)
        try:
            yield query
        finally:
            del self._queries[query_id]

    async def kill(self, query_id: str) -> bool:
        """Cancel this query and wait for its end; whether there was one."""
        query = self._queries.get(query_id)
        if query is None:
            return False
        query.killed = True
        query.task.cancel()
        await asyncio.wait({query.task})
        return True

    def cancel_all(self) -> None:
        """Cancel every query."""
        for query in self._queries.values():
            query.task.cancel()

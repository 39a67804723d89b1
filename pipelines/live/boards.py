"""What is shown, read once for all viewers: ClickHouse's work does not grow with their number.

Everything that was read belongs to an *edition*. A new one begins when `open` was renewed, and
after a while in any case, because moderation changes texts at any time. Who asks for something that
the edition does not hold yet starts the one reading of it; all others wait for the same.
"""

import asyncio
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, cast

import msgspec
import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse import open_boards
from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError
from infra.clickhouse.open_boards import (
    Added,
    PublicCluster,
    PublicConsultation,
    PublicCountry,
    PublicProposal,
)
from infra.service.metrics import LIVE_READS
from operators.core.errors import TerminalError, TransientError

READERS: Final = 2
"""Statements at a time: as many as the analysts' address runs."""
MAX_WAITING: Final = 24
"""Readings that may wait; more are refused, because the analysts' address would refuse them."""
MAX_KEPT: Final = 256
"""Readings that are kept, boards and single proposals together."""

log = structlog.get_logger()


class NotPublishedError(TerminalError):
    """`open` holds nothing of that name, or held nothing at that time."""


class TooBusyError(TransientError):
    """More is asked for than can be read at the moment."""


class NothingReadError(TransientError):
    """ClickHouse does not answer, and nothing is known from before."""


@dataclass(frozen=True)
class PublicBoard:
    """A consultation as `open` shows it, now or at a past publication.

    Attributes:
        consultation: Its title and counts, of now.
        proposals: The accepted ones, first of the board first.
        clusters: Of now.
        cluster_of: Proposal → cluster.
        shown_at: The past publication; None: now.
        stale: ClickHouse does not answer: this is what was known before.
    """

    consultation: PublicConsultation
    proposals: list[PublicProposal]
    clusters: list[PublicCluster]
    cluster_of: dict[str, str]
    shown_at: datetime | None
    stale: bool = False

    @cached_property
    def by_id(self) -> dict[str, PublicProposal]:
        """Proposals by their ids."""
        return {proposal.proposal_id: proposal for proposal in self.proposals}

    @cached_property
    def version(self) -> str:
        """Changes exactly when something of it changes: 16 hexadecimal digits."""
        parts = (self.consultation, self.proposals, self.clusters, self.cluster_of, self.stale)
        return digest(msgspec.json.encode(parts))

    @property
    def as_of(self) -> datetime | None:
        """The newest publication that is in it."""
        ticks = [proposal.as_of for proposal in self.proposals if proposal.as_of is not None]
        return max(ticks, default=None)

    @property
    def ballots(self) -> int:
        """Published ballots, trusted series."""
        return sum(proposal.votes for proposal in self.proposals)


@dataclass(frozen=True, slots=True)
class ProposalDetails:
    """One proposal in its countries and over time."""

    countries: list[PublicCountry]
    history: list[Added]


def digest(content: bytes) -> str:
    """16 hexadecimal digits that change with the content."""
    return blake2b(content, digest_size=8).hexdigest()


class Boards:
    """Reads what is asked for, once an edition.

    Args:
        connect: A client of the analysts' address.
    """

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._edition = 0
        self._kept: OrderedDict[tuple[Any, ...], tuple[int, asyncio.Task[Any]]] = OrderedDict()
        self._last: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._waiting = 0
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._of_thread = threading.local()
        self.answers = True

    def renew(self) -> None:
        """Begin an edition: what is asked for from now on is read again."""
        self._edition += 1

    async def consultations(self) -> list[PublicConsultation]:
        """All that are announced.

        Raises:
            TransientError: They cannot be read at the moment.
        """
        found = await self._once(("consultations",), open_boards.consultations)
        return cast("list[PublicConsultation]", found)

    async def ticks(self) -> list[datetime]:
        """The moments that can be looked back at, oldest first."""
        found = await self._once(("ticks",), open_boards.ticks)
        return cast("list[datetime]", found)

    async def board(self, consultation: str, at: datetime | None = None) -> PublicBoard:
        """A consultation's board, now or at the last publication not after `at`.

        Raises:
            NotPublishedError: It is not announced, or nothing had been published then.
            TransientError: It cannot be read at the moment.
        """
        known = {each.consultation_id: each for each in await self.consultations()}
        if consultation not in known:
            raise NotPublishedError
        tick = await self._tick(at)
        found = await self._once(
            ("board", consultation, tick), lambda client: _read(client, known[consultation], tick)
        )
        return cast("PublicBoard", found)

    async def details(self, board: PublicBoard, proposal: str) -> ProposalDetails:
        """A proposal's countries, then, and its history up to then.

        Raises:
            NotPublishedError: The board has no such proposal.
            TransientError: It cannot be read at the moment.
        """
        if proposal not in board.by_id:
            raise NotPublishedError
        consultation, tick = board.consultation.consultation_id, board.shown_at
        found = await self._once(
            ("details", consultation, proposal, tick),
            lambda client: ProposalDetails(
                open_boards.countries(client, consultation, proposal, tick),
                open_boards.history(client, consultation, proposal),
            ),
        )
        return cast("ProposalDetails", found)

    async def _tick(self, at: datetime | None) -> datetime | None:
        if at is None:
            return None
        ticks = await self.ticks()
        before = bisect_right(ticks, at)
        if before == 0:
            raise NotPublishedError
        return ticks[before - 1]

    async def _once(self, key: tuple[Any, ...], read: Callable[[Client], Any]) -> Any:
        """What was read; where that cannot be, what was read before."""
        edition, task = self._kept.get(key, (-1, None))
        if task is None or edition != self._edition:
            task = asyncio.create_task(self._read(read))
            self._kept[key] = (self._edition, task)
        self._kept.move_to_end(key)
        _bound(self._kept)
        try:
            # Shielded: who waits and goes away ends the waiting of nobody else.
            found = await asyncio.shield(task)
        except TransientError:
            if self._kept.get(key, (0, None))[1] is task:
                del self._kept[key]
            if key not in self._last:
                raise
            last = self._last[key]
            if isinstance(last, PublicBoard) and not last.stale:
                last = self._last[key] = replace(last, stale=True)
            return last
        self._last[key] = found
        self._last.move_to_end(key)
        _bound(self._last)
        return found

    async def _read(self, read: Callable[[Client], Any]) -> Any:
        if self._waiting >= MAX_WAITING:
            raise TooBusyError("Too much is asked for at once.")
        self._waiting += 1
        LIVE_READS.inc()
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._readers, self._with_client, read
            )
        except (*ERRORS, ClickHouseUnavailableError) as error:
            if self.answers:
                log.warning("clickhouse_unavailable", error=type(error).__name__)
            self.answers = False
            raise NothingReadError("ClickHouse does not answer.") from None
        finally:
            self._waiting -= 1
        self.answers = True
        return found

    def _with_client(self, read: Callable[[Client], Any]) -> Any:
        """In a reader's thread, with the client of that thread."""
        of_thread = self._of_thread
        client: Client | None = getattr(of_thread, "client", None)
        if client is None:
            client = of_thread.client = self._connect()
        try:
            return read(client)
        except ERRORS:
            of_thread.client = None
            raise

    def close(self) -> None:
        """Read nothing more."""
        self._readers.shutdown(wait=False, cancel_futures=True)


def _read(client: Client, consultation: PublicConsultation, tick: datetime | None) -> PublicBoard:
    name = consultation.consultation_id
    return PublicBoard(
        consultation,
        open_boards.proposals(client, name, tick),
        open_boards.clusters(client, name),
        open_boards.cluster_members(client, name),
        tick,
    )


def _bound(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > MAX_KEPT:
        kept.popitem(last=False)

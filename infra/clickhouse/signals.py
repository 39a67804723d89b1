"""Signals of manipulation: a row of `tutti.signals` each, replaced when it is seen again."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

from clickhouse_connect.driver.client import Client

from infra.clickhouse.tables import insert_rows

Kind = Literal["burst", "identical"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A row of `tutti.signals`, whose comments say what each column is; instants in ms."""

    consultation_id: str
    signal_id: str
    kind: Kind
    proposals: Sequence[str]
    votes: Sequence[int]
    agree: Sequence[int]
    from_at: int
    to_at: int
    observed: int
    expected: float
    first_seen: int
    last_seen: int
    method: str
    version: int
    participants: Sequence[int] = ()
    p_value: float | None = None
    votes_before: int = 0
    agree_before: int = 0
    pattern: str = ""
    common: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """When a kind of signal was looked for last.

    Attributes:
        scanned_ms: The tick.
        done: See `tutti.signal_scans`.
    """

    scanned_ms: int
    done: int


_COLUMNS: Final = tuple(field.name for field in fields(Signal))
_INSTANTS: Final = frozenset({"from_at", "to_at", "first_seen", "last_seen"})
_SELECT: Final = ", ".join(
    f"toUnixTimestamp64Milli(signals.{name})" if name in _INSTANTS else f"signals.{name}"
    for name in _COLUMNS
)


def read_signals(
    clickhouse: Client, kind: Kind, consultation: str = "", *, since_ms: int = 0
) -> list[Signal]:
    """Signals that are kept, those first seen first.

    Args:
        clickhouse: Any client that may read `tutti`.
        kind: Of signal.
        consultation: Only its signals; empty: of all.
        since_ms: Only those seen at or after that instant.
    """
    rows = clickhouse.query(
        f"SELECT {_SELECT} FROM tutti.signals AS signals FINAL"
        " WHERE signals.kind = {kind:String}"
        " AND ({consultation:String} = '' OR signals.consultation_id = {consultation:String})"
        " AND signals.last_seen >= fromUnixTimestamp64Milli({since:Int64})"
        " ORDER BY signals.first_seen, signals.signal_id",
        parameters={"kind": kind, "consultation": consultation, "since": since_ms},
    ).result_rows
    return [Signal(*row) for row in rows]


def keep_signals(clickhouse: Client, signals: Iterable[Signal]) -> None:
    """Write signals; a row of the same tick may be written twice."""
    rows = [list(asdict(signal).values()) for signal in signals]
    insert_rows(clickhouse, "signals", _COLUMNS, rows)


def read_scan(clickhouse: Client, kind: Kind, consultation: str = "") -> Scan | None:
    """The newest scan; None before the first."""
    rows = clickhouse.query(
        "SELECT toUnixTimestamp64Milli(scans.scanned_at), scans.done"
        " FROM tutti.signal_scans AS scans FINAL"
        " WHERE scans.kind = {kind:String} AND scans.consultation_id = {consultation:String}",
        parameters={"kind": kind, "consultation": consultation},
    ).result_rows
    return Scan(*rows[0]) if rows else None


def record_scan(clickhouse: Client, kind: Kind, scan: Scan, consultation: str = "") -> None:
    """Note that a kind was looked for."""
    insert_rows(
        clickhouse,
        "signal_scans",
        ("kind", "consultation_id", "scanned_at", "done"),
        [(kind, consultation, scan.scanned_ms, scan.done)],
    )


def flagged_proposals(clickhouse: Client, consultation: str) -> list[str]:
    """The proposals on which some ballots are flagged, whatever that changes; sorted."""
    rows = clickhouse.query(
        "SELECT DISTINCT arrayJoin(signals.proposals) AS proposal_id"
        " FROM tutti.signals AS signals FINAL"
        " WHERE signals.consultation_id = {consultation:String} ORDER BY proposal_id",
        parameters={"consultation": consultation},
    ).result_rows
    return [row[0] for row in rows]

"""The history of counts: where it begins, and its snapshots, from which it can be read."""

from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.tables import insert_rows
from operators.core.votes.tally import COUNTERS

_TAKE: Final = f"""
INSERT INTO tutti.tallies_history
(epoch, consultation_id, proposal_id, country, trust, {", ".join(COUNTERS)}, minute, version,
    is_deleted)
SELECT
    epoch, consultation_id, proposal_id, country, trust,
    {", ".join(f"argMax(history.{name}, history.version)" for name in COUNTERS)},
    {{base:UInt32}}, max(history.version), argMax(history.is_deleted, history.version)
FROM tutti.tallies_history AS history
WHERE epoch = {{epoch:UInt32}} AND minute >= {{from:UInt32}} AND minute <= {{base:UInt32}}
GROUP BY epoch, consultation_id, proposal_id, country, trust
"""


class Growth(NamedTuple):
    """What the history has got since a snapshot.

    Attributes:
        rows: Its rows.
        cells: Cells that the count has now.
    """

    rows: int
    cells: int


def first_minute(clickhouse: Client) -> int | None:
    """The minute that the history begins with, since 1970; None: there is none yet."""
    minute: int | None = scalar(clickhouse, "SELECT minOrNull(minute) FROM tutti.tallies_history")
    return minute


def newest_snapshot(clickhouse: Client, epoch: int) -> int:
    """The minute of a count's newest snapshot; 0: it has none."""
    [(minute,)] = clickhouse.query(
        "SELECT max(minute) FROM tutti.history_snapshots WHERE epoch = {epoch:UInt32}",
        parameters={"epoch": epoch},
    ).result_rows
    return int(minute)


def growth(clickhouse: Client, epoch: int, since: int, until: int) -> Growth:
    """What was written into the minutes behind `since` up to `until`, which is included."""
    [row] = clickhouse.query(
        "SELECT count(), (SELECT count() FROM tutti.tallies WHERE epoch = {epoch:UInt32})"
        " FROM tutti.tallies_history WHERE epoch = {epoch:UInt32} AND minute > {from:UInt32}"
        " AND minute <= {base:UInt32}",
        parameters={"epoch": epoch, "from": since, "base": until},
    ).result_rows
    return Growth(*row)


def write_snapshot(clickhouse: Client, epoch: int, since: int, minute: int) -> None:
    """Write every cell again into a minute, from the last snapshot on; it is noted when whole."""
    known: dict[str, Any] = {"epoch": epoch, "from": since, "base": minute}
    clickhouse.command(_TAKE, parameters=known)
    insert_rows(clickhouse, "history_snapshots", ("epoch", "minute"), [(epoch, minute)])

"""Votes as bytes: numpy fills fields of fixed width, and one of a few dozen endings follows.

Everything of variable width (choice, qualifications, trust) stands at the end of the message, so
the beginnings of a whole chunk are one table of bytes.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loadtests.votes import Columns, Variant, Votes
from loadtests.workload import Workload
from operators.core.clock import Clock
from pipelines.demo.traffic.draws import mixed
from pipelines.demo.traffic.encoding import vote_beginning, vote_ending
from pipelines.demo.traffic.spoiled import SPOILERS

SOURCE: Final = "demo"
BAD_EACH: Final = 16
"""How many people send each kind of bad message."""
_BAD_STREAM: Final = 40
_FUTURE_MS: Final = 30 * 86_400_000
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


class Messages(NamedTuple):
    """Keys and values of messages, in the order of sending."""

    keys: list[bytes]
    values: list[bytes]


class VoteEncoder:
    """Encodes the votes of one workload."""

    def __init__(self, workload: Workload, clock: Clock) -> None:
        votes = Votes(workload)
        self._seed = workload.seed
        self._template, self._record = _layout(workload.consultation_id)
        self._country = _texts(list(votes.countries))
        self._proposal = _texts([f"{n:05d}" for n in range(workload.proposals)])
        self._four = _texts([f"{n:04d}" for n in range(10_000)])
        self._minute = _texts([f"{n // 60:02d}:{n % 60:02d}" for n in range(1440)])
        self._second = _texts([f"{n:02d}" for n in range(60)])
        self._milli = _texts([f"{n:03d}" for n in range(1000)])
        self._endings = [_ending(variant) for variant in votes.variants]
        now_ms = clock()
        self.bad = _bad(workload, now_ms)

    def messages(self, columns: Columns) -> Messages:
        """The messages of some votes, bad ones included."""
        rows = np.empty(len(columns.number), dtype=self._record)
        rows.view(f"V{self._record.itemsize}")[:] = np.void(self._template)
        rows["proposal"] = self._proposal[columns.proposal]
        rows["person_high"] = self._four[columns.person // 10_000]
        rows["person_low"] = self._four[columns.person % 10_000]
        rows["country"] = self._country[columns.country]
        days, rest = np.divmod(columns.cast_ms, _DAY_MS)
        first = int(days.min()) if len(days) else 0
        last = int(days.max()) if len(days) else 0
        dates = np.arange(first, last + 1).astype("datetime64[D]").astype(str).astype("S10")
        rows["date"] = dates[days - first]
        minutes, rest = np.divmod(rest, _MINUTE_MS)
        rows["minute"] = self._minute[minutes]
        rows["second"] = self._second[rest // 1000]
        rows["milli"] = self._milli[rest % 1000]
        keys = rows["key"].tolist()
        endings = self._endings
        values = [
            begin + endings[variant]
            for begin, variant in zip(
                rows.view(f"S{self._record.itemsize}").tolist(),
                columns.variant.tolist(),
                strict=True,
            )
        ]
        at = np.flatnonzero(columns.bad)
        if len(at):
            which = self.bad_number(columns)[at]
            for place, number in zip(at.tolist(), which.tolist(), strict=True):
                values[place] = self.bad[number]
        return Messages(keys, values)

    def bad_number(self, columns: Columns) -> NDArray[np.int64]:
        """Which bad message a vote becomes, if it is bad."""
        draws = mixed(columns.number, self._seed, _BAD_STREAM)
        return (draws % np.uint64(len(self.bad))).astype(np.int64)


def bad_reasons() -> list[str]:
    """The reason of each bad message, in the order of their numbers."""
    return [spoiler.reason for spoiler in SPOILERS for _ in range(BAD_EACH)]


def _bad(workload: Workload, now_ms: int) -> list[bytes]:
    fields: dict[str, object] = {
        "consultation_id": workload.consultation_id,
        "proposal_id": "p-00000",
        "participant_id": "",
        "country": next(iter(workload.countries)),
        "source": SOURCE,
        "cast_at": "2026-01-01T00:00:00.000Z",
        "choice": "agree",
    }
    return [
        spoiler.spoil(fields | {"participant_id": f"u-{n:08d}"}, now_ms + _FUTURE_MS)
        for spoiler in SPOILERS
        for n in range(BAD_EACH)
    ]


def _layout(consultation_id: str) -> tuple[bytes, "np.dtype[np.void]"]:
    """The beginning of every message, and where its variable fields are."""
    text = vote_beginning(
        consultation_id, "p-00000", "u-00000000", "00", SOURCE, "0000-00-00T00:00:00.000Z"
    )

    def after(known: str) -> int:
        return text.index(known) + len(known)

    person, at = after('"participant_id":"u-'), after('"cast_at":"')
    places = {
        "proposal": (after('"proposal_id":"p-'), 5),
        "person_high": (person, 4),
        "person_low": (person + 4, 4),
        "country": (after('"country":"'), 2),
        "date": (at, 10),
        "minute": (at + 11, 5),
        "second": (at + 17, 2),
        "milli": (at + 20, 3),
        "key": (person - 2, 10),
    }
    record = np.dtype(
        {
            "names": list(places),
            "formats": [f"S{width}" for _, width in places.values()],
            "offsets": [offset for offset, _ in places.values()],
            "itemsize": len(text),
        }
    )
    return text.encode(), record


def _ending(variant: Variant) -> bytes:
    """The ending of a variant; the default level of trust is left out, as campaigns do."""
    trust = "" if variant.trust == "trusted" else variant.trust
    return vote_ending(variant.choice, variant.qualifications, trust).encode()


def _texts(values: list[str]) -> NDArray[np.bytes_]:
    return np.array(values, dtype="S")

"""What was read for the operator page, as values: for tests that start no ClickHouse."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from infra.clickhouse.arrivals import BEFORE_MIN, RECENT_MIN, Arrivals, Arrived
from infra.clickhouse.groups_report import GroupsReport
from infra.clickhouse.operator_page import (
    Flagged,
    Leader,
    LetterGroup,
    RefusedBy,
    SeenSignal,
    Signals,
    StagePosition,
    WaitingProposal,
    WatchedConsultation,
)
from infra.local.status import ServiceStatus
from pipelines.live.operator.headroom import StagePace
from pipelines.live.operator.machine import Machine, Metrics
from pipelines.live.operator.readings import LastRead, PacedReading, Readings

NOW: Final = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
HOSTILE: Final = '<img src=x onerror="document.title=1"> & \u200f {{ 7 * 7 }} {x} %s'
NAME: Final = "europe-2026"


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def consultation(name: str = NAME, **changed: Any) -> WatchedConsultation:
    values = {
        "consultation_id": name, "title": "Europe decides: what next for our cities?",
        "opens_at": None, "closes_at": None, "ballots": 71_173, "stored_at": ago(seconds=1.2),
        "known": 3,
    }  # fmt: skip
    return WatchedConsultation(**values | changed)


def leader(rank: int, text: str, consultation: str = NAME, **changed: Any) -> Leader:
    values = {
        "consultation_id": consultation, "rank": rank, "proposal_id": f"p{rank}", "text": text,
        "language": "en", "votes": 12_400 - 900 * rank, "agree_rate": 0.86 - 0.06 * rank,
        "agree_low": 0.85 - 0.06 * rank, "agree_high": 0.87 - 0.06 * rank,
        "weakest_country": "HU", "weakest_country_rate": 0.61,
    }  # fmt: skip
    return Leader(**values | changed)


def arrived(country: str, source: str, recent: int, before: int, **changed: Any) -> Arrived:
    values = {
        "consultation_id": NAME, "country": country, "source": source,
        "last_minute": recent // RECENT_MIN, "recent": recent, "before": before,
        "newest_at": ago(seconds=3 if recent else 400),
    }  # fmt: skip
    return Arrived(**values | changed)


def signal(kind: str = "burst", **changed: Any) -> SeenSignal:
    burst = kind == "burst"
    values = {
        "consultation_id": NAME, "signal_id": f"{kind}-1", "kind": kind,
        "proposal_id": "p3" if burst else None, "text": "Lower the voting age" if burst else "",
        "language": "en" if burst else "", "participants": 800 if burst else 40, "ballots": 800,
        "proposals": 1 if burst else 12, "observed": 310 if burst else 40,
        "expected": 21.4 if burst else None, "common_proposals": None if burst else 12,
        "expected_groups": None if burst else 1e-9, "agree_rate_before": 0.65 if burst else None,
        "agree_rate_during": 0.99 if burst else None, "rank": 3 if burst else None,
        "rank_without": 5 if burst else None, "largest_rank_shift": 2, "active": int(burst),
        "first_seen": ago(minutes=8), "last_seen": ago(seconds=25 if burst else 900),
    }  # fmt: skip
    return SeenSignal(**values | changed)


def waiting(name: str, text: str, hours: float, **changed: Any) -> WaitingProposal:
    values = {
        "consultation_id": NAME, "proposal_id": name, "text": text, "language": "en",
        "country": "FR", "submitted_at": ago(hours=hours), "waiting": 3,
    }  # fmt: skip
    return WaitingProposal(**values | changed)


def stage(name: str, lag: int, **changed: Any) -> StagePace:
    position = StagePosition(name, lag, 512_000, ago(seconds=1.5), ago(seconds=0.8))
    values = {"done_rate": 812.0, "come_rate": 809.5, "catch_up_s": 0.0}
    return StagePace(position, **values | changed)


def service(
    name: str, *, ready: bool = True, lag: int | None = None, **facts: Any
) -> ServiceStatus:
    state = "RUNNING" if ready else "STOPPED"
    return ServiceStatus(name, state, ready, "", 4_711, 212, lag, facts)


def machine(services: list[ServiceStatus] | None = None, **changed: Any) -> Machine:
    metrics = {
        "tutti_freshness_last_seconds": [({}, 1.4)],
        "tutti_probe_waiting_seconds": [({}, 0.6)],
        "tutti_sink_cut_timestamp_seconds": [({}, NOW.timestamp() - 2)],
        "tutti_periodic_tick_timestamp_seconds": [({}, NOW.timestamp() - 31)],
        "tutti_http_intake_rejected_total": [({"kind": "votes", "reason": "bad_time"}, 17.0)],
        "flink_jobmanager_job_numRestarts": [({}, 0.0)],
    }
    beats = {"heartbeat_age_ms": 700}
    usual = [
        service("kafka"), service("clickhouse"), service("redis"),
        service("intake", lag=50, **beats), service("http_intake", **beats),
        service("votes", lag=900, checkpoint_age_ms=1_210),
        service("semantics", lag=0, checkpoint_age_ms=900),
        service("sink", lag=1_400, **beats), service("probe", freshness_ms=1_400, **beats),
        service("periodic", **beats), service("groups", **beats), service("live", **beats),
    ]  # fmt: skip
    values = {
        "services": usual if services is None else services,
        "metrics": Metrics(metrics), "disk_free": 212 * 10**9, "disk_size": 500 * 10**9, "ends": {},
    }  # fmt: skip
    return Machine(**values | changed)


COUNTRIES: Final = [
    "DE",
    "FR",
    "IT",
    "ES",
    "PL",
    "NL",
    "BE",
    "GR",
    "CZ",
    "PT",
    "SE",
    "HU",
    "AT",
    "BG",
    "DK",
    "FI",
    "SK",
    "IE",
    "HR",
    "LT",
    "SI",
    "LV",
    "EE",
    "CY",
    "LU",
    "MT",
]


def voice(group: int, rank: int, text: str, side: str, **changed: Any) -> dict[str, Any]:
    values = {
        "group": group, "rank": rank, "proposal_id": f"p{rank}", "text": text, "language": "en",
        "side": side, "count": 310, "votes": 340, "significant": 1,
    }  # fmt: skip
    return values | changed


def grouped(name: str = NAME, **changed: Any) -> GroupsReport:
    values: dict[str, Any] = {
        "run": {
            "verdict": "separate groups", "dimensions": 1, "gap": 0.034,
            "groups_significant": 1, "grouped": 1_000, "as_of": ago(minutes=3),
        },
        "groups": [{"group": 1, "size": 360}, {"group": 2, "size": 640}],
        "representatives": [
            voice(1, 1, "Build more motorways", "agree", significant=0),
            voice(2, 1, "Make night trains cheaper than flights", "agree"),
            voice(2, 2, "Build more motorways", "disagree", count=290),
            voice(2, 4, "The fourth of a group is left out", "agree"),
        ],
        "consensus": [
            {"proposal_id": "p9", "text": "Una biblioteca en cada pueblo", "language": "es",
             "gic": 0.71, "gic_low": 0.66, "gic_high": 0.76},
        ],
        "countries": [],
    }  # fmt: skip
    return GroupsReport(name, **values | changed)


def evening() -> dict[str, Any]:
    """A television night: three consultations, one silent country, an attack, refused messages."""
    cells = [
        *(arrived(code, "tv", 400 - 14 * n, 4_300 - 150 * n) for n, code in enumerate(COUNTRIES)),
        arrived("RO", "tv", 0, 1_900), arrived("DE", "app", 120, 1_350),
        arrived("PT", "partner-pt", 0, 640, last_minute=0),
        arrived("FR", "web", 33, 410, consultation_id="health-2026"),
    ]  # fmt: skip
    rising = [round(20 + 3.2 * n + 40 * (n % 7 == 0)) for n in range(RECENT_MIN + BEFORE_MIN)]
    return {
        "consultations": [
            consultation(),
            consultation("health-2026", title="Quel système de santé pour demain ?", ballots=3_270,
                         stored_at=ago(seconds=4)),
            consultation("water", title="", ballots=941, stored_at=ago(hours=3)),
        ],
        "leaders": [
            leader(1, "Make night trains cheaper than flights within Europe"),
            leader(2, "Plant a tree for every child that is born"),
            leader(3, "Voto a partir dos 16 anos em todas as eleições europeias", language="pt"),
            leader(4, "Ein gemeinsames Ticket für alle Züge und Busse", language="de"),
            leader(5, "Free public transport for everybody under 25 and over 65, in every city"),
            leader(1, "Un médecin dans chaque commune", "health-2026", language="fr", votes=812),
        ],
        "arrivals": Arrivals(cells, {NAME: rising, "health-2026": [7] * 60}),
        "refused by": [RefusedBy(NAME, "tv", "FR", 3, 9, ago(seconds=40))],
        "letters": [
            LetterGroup("tutti.votes.v1", "bad_signature", "", "a signature", 61, 420,
                        ago(seconds=4)),
            LetterGroup("tutti.votes.v1", "bad_country", "country", "two letters", 0, 12,
                        ago(minutes=31)),
        ],
        "signals": Signals([signal(), signal("identical")], {(NAME, "p3"): Flagged(800, 5)}),
        "waiting": [
            waiting("w1", "Close the airport at night", 31),
            waiting("w2", "A library in every village", 2),
        ],
        "groups": [grouped(), grouped("water", groups=[], representatives=[], consensus=[])],
        "people": {NAME: 18_204, "health-2026": 1_120},
        "checks": [],
        "stages": [
            stage("intake", 50),
            stage("votes", 900),
            stage("semantics", 0, done_rate=0.2, come_rate=0.2),
            stage("sink", 14_000, done_rate=2_310.0, come_rate=1_900.0, catch_up_s=34.0),
        ],
        "machine": machine(),
    }  # fmt: skip


def readings_of(values: dict[str, Any], at: datetime | None = NOW) -> Readings:
    """Readings that find these values, as if they had just been read at that moment.

    Args:
        values: Reading → what it finds.
        at: The moment, at which the clock stands; None: nothing was read yet, and the clock runs.
    """
    plans = [PacedReading(name, partial(values.get, name), 0.2, 0, "votes") for name in values]
    if at is None:
        return Readings(plans)
    made = Readings(plans, clock=lambda: int(at.timestamp() * 1000))
    made.found = {name: LastRead(value, at, 12) for name, value in values.items()}
    return made

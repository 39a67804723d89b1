"""Metrics of the periodic service: its ticks, and what they count of consultations."""

from typing import Final

from infra.service.metric_types import LONG_S, Source

PERIODIC: Final = Source("periodic")
PERIODIC_TASK: Final = PERIODIC.histogram(
    "tutti_periodic_task_seconds",
    "seconds",
    "One task at a tick.",
    ("task",),
    buckets=LONG_S,
)
PERIODIC_FAILED: Final = PERIODIC.counter(
    "tutti_periodic_failed_total",
    "ticks",
    "Ticks at which a task failed; the next tick is another try.",
    ("task",),
)
PERIODIC_MISSED: Final = PERIODIC.counter(
    "tutti_periodic_missed_total",
    "ticks",
    "Ticks that were passed over, because the one before took longer than a minute.",
)
PERIODIC_SKIPPED: Final = PERIODIC.counter(
    "tutti_periodic_rested_total",
    "ticks",
    "Ticks at which a task was skipped: it cools down, or counting lagged.",
    ("task",),
)
PERIODIC_TICK: Final = PERIODIC.gauge(
    "tutti_periodic_tick_timestamp_seconds",
    "seconds",
    "The newest tick whose work is done, since 1970.",
)

# What the archive of ballots holds, as the task `traffic` counts it: a ballot is the newest vote of
# a person on a proposal, so what the same person sent before it does not count.
CONSULTATION_OPEN: Final = PERIODIC.gauge(
    "tutti_consultation_open",
    "",
    "1 while a consultation is open as its campaign announced it, otherwise 0, also if it gave"
    " neither opening nor closing.",
    ("consultation",),
)
CONSULTATION_RECENT: Final = PERIODIC.gauge(
    "tutti_consultation_recent_votes",
    "votes",
    "Ballots that the broker received in the 15 minutes before the tick; the 20 consultations with"
    " most in a day, and other.",
    ("consultation",),
)
CONSULTATION_EARLIER: Final = PERIODIC.gauge(
    "tutti_consultation_earlier_votes",
    "votes",
    "The same, of the hour before those 15 minutes.",
    ("consultation",),
)
CONSULTATION_SIGNALS: Final = PERIODIC.gauge(
    "tutti_consultation_new_signals",
    "",
    "Signals of manipulation first seen in the hour before the tick, of these consultations.",
    ("consultation",),
)
COUNTRY_RECENT: Final = PERIODIC.gauge(
    "tutti_country_recent_votes",
    "votes",
    "As tutti_consultation_recent_votes, of each of these consultations the 30 countries with most"
    " in a day, and other.",
    ("consultation", "country"),
)
COUNTRY_EARLIER: Final = PERIODIC.gauge(
    "tutti_country_earlier_votes",
    "votes",
    "The same, of the hour before those 15 minutes.",
    ("consultation", "country"),
)
SOURCE_RECENT: Final = PERIODIC.gauge(
    "tutti_source_recent_votes",
    "votes",
    "As tutti_consultation_recent_votes, of each of these consultations the 10 sources with most in"
    " a day, and other; none: the vote names no source.",
    ("consultation", "source"),
)
SOURCE_EARLIER: Final = PERIODIC.gauge(
    "tutti_source_earlier_votes",
    "votes",
    "The same, of the hour before those 15 minutes.",
    ("consultation", "source"),
)

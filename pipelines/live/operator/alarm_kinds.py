"""The kinds of alarms of the operator page: how urgent each is, what it says, what explains it."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["page", "warn"]

MANUAL: Final = "howto/operators/operator-page.html"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alarm.

    Attributes:
        level: ``page``: somebody is to be woken; ``warn``: look at it today.
        text: What is wrong, with values in braces.
        heading: Of the manual that explains it.
    """

    level: Level
    text: str
    heading: str


KINDS: Final = {
    "unread": Kind(
        "page",
        "The numbers below cannot be renewed: ClickHouse does not answer.",
        "numbers-cannot-be-renewed",
    ),
    "different": Kind(
        "page",
        "Counts differ: {check}, {subject}: {found} of {expected}.",
        "counts-differ",
    ),
    "down": Kind("page", "Not running or not ready: {services}.", "a-service-does-not-run"),
    "lost": Kind(
        "page",
        "A vote that was sent {duration} ago is still not counted.",
        "votes-show-late",
    ),
    "consultation_silent": Kind(
        "page",
        "Votes have stopped. In {minutes} minutes: {recent}, usual: {expected} ({consultation}).",
        "votes-have-stopped",
    ),
    "disk_full": Kind("page", "The disk is nearly full: {free} are left.", "the-disk-fills"),
    "behind": Kind(
        "page",
        "{stage} falls further behind. Records waiting: {lag}, and more come than it does.",
        "a-stage-falls-behind",
    ),
    "late": Kind("warn", "A vote shows only {duration} after it was sent.", "votes-show-late"),
    "country_silent": Kind(
        "warn",
        "{country} fell silent. Votes in {minutes} minutes: {recent}, usual: {expected} "
        "({consultation}).",
        "votes-have-stopped",
    ),
    "source_silent": Kind(
        "warn",
        "The source {source} fell silent. Votes in {minutes} minutes: {recent}, usual: "
        "{expected} ({consultation}).",
        "votes-have-stopped",
    ),
    "refused": Kind(
        "warn",
        "{share} of the messages of the last five minutes were refused.",
        "most-messages-are-refused",
    ),
    "lagging": Kind(
        "warn",
        "{stage} is behind. Records waiting: {lag}; caught up in {duration}.",
        "a-stage-falls-behind",
    ),
    "waiting_records": Kind(
        "warn",
        "{stage} is behind. Records waiting: {lag}.",
        "a-stage-falls-behind",
    ),
    "checkpoint": Kind(
        "warn",
        "The newest checkpoint of {service} is {duration} old.",
        "checkpoints-are-old",
    ),
    "cut": Kind(
        "warn",
        "No consistent cut for {duration}: what is shown stands still.",
        "the-numbers-stand-still",
    ),
    "tick": Kind(
        "warn",
        "The work of each minute is late: {duration} since it was done.",
        "the-work-of-each-minute-is-late",
    ),
    "ended": Kind(
        "warn",
        "{service} ended unexpectedly within the last hour. Times: {count}.",
        "a-service-does-not-run",
    ),
    "busy": Kind(
        "warn",
        "{service} answers slowly: the machine has too much to do.",
        "a-service-is-busy",
    ),
    "said": Kind("warn", "{service}: {sentence}", "a-service-does-not-run"),
    "disk": Kind("warn", "Little disk is left: {free}.", "the-disk-fills"),
    "signal": Kind(
        "warn",
        "Something looks arranged: active signals: {count} ({consultation}).",
        "something-looks-arranged",
    ),
    "moderation": Kind(
        "warn",
        "Proposals waiting for moderation: {count}, the oldest for {duration} ({consultation}).",
        "proposals-wait-for-moderation",
    ),
}
"""Those that wake somebody first, then in the order of the page."""

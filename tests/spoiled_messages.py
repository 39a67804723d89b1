"""Messages for the rules: good ones, spoiled in up to two places, written in several ways."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from naive_checker import DIGITS, FIT, LETTERS, TEXTS, naive_text

from schemas.events import Kind
from schemas.times import EARLIEST_MS

BROKER_MS = 1_714_564_800_000  # 2024-05-01T12:00:00Z

identifiers = st.sampled_from(["c", "p-1", "A.b_c-9", "x" * 64]) | st.text(
    LETTERS + DIGITS + "._-", min_size=1, max_size=64
)
people = identifiers | st.sampled_from(["a:b@c+d/e=", "x" * 128])
countries = st.sampled_from(["FR", "DE", "ZZ", "MT"])
instants = st.builds(
    lambda ms, tail: (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).strftime(
            "%Y-%m-%dT%H:%M:%S"
        )
        + tail
    ),
    st.integers(EARLIEST_MS, BROKER_MS) | st.integers(BROKER_MS - 2000, BROKER_MS + 299_000),
    st.sampled_from(["Z", ".5Z", ".25Z", ".999Z"]),
)
ballots = st.sampled_from(sorted(FIT)).flatmap(
    lambda choice: st.fixed_dictionaries(
        {"choice": st.just(choice)},
        optional={"qualifications": st.lists(st.sampled_from([*FIT[choice]] or ["x"]), max_size=4)},
    )
)
plain = st.text(min_size=1, max_size=300).filter(naive_text)
directed = st.text("aעض\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\n\t\r", min_size=1)
"""Mostly faulty: characters of direction, opened and closed anyhow."""
subtags = st.sampled_from(
    [*"xaix1", "fr", "FR", "419", "Hant", "1996", "rozaj", "abcdefgh", "abcdefghi", "a1", "u", ""]
)
tags = st.lists(subtags, min_size=1, max_size=6).map("-".join)
good: dict[Kind, st.SearchStrategy[dict[str, Any]]] = {
    "votes": st.builds(
        lambda vote, ballot: vote | ballot,
        st.fixed_dictionaries(
            {
                "consultation_id": identifiers,
                "proposal_id": identifiers,
                "participant_id": people,
                "cast_at": instants,
            },
            optional={
                "country": countries,
                "trust": st.sampled_from(["troll", "trusted", "sequence", "segment"]),
                "source": identifiers,
            },
        ),
        ballots,
    ),
    "proposals": st.fixed_dictionaries(
        {
            "consultation_id": identifiers,
            "proposal_id": identifiers,
            "text": plain | st.sampled_from(["é" * 1000, "🚆" * 1000, '"\n\\']),
            "submitted_at": instants,
        },
        optional={
            "language": st.sampled_from(["fr", "pt-BR", "zh-Hant-TW", "x-a-b", "i-hak"]) | tags,
            "country": countries,
            "author_id": people,
            "status": st.sampled_from(["pending", "accepted", "refused", "postponed", "archived"]),
            "meta": st.booleans(),
        },
    ),
    "consultations": st.fixed_dictionaries(
        {"consultation_id": identifiers, "title": plain | directed},
        optional={
            "countries": st.lists(
                st.fixed_dictionaries(
                    {
                        "country": st.text("ABC", min_size=2, max_size=2),
                        "weight": st.integers(0, 10**9)
                        | st.floats(0, 1.7e308)
                        | st.sampled_from([1e308, 7e307, 8.5e307, 1.7e308]),
                    }
                ),
                max_size=4,
            ),
            "opens_at": instants,
            "closes_at": instants,
            "window_seconds": st.integers(1, 10_080).map(lambda minutes: minutes * 60),
            "rank_min_votes": st.integers(1, 1_000_000),
            "languages": st.lists(st.sampled_from(["en", "fr", "pt-BR"]) | tags, max_size=3),
            "encoder": identifiers,
        },
    ),
}

NEARLY = [
    *(
        "",
        " ",
        "a\n",
        "FR\n",
        "fr",
        "FRA",
        "ＦＲ",
        "agree\n",
        "Agree",
        "likeIt",
        "noWay",
        "[]",
        "null",
    ),
    *("a" * 64, "a" * 65, "a" * 128, "a" * 129, "é", "а", "٣", "a/b", "a\0", "\ud800", "fr-", "f"),
    *("2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "2024-05-01T12:05:00Z", "withdrawn"),
    *("2024-05-01T12:05:00.001Z", "2024-05-01T24:00:00Z", "2024-05-01T11:59:60Z"),
    *("2024-05-01T12:00:00+00:00", "2024-05-01T12:00:00Z\n", "1999-12-31T23:59:59.999Z"),
    *("0000-01-01T00:00:00Z", "2024-05-01T12:00:0٣Z", "2100-02-29T00:00:00Z", "x" * 1001),
]
# Whole numbers with a fraction or an exponent are left out: JSON Schema takes 60.0 for an integer,
# the rules do not, which a row of the table of edge cases says.
numbers = st.integers(-(10**20), 10**20) | st.sampled_from(
    [0, 1, 59, 60, 61, 604_800, 604_860, 1_000_000, 1_000_001, -0.5, 60.5, 10**400, float("inf")]
)
scalars = st.none() | st.booleans() | numbers | st.sampled_from(NEARLY) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["country", "weight", "x", ""]), inner, max_size=3)
    ),
    max_leaves=4,
)


TIMES = [
    *("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z"),
    *("2024-05-01T12:04:59.999Z", "2024-05-01T12:05:00Z", "2024-05-01T12:05:00.001Z"),
]
BORDERS: dict[str, list[Any]] = {
    **dict.fromkeys(["cast_at", "submitted_at", "opens_at", "closes_at"], TIMES),
    **{key: ["a" * 64, "a" * 65] for key in ("consultation_id", "proposal_id", "source")},
    **{key: ["a" * 128, "a" * 129] for key in ("participant_id", "author_id")},
    "text": ["🚆" * 1000, "🚆" * 1001],
    "title": ["🚆" * 300, "🚆" * 301],
    "window_seconds": [0, 59, 60, 61, 604_800, 604_860],
    "rank_min_votes": [0, 1, 1_000_000, 1_000_001],
}
"""Both sides of each limit."""


@st.composite
def messages(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    message = dict(draw(good[kind]))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        known = [*TEXTS[kind].split(), "qualifications", "countries", "window_seconds", "meta"]
        known += ["languages"]
        key = draw(st.sampled_from([*known, "rank_min_votes", "unknown", "Choice", ""]))
        action = draw(st.sampled_from(["drop", "set", "set", "append", "inside", "border"]))
        former = message.get(key)
        if action == "drop":
            message.pop(key, None)
        elif action == "append" and isinstance(former, str):
            message[key] = former + draw(st.sampled_from(["\n", " ", "a", "é", "\0", "Z", "-x"]))
        elif action == "inside" and isinstance(former, list):
            message[key] = [*former, draw(values)]
        elif action == "border":
            key = draw(st.sampled_from(sorted(BORDERS)))
            message[key] = draw(st.sampled_from(BORDERS[key]))
        else:
            message[key] = draw(values)
    return message


def written(message: Any, *, ascii_only: bool) -> bytes:
    # Python writes Infinity; 1e999 is a number of JSON that no machine holds.
    text = json.dumps(message, ensure_ascii=ascii_only).replace("Infinity", "1e999")
    return text.encode("utf-8", "surrogatepass")

"""Which faults a message has: a naive checker, written with the standard library alone.

It shares no code with the product and gives all faults of a message; the rules give one of them.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Fault = tuple[str, str]
"""Reason and field."""


class Pairs(list[tuple[str, Any]]):
    """An object with its duplicate keys."""


FIT = {
    "agree": ["likeIt", "doable", "platitudeAgree"],
    "disagree": ["noWay", "impossible", "platitudeDisagree"],
    "neutral": ["doNotUnderstand", "noOpinion", "doNotCare"],
    "withdrawn": [],
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
TEXTS = {
    "votes": "consultation_id proposal_id participant_id choice cast_at country trust source",
    "proposals": "consultation_id proposal_id text submitted_at language country author_id status",
    "consultations": "consultation_id title opens_at closes_at encoder",
}
REQUIRED = {
    "votes": "consultation_id proposal_id participant_id choice cast_at",
    "proposals": "consultation_id proposal_id text submitted_at",
    "consultations": "consultation_id title",
}
NEVER_EMPTY = {
    "source": "bad_identifier",
    "author_id": "bad_identifier",
    "encoder": "bad_identifier",
    "language": "bad_language",
    "opens_at": "bad_time",
    "closes_at": "bad_time",
    "country": "bad_country",
}


def naive_faults(kind: str, payload: bytes | None, broker_ms: int) -> set[Fault]:
    if payload is None or payload == b"":
        return {("empty", "")}
    if len(payload) > 64 * 1024:
        return {("too_long", "")}
    try:
        text = payload.decode("utf-8")
    except ValueError:
        return {("not_json", "")}
    too_deep = {("too_deep", "")} if naive_depth(text) > 32 else set()
    try:
        value = json.loads(text, object_pairs_hook=Pairs, parse_constant=_not_json)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails here
    except (ValueError, RecursionError):
        return too_deep or {("not_json", "")}
    if too_deep:
        return too_deep
    if not isinstance(value, Pairs):
        return {("not_object", "")}
    return naive_types(kind, value) or NAIVE_RULES[kind](dict(value), broker_ms)


def _not_json(name: str) -> None:
    raise ValueError(name)


def naive_depth(text: str) -> int:
    level = deepest = 0
    in_text = escaped = False
    for letter in text:
        if in_text:
            in_text = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            in_text = True
        elif letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def naive_types(kind: str, pairs: Pairs) -> set[Fault]:
    faults: set[Fault] = set()
    keys = [key for key, _ in pairs]
    faults |= {("missing_field", key) for key in REQUIRED[kind].split() if key not in keys}
    for key, value in pairs:
        if key in TEXTS[kind].split():
            if not isinstance(value, str):
                faults.add(("wrong_type", key))
            elif value == "" and key in NEVER_EMPTY:
                faults.add((NEVER_EMPTY[key], key))
        elif kind == "proposals" and key == "meta":
            if not isinstance(value, bool):
                faults.add(("wrong_type", key))
        elif (kind, key) in {("votes", "qualifications"), ("consultations", "languages")}:
            if not isinstance(value, list) or isinstance(value, Pairs):
                faults.add(("wrong_type", key))
            else:
                faults |= {
                    ("wrong_type", f"{key}[{i}]")
                    for i, name in enumerate(value)
                    if not isinstance(name, str)
                }
        elif kind == "consultations" and key in ("window_seconds", "rank_min_votes"):
            if type(value) is not int:
                faults.add(("wrong_type", key))
                if value in (float("inf"), float("-inf")):
                    faults.add(("bad_number", key))
        elif kind == "consultations" and key == "countries":
            if not isinstance(value, list) or isinstance(value, Pairs):
                faults.add(("wrong_type", key))
                continue
            for i, entry in enumerate(value):
                faults |= naive_country_types(f"countries[{i}]", entry)
    return faults


def naive_country_types(place: str, entry: Any) -> set[Fault]:
    if not isinstance(entry, Pairs):
        return {("wrong_type", place)}
    keys = [key for key, _ in entry]
    faults = {("missing_field", f"{place}.{k}") for k in ("country", "weight") if k not in keys}
    for key, value in entry:
        if key == "country" and not isinstance(value, str):
            faults.add(("wrong_type", f"{place}.country"))
        if key == "weight":
            if type(value) not in (int, float):
                faults.add(("wrong_type", f"{place}.weight"))
            elif abs(value) > 1.7976931348623157e308:  # what a double holds
                faults.add(("bad_number", f"{place}.weight"))
    return faults


def naive_identifier(text: str, more: str = "", longest: int = 64) -> bool:
    return 1 <= len(text) <= longest and set(text) <= set(LETTERS + DIGITS + "._-" + more)


def naive_text(text: str) -> bool:
    """Whether all characters may stand, by their names in Unicode."""
    for line in re.split("[\n\u2029]", text):
        opened = []
        for letter in line:
            name = unicodedata.name(letter, "")
            if unicodedata.category(letter) == "Cc" and letter != "\t":
                return False
            if name.endswith("OVERRIDE"):
                return False
            if name.startswith("POP DIRECTIONAL"):
                kind = {"FORMATTING": "EMBEDDING", "ISOLATE": "ISOLATE"}[name.split()[-1]]
                if not opened or opened.pop() != kind:
                    return False
            elif name.endswith((" EMBEDDING", " ISOLATE")):
                opened.append(name.split()[-1])
        if opened:
            return False
    return True


def naive_language(tag: str) -> bool:
    """BCP 47's grammar, read subtag by subtag."""
    irregular = [
        *("en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux"),
        *("i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu"),
        *("sgn-be-fr", "sgn-be-nl", "sgn-ch-de"),
    ]
    if not tag or len(tag) > 64 or not set(tag) <= set(LETTERS + DIGITS + "-"):
        return False
    if tag.lower() in irregular:
        return True
    parts = tag.lower().split("-")
    if not all(1 <= len(part) <= 8 for part in parts):
        return False
    if "x" in parts:
        private = parts[parts.index("x") + 1 :]
        parts = parts[: parts.index("x")]
        if not private:
            return False
        if not parts:
            return True
    first, *parts = parts
    if not first.isalpha() or len(first) < 2:
        return False
    for _ in range(3 if len(first) <= 3 else 0):
        if parts and parts[0].isalpha() and len(parts[0]) == 3:
            parts.pop(0)
    if parts and parts[0].isalpha() and len(parts[0]) == 4:
        parts.pop(0)
    if parts and (
        (parts[0].isalpha() and len(parts[0]) == 2) or (parts[0].isdigit() and len(parts[0]) == 3)
    ):
        parts.pop(0)
    while parts and (len(parts[0]) >= 5 or (len(parts[0]) == 4 and parts[0][0].isdigit())):
        parts.pop(0)
    while parts and len(parts[0]) == 1:
        parts.pop(0)
        if not parts or len(parts[0]) == 1:
            return False
        while parts and len(parts[0]) > 1:
            parts.pop(0)
    return not parts


def naive_country(text: str) -> bool:
    return len(text) == 2 and set(text) <= set(LETTERS[:26])


def naive_ms(text: str) -> int | None:
    """Milliseconds since 1970 of a well-formed instant."""
    shape = "".join("9" if letter in DIGITS else letter for letter in text)
    if shape not in [f"9999-99-99T99:99:99{tail}" for tail in ("Z", ".9Z", ".99Z", ".999Z")]:
        return None
    numbers = [int(number) for number in re.split("[-T:.Z]", text)[:6]]
    try:
        seconds = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    fraction = float("0" + text[19:-1]) if len(text) > 20 else 0.0
    since = seconds - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds()) * 1000 + round(fraction * 1000)


def naive_time(key: str, text: str, broker_ms: int | None) -> set[Fault]:
    ms = naive_ms(text)
    if ms is None or int(text[:4]) < 2000:
        return {("bad_time", key)}
    if broker_ms is not None and ms > broker_ms + 300_000:
        return {("future_time", key)}
    return set()


def naive_vote(vote: dict[str, Any], broker_ms: int) -> set[Fault]:
    faults: set[Fault] = set()
    for key in ("consultation_id", "proposal_id"):
        if not naive_identifier(vote[key]):
            faults.add(("bad_identifier", key))
    if not naive_identifier(vote["participant_id"], ":@+/=", 128):
        faults.add(("bad_identifier", "participant_id"))
    if vote["choice"] not in FIT:
        faults.add(("unknown_choice", "choice"))
    faults |= naive_time("cast_at", vote["cast_at"], broker_ms)
    if not naive_country(vote.get("country", "ZZ")):
        faults.add(("bad_country", "country"))
    if vote.get("trust", "trusted") not in ("troll", "trusted", "sequence", "segment"):
        faults.add(("unknown_trust", "trust"))
    for i, name in enumerate(vote.get("qualifications", [])):
        if not any(name in names for names in FIT.values()):
            faults.add(("unknown_qualification", f"qualifications[{i}]"))
        elif name not in FIT.get(vote["choice"], []):
            faults.add(("qualification_mismatch", f"qualifications[{i}]"))
    if "source" in vote and not naive_identifier(vote["source"]):
        faults.add(("bad_identifier", "source"))
    return faults


def naive_proposal(proposal: dict[str, Any], broker_ms: int) -> set[Fault]:
    faults = naive_time("submitted_at", proposal["submitted_at"], broker_ms)
    for key in ("consultation_id", "proposal_id"):
        if not naive_identifier(proposal[key]):
            faults.add(("bad_identifier", key))
    if proposal["text"] == "":
        faults.add(("empty", "text"))
    if len(proposal["text"]) > 1000:
        faults.add(("too_long", "text"))
    if not naive_text(proposal["text"]):
        faults.add(("control_character", "text"))
    if "language" in proposal and not naive_language(proposal["language"]):
        faults.add(("bad_language", "language"))
    if not naive_country(proposal.get("country", "ZZ")):
        faults.add(("bad_country", "country"))
    if not naive_identifier(proposal.get("author_id", "a"), ":@+/=", 128):
        faults.add(("bad_identifier", "author_id"))
    statuses = ("pending", "accepted", "refused", "postponed", "archived")
    if proposal.get("status", "accepted") not in statuses:
        faults.add(("unknown_status", "status"))
    return faults


def naive_consultation(consultation: dict[str, Any], _broker_ms: int) -> set[Fault]:
    faults: set[Fault] = set()
    if not naive_identifier(consultation["consultation_id"]):
        faults.add(("bad_identifier", "consultation_id"))
    if consultation["title"] == "":
        faults.add(("empty", "title"))
    if len(consultation["title"]) > 300:
        faults.add(("too_long", "title"))
    if not naive_text(consultation["title"]):
        faults.add(("control_character", "title"))
    countries = [dict(entry) for entry in consultation.get("countries", [])]
    for i, entry in enumerate(countries):
        if not naive_country(entry["country"]):
            faults.add(("bad_country", f"countries[{i}].country"))
        if entry["weight"] < 0:
            faults.add(("bad_number", f"countries[{i}].weight"))
        if sum(float(former["weight"]) for former in countries[: i + 1]) > 1.7e308:
            faults.add(("bad_number", f"countries[{i}].weight"))
        if entry["country"] in [former["country"] for former in countries[:i]]:
            faults.add(("duplicate_country", f"countries[{i}].country"))
    for key in ("opens_at", "closes_at"):
        if key in consultation:
            faults |= naive_time(key, consultation[key], None)
    window = consultation.get("window_seconds", 60)
    if window % 60 or not 60 <= window <= 7 * 24 * 3600:
        faults.add(("bad_number", "window_seconds"))
    if not 1 <= consultation.get("rank_min_votes", 30) <= 1_000_000:
        faults.add(("bad_number", "rank_min_votes"))
    for i, tag in enumerate(consultation.get("languages", [])):
        if not naive_language(tag):
            faults.add(("bad_language", f"languages[{i}]"))
    if not naive_identifier(consultation.get("encoder", "a")):
        faults.add(("bad_identifier", "encoder"))
    return faults


NAIVE_RULES: dict[str, Callable[[dict[str, Any], int], set[Fault]]] = {
    "votes": naive_vote,
    "proposals": naive_proposal,
    "consultations": naive_consultation,
}

"""Who may send what, decided naively from the file of sources. Shares no code with the product."""

import hmac
import json
import tomllib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

Headers = list[tuple[str, bytes]]


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


class NaiveSources:
    """The verdicts on the votes of a log, which must be asked for in the order of offsets."""

    def __init__(self, file: Path) -> None:
        found = tomllib.loads(file.read_text())
        self.policies = found.get("policy", [])
        self.entries = found.get("source", [])
        self.signed: Counter[tuple[Any, ...]] = Counter()

    def verdict(
        self, payload: bytes, headers: Headers | None, partition: int, broker_ms: int
    ) -> str:
        policy = [one for one in self.policies if ms(one["from"]) <= broker_ms]
        if not policy or policy[-1]["messages"] == "open":
            return "accepted"
        given = dict(headers or [])
        name = given.get("tutti-source", b"").decode()
        entries = [
            one for one in self.entries if one["name"] == name and ms(one["from"]) <= broker_ms
        ]
        if not entries or not entries[-1].get("key"):
            return "bad_signature"
        entry = entries[-1]
        keys = [entry["key"]]
        if "old_key_until" in entry and broker_ms < ms(entry["old_key_until"]):
            keys.append(entries[-2]["key"])
        right = [
            b"v1=" + hmac.new(bytes.fromhex(key), payload, "sha256").hexdigest().encode()
            for key in keys
        ]
        if given.get("tutti-signature") not in right:
            return "bad_signature"
        if "kafka_rate" in entry:
            window = (partition, name, entry["from"], broker_ms // 60_000)
            self.signed[window] += 1
            if self.signed[window] > entry["kafka_rate"] * 60:
                return "rate_exceeded"
        vote = json.loads(payload)
        if not _fits(vote["consultation_id"], entry["consultations"]):
            return "not_your_consultation"
        if not _fits(vote["participant_id"], entry.get("participants", ["*"])):
            return "not_your_participant"
        return "accepted"


def _fits(text: str, patterns: list[str]) -> bool:
    return any(text == one or (one[-1] == "*" and text.startswith(one[:-1])) for one in patterns)

"""The demo's campaign as `open` publishes it, minute by minute, without Kafka and Flink."""

import json
from hashlib import blake2b
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_votes

from pipelines.demo.campaign import Campaign
from pipelines.periodic.publish import publish
from schemas.times import parse_instant

NAME = "demo-europe"
ARABIC = "نريد المزيد من الأشجار في مدننا (50 %)، لا المزيد من السيارات."
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> & {{ 7 * 7 }}'


class PublishedCampaign:
    """A consultation in which people vote; each minute is published.

    Args:
        clickhouse: A client that may write, of a server with all tables and views.
        first_ms: The first minute.
    """

    def __init__(self, clickhouse: Client, first_ms: int, seed: int = 27) -> None:
        self._clickhouse, self._campaign = clickhouse, Campaign(seed)
        self.now_ms, self._offset = first_ms // 60_000 * 60_000, 0
        self._announce()

    def _insert(self, table: str, columns: str, rows: list[list[Any]]) -> None:
        self._clickhouse.insert(table, rows, column_names=columns.split(), database="tutti")

    def _announce(self) -> None:
        event = self._campaign.consultation()
        weights = {each["country"]: each["weight"] for each in event["countries"]}
        self._insert(
            "consultations",
            "consultation_id title countries weights opens_ms window_seconds rank_min_votes"
            " origin_partition origin_offset origin_ms",
            [[NAME, event["title"], list(weights), list(weights.values()), self.now_ms, 60, 30,
              0, 0, 0]],
        )  # fmt: skip
        proposals = self._campaign.proposals()
        texts = [
            (each["proposal_id"], each["text"], each["language"])
            for each in proposals
            if each["status"] == "accepted"
        ]
        texts[3] = (texts[3][0], ARABIC, "ar")
        texts[5] = (texts[5][0], HOSTILE, "en")
        self.arabic, self.hostile = texts[3][0], texts[5][0]
        self._insert(
            "proposals",
            "consultation_id proposal_id text language country author status meta submitted_ms"
            " origin_partition origin_offset origin_ms",
            [[NAME, name, text, language, "", "", "accepted", False, self.now_ms, 0, n, 0]
             for n, (name, text, language) in enumerate(texts)],
        )  # fmt: skip
        ideas = self._campaign.ideas
        topics = {name: ideas[name].split("-")[0] for name, _, _ in texts}
        own = ["epoch", "consultation_id", "at_ms", "version"]
        self._insert(
            "assignments",
            " ".join([*own, "proposal_id cluster_id cluster_id_at_arrival similarity model"]),
            [[1, NAME, 0, 1, name, topic, topic, 0.5, "toy/1"] for name, topic in topics.items()],
        )
        self._insert(
            "clusters",
            " ".join([*own, "cluster_id theme_id theme_terms label terms size"]),
            [[1, NAME, 0, 1, topic, f"t{len(topic) % 3 + 1}", [f"theme-{len(topic) % 3}"], topic,
              sorted({part for name in ideas for part in ideas[name].split("-")
                      if topics.get(name) == topic})[:3],
              sum(other == topic for other in topics.values())]
             for topic in sorted(set(topics.values()))],
        )  # fmt: skip
        self._insert(
            "cluster_progress",
            " ".join([*own, "offset model proposals"]),
            [[1, NAME, 0, 1, 10, "toy/1", len(texts)]],
        )
        self.proposals = [name for name, _, _ in texts]

    def minute(self, votes: int) -> None:
        """People vote for a minute, and what can be published is."""
        self.now_ms += 60_000
        rows = []
        for message in self._campaign.messages(self.now_ms, votes):
            if message.kind == "bad":
                continue
            vote = json.loads(message.value)
            person = blake2b(vote["participant_id"].encode(), digest_size=16).digest()
            rows.append(
                {
                    "consultation_id": NAME,
                    "proposal_id": vote["proposal_id"],
                    "participant": int.from_bytes(person, "big"),
                    "country": vote.get("country") or "ZZ",
                    "choice": vote["choice"],
                    "trust": vote.get("trust") or "trusted",
                    "cast_ms": parse_instant(vote["cast_at"]),
                }
            )
        insert_votes(self._clickhouse, rows, first_offset=self._offset)
        self._offset += len(rows)
        publish(self._clickhouse, self.now_ms)

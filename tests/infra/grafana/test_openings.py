"""Annotations of openings and closings, on the real engine and a server like Grafana."""

from grafana_server import TOKEN, pretended_grafana

from infra.clickhouse.client import connect as clickhouse_of
from infra.config.settings import Settings
from infra.grafana.connection import connect
from infra.grafana.openings import Opening, annotate, read_openings

NOW_MS = 1_780_000_000_000
HOUR_MS = 3_600_000


def test_what_has_happened_is_read_and_what_lies_ahead_is_not(clickhouse_settings):
    client = clickhouse_of(clickhouse_settings)
    client.insert(
        "consultations",
        [
            ["dated", "<b>Dated</b>", [], [], 60, 30, 0, 1, 0, NOW_MS - HOUR_MS, NOW_MS + HOUR_MS],
            ["over", "", [], [], 60, 30, 0, 1, 0, None, NOW_MS - 1],
        ],
        column_names=[
            "consultation_id", "title", "countries", "weights", "window_seconds",
            "rank_min_votes", "origin_partition", "origin_offset", "origin_ms", "opens_ms",
            "closes_ms",
        ],
        database="tutti",
    )  # fmt: skip
    assert read_openings(client, lambda: NOW_MS) == [
        Opening("dated", "<b>Dated</b>", "opened", NOW_MS - HOUR_MS),
        Opening("over", "", "closed", NOW_MS - 1),
    ]


def test_an_opening_is_written_once_and_moved_when_the_campaign_moves_it():
    first = Opening("c1, with comma & more", "A <script> title", "opened", NOW_MS)
    with pretended_grafana() as grafana:
        grafana.annotations.append({"id": 1, "time": 1, "tags": ["others"], "text": "others"})
        client = connect(Settings(grafana_url=grafana.url, grafana_token=TOKEN))
        assert annotate(client, grafana.url, [first]) == 1
        assert annotate(client, grafana.url, [first]) == 0
        moved = Opening(first.consultation_id, first.title, "opened", NOW_MS + HOUR_MS)
        assert annotate(client, grafana.url, [moved]) == 1
        others, ours = grafana.annotations
    assert others["text"] == "others"
    assert ours["time"] == ours["timeEnd"] == NOW_MS + HOUR_MS
    assert ours["tags"] == ["tutti", "consultation:c1, with comma & more", "opened"]
    assert ours["text"] == "A &lt;script&gt; title opened"

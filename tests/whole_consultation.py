"""A consultation that has a row in every view, with any texts: for what is drawn of it."""

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, insert_votes

from pipelines.periodic.suggestions import suggest

AT_MS = 1_780_000_000_000
COUNTRIES = ("FR", "LU", "MT")
SIZES = ((90, 5, 5), (40, 40, 20), (10, 85, 5), (3, 0, 0))
"""Ballots that agree, disagree and are neutral, in turn."""


def insert_whole(
    clickhouse: Client,
    consultation: str,
    title: str,
    texts: dict[str, str],
    *,
    signals: bool = True,
    number: int = 0,
) -> None:
    """Insert it: proposals with ballots, clusters, groups, pairs and signals.

    Args:
        clickhouse: Operators' address.
        consultation: Its id.
        title: Its title.
        texts: Proposal → text; the texts are also the names and words of clusters.
        signals: Whether something looks arranged.
        number: Another one for each consultation of a server.
    """
    insert_consultation(clickhouse, consultation, dict.fromkeys(COUNTRIES, 1.0), rank_min_votes=1)
    insert_proposals(clickhouse, consultation, list(texts))
    for table, key in (("consultations", "title"), ("proposals", "text")):
        named = {None: title} if table == "consultations" else texts
        for proposal, value in named.items():
            clickhouse.command(
                f"INSERT INTO tutti.{table} SELECT * REPLACE ({{value:String}} AS {key},"
                f" origin_offset + 1000 AS origin_offset) FROM tutti.{table} FINAL"
                f" WHERE consultation_id = {{consultation:String}}"
                + (" AND proposal_id = {proposal:String}" if proposal is not None else ""),
                parameters={"value": value, "consultation": consultation, "proposal": proposal},
            )
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": consultation, "proposal_id": proposal, "country": country}
            | dict(zip(("agree", "disagree", "neutral"), SIZES[n % len(SIZES)], strict=True))
            for n, proposal in enumerate(texts)
            for country in COUNTRIES
        ],
    )
    insert_votes(
        clickhouse,
        [
            {"consultation_id": consultation, "proposal_id": proposal, "participant": person}
            for proposal in texts
            for person in range(7)
        ],
        first_offset=number * 100_000,
    )
    _clusters(clickhouse, consultation, texts)
    _groups(clickhouse, consultation, list(texts))
    if signals:
        _signals(clickhouse, consultation, list(texts))
    suggest(clickhouse, AT_MS)


def _clusters(clickhouse: Client, consultation: str, texts: dict[str, str]) -> None:
    first = next(iter(texts.values()))
    version = clickhouse.query("SELECT 1 + max(version) FROM tutti.assignments").first_row[0]
    known = [1, consultation, AT_MS]
    for table, columns, rows in (
        (
            "assignments",
            ["proposal_id", "cluster_id", "similarity", "model", "language"],
            [[proposal, "c1", 0.5, "toy/1", "en"] for proposal in texts],
        ),
        (
            "clusters",
            ["cluster_id", "label", "terms", "size"],
            [["c1", first, [text[:60] for text in texts.values()], len(texts)]],
        ),
        (
            "cluster_progress",
            ["offset", "model", "proposals", "clusters"],
            [[10, "toy/1", len(texts), 1]],
        ),
        ("vectors", ["proposal_id", "model", "vector"], [[p, "toy/1", [1, 0]] for p in texts]),
    ):
        with_time = ["at_ms"] if table != "vectors" else []
        clickhouse.insert(
            table,
            [[*known[: 2 + len(with_time)], version + n, *row] for n, row in enumerate(rows)],
            column_names=["epoch", "consultation_id", *with_time, "version", *columns],
            database="tutti",
        )


def _groups(clickhouse: Client, consultation: str, proposals: list[str]) -> None:
    cells = [(proposal, group) for proposal in proposals for group in (0, 1)]
    agree = [30 if group == n % 2 else 2 for n, (_, group) in enumerate(cells)]
    clickhouse.insert(
        "group_runs",
        [[consultation, 1, "grouped", AT_MS, 2, 0.5, 1, 0.1, [0, 1], [32, 32], 64, 60,
          len(proposals), 2_000, *map(list, zip(*cells, strict=True)), agree,
          [32 - n for n in agree], [0] * len(cells)]],
        column_names=[
            "consultation_id", "run", "status", "as_of", "k", "silhouette", "dimensions", "gap",
            "group_ids", "sizes", "participants", "grouped", "proposals", "ballots",
            "cell_proposals", "cell_groups", "cell_agree", "cell_disagree", "cell_neutral",
        ],
        database="tutti",
    )  # fmt: skip


def _signals(clickhouse: Client, consultation: str, proposals: list[str]) -> None:
    seen = [AT_MS, AT_MS + 60_000, AT_MS, AT_MS + 120_000]
    columns = [
        "from_at", "to_at", "first_seen", "last_seen", "consultation_id", "signal_id", "kind",
        "participants", "proposals", "votes", "agree", "observed", "expected", "p_value",
        "votes_before", "agree_before", "pattern", "common", "method", "version",
    ]  # fmt: skip
    clickhouse.insert(
        "signals",
        [
            [*seen, consultation, "burst-1", "burst", [], proposals[:1], [80], [79],
             90, 12.5, 1e-9, 100, 40, "", [], "bursts/1", 1],
            [*seen, consultation, "identical-1", "identical", [1, 2, 3], proposals,
             [3] * len(proposals), [2] * len(proposals), 3, 1e-5, None, 0, 0, "hash", [3, 1, 0],
             "identical/1", 1],
        ],
        column_names=columns,
        database="tutti",
    )  # fmt: skip
    clickhouse.insert(
        "signal_scans",
        [["burst", "", AT_MS, 1], ["identical", consultation, AT_MS, 1]],
        column_names=["kind", "consultation_id", "scanned_at", "done"],
        database="tutti",
    )

"""What the design needs of the engine: versions, views, materialised views, bitmaps, tokens."""

import json

import pytest


@pytest.fixture
def consultation(server):
    """The planned chain: a table that stores nothing, and views that fill what is kept."""
    server.sql("CREATE DATABASE chain ENGINE = Atomic")
    for statement in (
        """CREATE TABLE chain.accepted_votes (
            consultation_id String, proposal_id String, participant String, country String,
            choice String, cast_ms UInt64, origin_partition UInt16, origin_offset UInt64
        ) ENGINE = Null COMMENT 'accepted votes as they arrive; stored by the views'""",
        """CREATE TABLE chain.ballots (
            consultation_id LowCardinality(String), proposal_id String, participant UInt128,
            country LowCardinality(String), choice LowCardinality(String), cast_ms UInt64,
            version UInt128
        ) ENGINE = ReplacingMergeTree(version)
        ORDER BY (consultation_id, proposal_id, participant)
        SETTINGS non_replicated_deduplication_window = 100""",
        """CREATE MATERIALIZED VIEW chain.to_ballots TO chain.ballots AS
        SELECT consultation_id, proposal_id,
            reinterpretAsUInt128(reverse(unhex(participant))) AS participant, country, choice,
            cast_ms, bitOr(bitShiftLeft(toUInt128(cast_ms), 64),
                bitOr(bitShiftLeft(toUInt128(origin_partition), 48),
                    toUInt128(origin_offset))) AS version
        FROM chain.accepted_votes""",
        """CREATE TABLE chain.participation (
            consultation_id LowCardinality(String), country LowCardinality(String),
            hour DateTime('UTC'), people AggregateFunction(groupBitmap, UInt32),
            votes SimpleAggregateFunction(sum, UInt64)
        ) ENGINE = AggregatingMergeTree ORDER BY (consultation_id, country, hour)""",
        """CREATE MATERIALIZED VIEW chain.to_participation TO chain.participation AS
        SELECT consultation_id, country,
            toStartOfHour(toDateTime(intDiv(cast_ms, 1000), 'UTC')) AS hour,
            groupBitmapState(toUInt32(reinterpretAsUInt128(reverse(unhex(participant))))) AS people,
            count() AS votes
        FROM chain.accepted_votes GROUP BY consultation_id, country, hour""",
        """CREATE VIEW chain.current AS
        SELECT proposal_id, choice, count() AS ballots FROM chain.ballots FINAL
        GROUP BY proposal_id, choice COMMENT 'grain: proposal x choice'""",
        "ALTER TABLE chain.ballots COMMENT COLUMN version 'ms << 64 | partition << 48 | offset'",
        "ALTER TABLE chain.current MODIFY COMMENT 'grain: proposal and choice'",
    ):
        server.sql(statement)
    yield "chain"
    server.sql("DROP DATABASE chain SYNC")


def vote(person: int, proposal: str, choice: str, offset: int) -> str:
    fields = {
        "consultation_id": "c",
        "proposal_id": proposal,
        "participant": f"{person:032x}",
        "country": "FR",
        "choice": choice,
        "cast_ms": 1_700_000_000_000 + offset,
        "origin_partition": 3,
        "origin_offset": offset,
        "unknown_field": None,
    }
    return json.dumps(fields)


def send(server, rows, **url):
    options = {"input_format_skip_unknown_fields": "1"} | url
    query = "INSERT INTO chain.accepted_votes FORMAT JSONEachRow"
    reply = server.ask(body="\n".join(rows), query=query, **options)
    assert reply.status == 200, reply.text
    return reply


@pytest.mark.usefixtures("consultation")
def test_votes_pass_through_a_null_table_into_ballots_and_bitmaps(server):
    rows = [vote(person, "p", "agree", person) for person in range(1, 101)]
    send(server, rows)
    send(server, rows[:50])  # delivered twice
    send(server, [vote(1, "p", "disagree", 1000), vote(2, "p", "withdrawn", 1001)])
    assert server.sql("SELECT * FROM chain.current ORDER BY choice") == (
        "p\tagree\t98\np\tdisagree\t1\np\twithdrawn\t1"
    )
    assert server.sql("SELECT groupBitmapMerge(people), sum(votes) FROM chain.participation") == (
        "100\t152"
    )
    # the last byte of the number is the last of the pseudonym
    assert server.sql("SELECT min(participant), max(participant) FROM chain.ballots") == "1\t100"
    assert server.sql("SELECT version FROM chain.ballots FINAL WHERE choice = 'disagree'") == str(
        1_700_000_001_000 << 64 | 3 << 48 | 1000
    )


@pytest.mark.usefixtures("consultation")
def test_comments_of_views_and_columns_are_kept(server):
    tables = "SELECT comment FROM system.tables WHERE database = 'chain' AND name = "
    assert server.sql(tables + "'current'") == "grain: proposal and choice"
    assert server.sql(tables + "'accepted_votes'").startswith("accepted votes")
    columns = "SELECT comment FROM system.columns WHERE database = 'chain' AND name = 'version'"
    assert "offset" in server.sql(columns)


def test_a_deleted_row_disappears_under_final(server):
    server.sql(
        "CREATE TABLE tutti.r (k UInt8, n Int64, version UInt64, is_deleted UInt8)"
        " ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY k"
    )
    query = "INSERT INTO tutti.r FORMAT JSONEachRow"
    server.ask(body='{"k":1,"n":5,"version":2}{"k":2,"n":6,"version":2}', query=query)
    server.ask(body='{"k":1,"n":9,"version":1}{"k":2,"version":3,"is_deleted":1}', query=query)
    server.sql("CREATE VIEW marts.r AS SELECT k, n FROM tutti.r FINAL")
    assert server.sql("SELECT * FROM marts.r") == "1\t5"
    assert server.sql("SELECT * FROM marts.r", analyst=True) == "1\t5"
    server.sql("OPTIMIZE TABLE tutti.r FINAL")
    assert server.sql("SELECT * FROM marts.r") == "1\t5"


def test_a_repeated_token_inserts_once_also_after_a_restart(own_server):
    own_server.sql("CREATE DATABASE tutti ENGINE = Atomic")
    own_server.sql(
        "CREATE TABLE tutti.d (a UInt8) ENGINE = MergeTree ORDER BY a"
        " SETTINGS non_replicated_deduplication_window = 10"
    )

    def send(token):
        own_server.sql(
            "INSERT INTO tutti.d FORMAT JSONEachRow {'a':1}".replace("'", '"'),
            insert_deduplication_token=token,
        )

    send("one")
    send("one")
    send("two")
    own_server.stop()
    own_server.start()
    send("two")
    assert own_server.sql("SELECT count() FROM tutti.d") == "2"


def test_a_refreshable_view_refreshes(server):
    server.sql("CREATE TABLE tutti.source (a UInt8) ENGINE = MergeTree ORDER BY a")
    server.sql(
        "CREATE MATERIALIZED VIEW tutti.fresh REFRESH EVERY 1 DAY ENGINE = MergeTree ORDER BY n"
        " AS SELECT count() AS n FROM tutti.source"
    )
    server.sql("INSERT INTO tutti.source VALUES (1)")
    server.sql("SYSTEM REFRESH VIEW tutti.fresh")
    server.sql("SYSTEM WAIT VIEW tutti.fresh")
    assert server.sql("SELECT n FROM tutti.fresh") == "1"
    server.sql("DROP TABLE tutti.fresh SYNC")


def test_a_batch_becomes_one_part_and_parts_merge(server):
    server.sql("CREATE TABLE tutti.p (a UInt64) ENGINE = MergeTree ORDER BY a")
    rows = "\n".join(f'{{"a":{n}}}' for n in range(300_000))
    parts = "SELECT count() FROM system.parts WHERE table = 'p' AND active"
    assert server.ask(body=rows, query="INSERT INTO tutti.p FORMAT JSONEachRow").status == 200
    assert server.sql(parts) == "1"
    for _ in range(3):
        server.ask(body=rows, query="INSERT INTO tutti.p FORMAT JSONEachRow")
    server.sql("OPTIMIZE TABLE tutti.p FINAL")
    server.sql("ALTER TABLE tutti.p DELETE WHERE a > 9", mutations_sync="1")
    assert server.sql(parts) == "1"
    assert server.sql("SELECT count() FROM tutti.p") == "40"

"""The limit of an answer holds for its bytes as they are written, whatever the format."""

from urllib.parse import urlencode

import pytest
from raw_heads import RawReply, speak

from infra.chdb_http.policy import allowlist

LIMIT = 30_000
SENTENCE = 1_000
"""Bytes that an error sentence may take, behind what was sent before it."""
STATEMENTS = {
    "a repeated value": "SELECT toLowCardinality(repeat('x', 1000)) AS a FROM numbers(1000)",
    "padded columns": "SELECT if(number = 0, repeat('x', 1000), 'y') AS a FROM numbers(1000)",
    "a long name": f"SELECT toUInt8(number) AS {'n' * 1000} FROM numbers(1000)",
    "escaped bytes": "SELECT toLowCardinality(repeat('\\0', 1000)) AS a FROM numbers(200)",
}
WIDEST = {name: str(greatest) for name, (_, greatest) in allowlist.NUMBER_SETTINGS.items()}
FILLED = dict.fromkeys(allowlist.TEXT_SETTINGS, "t" * allowlist.MAX_TEXT_SETTING)
REFUSED = {"241", "396"}


def answer(server, sql: str, name: str, **url: str) -> RawReply:
    target = "/?" + urlencode(url | {"default_format": name})
    head = ("Host: {own}", f"Content-Length: {len(sql)}")
    return speak(server.analyst_port, f"POST {target} HTTP/1.0", *head, body=sql.encode())


@pytest.mark.parametrize("settings", [{}, WIDEST, FILLED], ids=["none", "widest", "filled"])
@pytest.mark.parametrize("case", STATEMENTS)
def test_no_format_and_no_setting_writes_more_than_the_limit(server, case, settings):
    names = server.sql("SELECT name FROM system.formats WHERE is_output ORDER BY name").split()
    assert len(names) > 50
    refused = set()
    for name in names:
        reply = answer(server, STATEMENTS[case], name, **settings, max_result_bytes=str(LIMIT))
        assert len(reply.body) <= LIMIT + SENTENCE, name
        if reply.headers.get("x-clickhouse-exception-code") in REFUSED:
            refused.add(name)
    assert {"JSONEachRow", "PrettySpace", "Vertical"} & refused


def test_an_answer_in_pieces_ends_where_it_gets_too_long(server):
    sql = STATEMENTS["a repeated value"].replace("1000)", "10000)")
    reply = answer(server, sql, "CSV", max_result_bytes="5000000", max_block_size="100")
    assert len(reply.body) < 5_000_000 + SENTENCE
    assert b"more than 5,000,000 bytes in this format" in reply.body[-SENTENCE:]
    assert server.sql("SELECT 1", analyst=True) == "1"


def test_the_engine_counts_the_memory_of_every_answer(server):
    """Formats that wait for more rows wrote theirs where no query's limit held."""
    sql = "SELECT if(number % 1000 = 0, repeat('x', 1000), 'y') FROM numbers(60000)"
    url = WIDEST | {"max_memory_usage": "30000000"}
    reply = answer(server, sql, "PrettySpace", **url)
    assert reply.headers["x-clickhouse-exception-code"] == "241"

"""Settings that analysts choose: harmless ones work everywhere, none loosens a limit."""

import clickhouse_connect
import pytest

from infra.chdb_http import limits
from infra.chdb_http.errors import QueryError
from infra.chdb_http.policy import allowlist
from infra.chdb_http.policy.chosen_settings import ChosenSettings, read_chosen_settings

APPLIED = [
    ("SELECT 1 SETTINGS max_threads = 1", "1\n"),
    ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1;", "1\n"),
    ("SELECT 'a', 2 SETTINGS format_csv_delimiter = ';' FORMAT CSV", '"a";2\n'),
    ("SELECT 'a', 2 FORMAT CSV settings format_csv_delimiter='\\t' -- to the end", '"a"\t2\n'),
    ("SELECT NULL FORMAT CSV SETTINGS format_csv_null_representation = ''", "\n"),
    ("SELECT toDateTime64(0, 0, 'UTC') SETTINGS date_time_output_format = 'unix_timestamp'", "0\n"),
    ("SELECT toString(toDateTime(0)) SETTINGS session_timezone = 'Asia/Tokyo'", "1970-01-01 09"),
    ("SELECT 9::UInt64 FORMAT TSV SETTINGS output_format_json_quote_64bit_integers=true", "9\n"),
    ("SELECT 1 UNION ALL SELECT 1 SETTINGS max_block_size = 100, max_result_rows = 2", "1\n1\n"),
    ("EXPLAIN AST SELECT 1 SETTINGS max_threads = 1", "SelectWithUnionQuery"),
    ("SELECT SETTINGS = 1 FROM (SELECT 1 AS SETTINGS)", "1\n"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "answer"), APPLIED)
def test_harmless_settings_at_the_end_of_a_statement_work(server, sql, answer):
    reply = server.ask(body=sql, analyst=True)
    assert reply.status == 200, reply.text
    assert reply.text.startswith(answer)


def test_they_work_in_the_url_and_with_clickhouse_connect_as_well(server):
    url = {"format_csv_delimiter": ";", "max_rows_to_read": "9"}
    assert server.ask(body="SELECT 1, 2 FORMAT CSV", analyst=True, **url).text == "1;2\n"
    client = clickhouse_connect.get_client(host="127.0.0.1", port=server.analyst_port)
    read = "SELECT count() FROM numbers(10)"
    assert client.query(read, settings={"max_rows_to_read": 10}).result_rows == [(10,)]
    with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError, match="TOO_MANY_ROWS"):
        client.query(read, settings={"max_rows_to_read": 9})
    with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError, match="TOO_MANY_ROWS"):
        client.query(f"{read} SETTINGS max_rows_to_read = 9")


REFUSED = [
    ("max_threads = 8", "max_threads can be chosen from 1 to 1 here"),
    ("max_execution_time = 31", "max_execution_time can be chosen from 1 to 30 here"),
    ("max_execution_time = 0", "max_execution_time can be chosen from 1 to 30 here"),
    ("max_result_rows = 0", "max_result_rows can be chosen from 1 to 1000000 here"),
    ("max_memory_usage = 0", "max_memory_usage can be chosen from 1 to"),
    ("max_rows_to_read = 0", "max_rows_to_read can be chosen from 1 to"),
    ("max_block_size = 100000", "max_block_size can be chosen from 1 to 65536 here"),
    ("output_format_json_quote_64bit_integers = 2", "is 0 or 1"),
    (f"format_csv_null_representation = '{'x' * 65}'", "has at most 64 characters"),
    ("join_use_nulls = 1", "cannot be chosen here: it changes what published views mean"),
    ("readonly = 0", "the setting readonly cannot be chosen here"),
    ("max_threads = 1, readonly = 0", "the setting readonly cannot be chosen here"),
    ("additional_table_filters = {'marts.v': '1'}", "(READONLY)"),
    ("max_threads = DEFAULT", "(READONLY)"),
    ("max_threads = {n:UInt8}", "(READONLY)"),
    ("max_threads = 1 UNION ALL SELECT 1", "at the end of the statement only"),
    ("max_threads = 1 FORMAT CSV SETTINGS max_threads = 1", "at the end of the statement only"),
]


@pytest.mark.parametrize(("clause", "sentence"), REFUSED)
def test_what_loosens_a_limit_or_reaches_further_is_refused_with_a_sentence(
    server, clause, sentence
):
    reply = server.ask(body=f"SELECT 1 SETTINGS {clause}", analyst=True, param_n="1")
    assert reply.status == 403, reply.text
    assert sentence in reply.text
    within = f"SELECT * FROM (SELECT 1 SETTINGS {clause})"
    assert server.ask(body=within, analyst=True, param_n="1").status >= 400


def test_what_drivers_send_by_themselves_is_no_reason_to_refuse_and_loosens_nothing(server):
    changed = "SELECT name, value FROM system.settings WHERE name IN ('{}') FORMAT TSV"
    url = {"max_execution_time": "0", "max_threads": "64", "max_result_rows": "0", "readonly": "0"}
    reply = server.ask(body=changed.format("', '".join(url)), analyst=True, **url)
    there = dict(line.split("\t") for line in reply.text.splitlines())
    assert there == {
        "max_execution_time": "30", "max_threads": "1", "max_result_rows": "1000000",
        "readonly": "1",
    }  # fmt: skip
    own = changed.format("max_execution_time")
    lower = server.ask(body=own, analyst=True, max_execution_time="5")
    assert lower.text == "max_execution_time\t5\n"


class Asking:
    """The engine, asked over its operators' port."""

    def __init__(self, server):
        self.server = server

    def rows(self, sql):
        lines = self.server.sql(f"{sql} FORMAT TSVRaw").splitlines()
        return [tuple(line.split("\t")) for line in lines]


def admits(chosen: ChosenSettings, name: str, value: str) -> bool:
    try:
        return chosen.from_clause({name: value}) == {name: value}
    except QueryError:
        return False


def test_every_other_setting_of_the_engine_is_refused(server):
    ours = limits.analysts(2048, ("marts",)).settings
    chosen = read_chosen_settings(Asking(server), ours)  # type: ignore[arg-type]
    every = Asking(server).rows("SELECT name, type FROM system.settings")
    assert len(every) > 1_000
    named = allowlist.CHOSEN_SETTINGS
    assert named <= {name for name, _ in every}
    for name, kind in every:
        shown = name in named or (kind == "Bool" and name.startswith("output_format_"))
        for value in ("0", "1", "99999999999999999999", "/etc/passwd", "x" * 1000):
            assert shown or not admits(chosen, name, value), name
    # No limit of ours can be chosen but those that are compared with it.
    assert not named & ours.keys() - allowlist.LOWERED_SETTINGS
    for name in allowlist.LOWERED_SETTINGS:
        assert admits(chosen, name, ours[name])
        assert not admits(chosen, name, str(int(ours[name]) + 1))
        assert not admits(chosen, name, "0")

"""What is checked are the words that the engine reads: no comment and no odd name hides any."""

# ruff: noqa: E501 - an attempt is easier to judge on one line

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = "seen-by-nobody"  # noqa: S105 - of a test
SECRETS = f"* APPLY(x -> (SELECT any(b) FROM tutti.hidden WHERE b = '{SECRET}'))"
HIDING = [
    "a String // '\n", "a String -- '\n", "a String # '\n", "a String #!'\n", "a String /* ' */", "a$q$ String",
    "a$$ String", "`a'` String", 'a String // "\n', "a String // `\n",
]  # fmt: skip


@pytest.fixture(scope="module")
def unpublished(server):
    server.sql("CREATE TABLE tutti.hidden (b String) ENGINE = MergeTree ORDER BY b")
    server.sql(f"INSERT INTO tutti.hidden VALUES ('{SECRET}')")
    server.sql("CREATE VIEW marts.plain AS SELECT 1 AS c")
    yield server
    server.sql("DROP VIEW marts.plain")
    server.sql("DROP TABLE tutti.hidden SYNC")


@pytest.mark.parametrize("hiding", HIDING)
def test_the_type_of_a_parameter_hides_nothing(unpublished, hiding):
    for end in (
        "WHERE ''=''",
        "WHERE c = 1 AND '$q$' != ''",
        "ORDER BY c AS `b$$`",
        "LIMIT 1 -- '",
        "AS `x'`",
    ):
        for body in (
            f"SELECT {{p:Tuple({hiding})}}, {SECRETS} FROM marts.plain {end}",
            f"SELECT {{p:Tuple({hiding})}}, b FROM {{d:Identifier}}.{{t:Identifier}} {end}",
            f"SELECT {{p:Tuple({hiding})}}, data_path FROM system.databases {end}",
        ):
            named = {"param_d": "tutti", "param_t": "hidden", "param_p": "('a')"}
            reply = unpublished.ask(body=body, analyst=True, **named)
            assert reply.status in {400, 403} or "data_path" in body, body  # that one is redacted
            assert SECRET not in reply.text.replace(body, "")
            assert str(unpublished.home) not in reply.text


@pytest.mark.parametrize("hiding", HIDING)
def test_nor_from_the_operators_port(unpublished, hiding, tmp_path):
    file = unpublished.home / "clickhouse" / "written.txt"
    body = f"SELECT {{p:Tuple({hiding})}}, 5 INTO OUTFILE '{file}' FORMAT TSV"
    assert unpublished.ask(body=body, param_p="('a')").status in {400, 403}
    assert not file.exists()
    for rows in ("(file('/proc/self/cmdline'))", "('a' // '\n), (file('/proc/self/cmdline')) // '"):
        assert unpublished.ask(body=f"INSERT INTO tutti.hidden VALUES {rows}\n").code == 497


@pytest.mark.parametrize(
    "name", ["AggregateFunction(any, `\\x44ynamic`)", "`Aggregat\\x65Function`(any, Dynamic)"]
)
def test_no_type_of_a_parameter_has_a_quoted_name(unpublished, name):
    named = {"param_p": "\\x01\\x12\\x07Foo/Bar\\x00\\x00\\x00\\x00"}
    for analyst in (True, False):
        reply = unpublished.ask(
            body=f"SELECT finalizeAggregation({{p:{name}}})", analyst=analyst, **named
        )
        assert reply.code == 36
        assert "cannot be checked" in reply.text


def test_the_name_of_a_parameter_is_a_name(unpublished):
    injected = "param_a=1; CREATE TABLE tutti.made ENGINE = Memory AS SELECT 1; SET param_b"
    for name in (
        injected,
        "param_a = 1, param_b",
        "param_a;b",
        "max_threads = 1, readonly",
    ):
        for insert in ("INSERT INTO tutti.hidden FORMAT CSV\nx", "SELECT 1"):
            for analyst in (True, False):
                assert unpublished.ask(body=insert, analyst=analyst, **{name: "1"}).status in {
                    400,
                    403,
                }, name
    assert unpublished.sql("EXISTS tutti.made") == "0"


def test_a_verdict_is_not_given_again_for_another_name(unpublished):
    body = "SELECT * FROM {d:Identifier}.{t:Identifier}"
    for database, table in (("marts", "plain"), ("tutti", "hidden")):
        reply = unpublished.ask(body=body, analyst=True, param_d=database, param_t=table)
        assert SECRET not in reply.text


def test_types_are_written_as_drivers_write_them(unpublished):
    types = {
        "UInt8": "1", "String": "x", "Map(String, Array(Nullable(UInt64)))": "{}", "Decimal(10, 2)": "1.5",
        "DateTime64(3, 'UTC')": "2026-01-01 00:00:00", "Enum8('a b' = 1)": "a b", "Tuple(a String, b UInt8)": "('a',1)",
        "LowCardinality(Nullable(String))": "x",
    }  # fmt: skip
    for name, value in types.items():
        reply = unpublished.ask(body=f"SELECT {{p:{name}}}", analyst=True, param_p=value)
        assert reply.status == 200, reply.text


def test_no_error_names_what_is_not_published(unpublished):
    for body in ("SELECT * FROM hiddn", "SELECT * FROM hidden", "SELECT * FROM marts.hidden"):
        assert "tutti" not in unpublished.ask(body=body, analyst=True).text


PIECES = st.sampled_from([
    "'", "''", '"', "`", "$", "$a$", "//", "--", "/*", "*/", "#", "#!", "\n", " ", "a", "a$", "1", ".", "\\", "(", ")", "{p:",
    "}", "String", ", ", "tutti.hidden", "é", "->", "APPLY", "[", "]",
])  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=12))
def test_no_text_in_the_place_of_a_type_shows_a_secret(unpublished, pieces):
    body = f"SELECT {{p:Tuple(a String {''.join(pieces)})}}, {SECRETS} FROM marts.plain WHERE ''=''"
    reply = unpublished.ask(body=body, analyst=True, param_p="('a')")
    assert reply.status >= 400, body

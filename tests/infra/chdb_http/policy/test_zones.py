"""A time zone is one that the engine has, written out: a name is a path to it, and costs memory."""

# ruff: noqa: E501 - an attempt is easier to judge on one line

import json
import os
import subprocess
import sys

import pytest

from infra.chdb_http.errors import QueryError, unpublished
from infra.chdb_http.policy.zone_arguments import BY_NAME, TYPE_ARGUMENTS, ZONE_ARGUMENTS
from infra.chdb_http.policy.zones import MAX_USED, SETTINGS, TimeZones

ADMITTED = [
    "SELECT toDateTime(0, 'UTC'), toTimeZone(now(), 'Europe/Paris'), now('Asia/Tokyo')",
    "SELECT formatDateTime(now(), '%Y', 'Europe/Paris'), toStartOfDay(now(), 'UTC')",
    "SELECT toDateTime64('2026-01-01 00:00:00', 3, 'UTC'), toDateTime('2026-01-01 00:00:00')",
    "SELECT CAST(0, 'DateTime(\\'UTC\\')'), now()::DateTime('UTC'), CAST(0 AS DateTime64(3, 'UTC'))",
    "SELECT CAST(0 AS Nullable(DateTime)), CAST(0, 'DateTime64(3)'), toString(now(), 'UTC')",
    "SELECT now() AT TIME ZONE 'Europe/Paris', toStartOfWeek(now(), 1, 'UTC'), toHour(now())",
    "SELECT JSONExtract('{\"a\": 0}', 'a', 'Nullable(DateTime(\\'UTC\\'))')",
    "SELECT arrayMap(x -> toDateTime(x, 'UTC'), [0]), arrayMap(toDate, [1]), addDays(now(), 1)",
    "SELECT 'the timestamp of the vote (UTC)', 'DateTime', 'date time (about)', toYear(today())",
    "SELECT toStartOfInterval(now(), INTERVAL 1 HOUR, 'UTC'), dateDiff('day', now(), now(), 'UTC')",
    "SELECT timestamp('2020-01-01 00:00:00'), 'the \\'date\\' (of é)', 'it\\'s a \"date\" (x)'",
    "SELECT * FROM values('a DateTime(\\'UTC\\')', (0))",
]
ZONES = [
    "file:{fifo}",
    "{fifo}",
    "Asia//Tokyo",
    "asia/tokyo",
    "../../etc/localtime",
    "file:/etc/localtime",
]
ATTEMPTS = [
    "SELECT toDateTime(0, '{zone}')", "SELECT TODATETIME(0, '{zone}')", "SELECT `toDateTime`(0, '{zone}')",
    "SELECT toTimeZone(now(), concat('{zone}', ''))", "WITH '{zone}' AS z SELECT toTimeZone(now(), z)",
    "SELECT toTimeZone(now(), {{z:String}})", "SELECT toTimeZone(now(), ('{zone}' AS z))",
    "SELECT arrayMap((x, y) -> toString(x, y), [now()], ['{zone}'])", "SELECT arrayMap(toString, [now()], ['{zone}'])",
    "WITH toString AS f SELECT arrayMap(f, [now()], ['{zone}'])", "SELECT formatDateTime(now(), '%Y', materialize('{zone}'))",
    "SELECT toString(now(), z) FROM (SELECT '{zone}' AS z)", "SELECT now() AT TIME ZONE '{zone}'", "SELECT now('{zone}')",
    "SELECT 0::DateTime('{zone}')", "SELECT CAST(0 AS DateTime64(3, '{zone}'))", "SELECT CAST(0, 'DateTime(\\'{zone}\\')')",
    "SELECT CAST(0, concat('Date', 'Time(\\'{zone}\\')'))", "SELECT CAST(0, 'D' || 'ateTime(\\'{zone}\\')')",
    "SELECT CAST(0, 'Nullable(DateTime /* */ (\\'{zone}\\'))')", "SELECT CAST(0, '\\x44ateTime(\\'{zone}\\')')",
    "SELECT {{z:DateTime('{zone}')}}", "SELECT defaultValueOfTypeName('Tuple(a DateTime(\\'{zone}\\'))')",
    "SELECT JSONExtract('{{\"a\": 0}}', 'a', 'DateTime(\\'{zone}\\')')", "SELECT * FROM values('a DateTime(\\'{zone}\\')', (0))",
    "SELECT addDays('2026-01-01', 1, '{zone}')", "SELECT toHour(now(), '{zone}')", "SELECT toStartOfWeek(now(), 1, '{zone}')",
    "SELECT CAST('{{\"a\": 0}}' AS JSON(a DateTime('{zone}')))", "SELECT j.a.:`DateTime('{zone}')` FROM (SELECT CAST('{{\"a\": 0}}' AS JSON) AS j)",
    "WITH (x -> concat('{zone}', '')) AS now SELECT toString(toDateTime(0), now(1))", "WITH (x, y) -> toString(x, y) AS f SELECT f(now(), '{zone}')",
    "SELECT CAST(1, '`Date\\\\x54ime`(\\'{zone}\\')')", "SELECT CAST(1, '\"DateTime\"(\\'{zone}\\')')",
    "SELECT CAST(tuple('a', 1), 'Tuple(a String, // \\'\n b DateTime(\\'{zone}\\') // \\'\n)')",
    "SELECT * REPLACE('{zone}' AS dummy) APPLY(now) FROM system.one", "SELECT * REPLACE('{zone}' AS dummy) APPLY nowInBlock FROM system.one",
    "SELECT * REPLACE(concat('Date', 'Time(\\'{zone}\\')') AS dummy) APPLY(defaultValueOfTypeName) FROM system.one", "SELECT toTime(now(), '{zone}')",
    "SELECT 1 SETTINGS session_timezone = '{zone}'", "SELECT toDateTime(0, 'UTC\\0{zone}')",
]  # fmt: skip


@pytest.fixture(scope="module")
def fifo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Who opens it waits, until somebody writes to it."""
    path = tmp_path_factory.mktemp("zones") / "pipe"
    os.mkfifo(path)
    return str(path)


@pytest.mark.parametrize("analyst", [True, False], ids=["analysts", "operators"])
@pytest.mark.parametrize("statement", ADMITTED)
def test_zones_of_the_engine_are_admitted(server, statement, analyst):
    assert server.ask(body=statement, analyst=analyst).status == 200, statement


@pytest.mark.parametrize("analyst", [True, False], ids=["analysts", "operators"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_else_is(server, fifo, attempt, analyst):
    for zone in ZONES:
        statement = attempt.format(zone=zone.format(fifo=fifo))
        reply = server.ask(body=statement, analyst=analyst, param_z=zone.format(fifo=fifo))
        assert reply.code in {164, 497}, (statement, reply.text)


@pytest.mark.parametrize("analyst", [True, False], ids=["analysts", "operators"])
def test_nor_in_the_url(server, fifo, analyst):
    for zone in ZONES:
        named = {"session_timezone": zone.format(fifo=fifo)}
        assert server.ask(body="SELECT 1", analyst=analyst, **named).code in {164, 497}
    assert server.ask(body="SELECT 1", session_timezone="UTC").status == 200


@pytest.mark.parametrize(
    "rows",
    ["(toDateTime(0, '{zone}'))", "(CAST(0, 'DateTime(\\'{zone}\\')'))", "(CAST(0, '\\x44ateTime(\\'{zone}\\')'))",
     "(CAST(0 AS DateTime('{zone}')))", "(toDateTime(0, concat('{zone}', '')))", "((SELECT now('{zone}')))"],
)  # fmt: skip
def test_nor_in_values(server, fifo, rows):
    server.sql("CREATE TABLE IF NOT EXISTS tutti.zoned (a DateTime) ENGINE = MergeTree ORDER BY a")
    for zone in ZONES:
        given = rows.format(zone=zone.format(fifo=fifo))
        assert server.ask(body=f"INSERT INTO tutti.zoned VALUES {given}").code == 497, given
    server.sql("INSERT INTO tutti.zoned VALUES (toDateTime(0, 'UTC')), ('2026-01-01 00:00:00')")
    server.sql("DROP TABLE tutti.zoned SYNC")


@pytest.mark.parametrize("analyst", [True, False], ids=["analysts", "operators"])
def test_nor_by_a_function_that_finds_zones_in_the_data(server, analyst):
    statement = "SELECT parseDateTimeInJodaSyntax('2020 Mars/Olympus', 'yyyy z')"
    assert server.ask(body=statement, analyst=analyst).code in {164, 497}


def test_analysts_make_no_state_that_names_its_own_types(server):
    dynamic = "CAST(unhex('0112074E6F70652F5A7A01000000') AS AggregateFunction(any, Dynamic))"
    assert server.ask(body=f"SELECT finalizeAggregation({dynamic})", analyst=True).code == 164
    plain = "SELECT finalizeAggregation(CAST(unhex('00'), 'AggregateFunction(count)'))"
    assert server.ask(body=plain, analyst=True).status in {200, 400}
    spaced = "CAST(unhex('00'), 'AggregateFunction /**/ (any, Dynamic)')"
    assert server.ask(body=f"SELECT finalizeAggregation({spaced})", analyst=True).code == 164
    names = "SELECT name IN ('AggregateFunction', 'Dynamic') FROM system.data_type_families"
    assert server.ask(body=names, analyst=True).status == 200


def test_analysts_use_few_of_them_and_are_told_which():
    zones = TimeZones([f"Zone/{n}" for n in range(100)] + ["UTC"], 2, unpublished)
    for zone in ("Zone/1", "Zone/2", "UTC", "Zone/1"):
        zones.check(f"SELECT now('{zone}')", {})
    with pytest.raises(QueryError, match="UTC, Zone/1, Zone/2"):
        zones.check("SELECT now('Zone/3')", {})


def test_all_zones_of_the_engine_are_more_than_analysts_may_load(own_server):
    names = own_server.sql("SELECT time_zone FROM system.time_zones").split()
    replies = [own_server.ask(body=f"SELECT now('{name}')", analyst=True) for name in names]
    admitted = [reply for reply in replies if reply.status == 200]
    assert len(admitted) == MAX_USED + 1  # UTC is not counted
    assert all("use UTC" in reply.text for reply in replies if reply.code == 164)
    assert len(admitted) + sum(reply.code == 164 for reply in replies) == len(names)


SWEEP = """
import itertools, json, os, sys
os.environ["TZ"], os.environ["TZDIR"] = "UTC", "/nonexistent"
from chdb import session
engine = session.Session()
names = engine.query(
    "SELECT name FROM system.functions WHERE origin = 'System' AND is_aggregate = 0"
    " AND NOT startsWith(name, 'sleep')", "TSVRaw").bytes().decode().split()
of_zone = "'Nowhere/X'"
first = ["now()", "'x'", "1", "'{\\"a\\": 1}'", "generateUUIDv7()"]
second = ["1", "'%Y'", "INTERVAL 1 DAY"]
found = []
for name in names:
    for place in range(3):
        for before in itertools.product(*[first, second][:place]):
            for text in (of_zone, "'DateTime(\\\\'Nowhere/X\\\\')'"):
                try:
                    engine.query(f"SELECT {name}({', '.join([*before, text])})", "Null")
                except Exception as error:
                    if "Cannot load time zone" in str(error):
                        found.append([name, place, text == of_zone])
print(json.dumps(found))
"""


def test_every_function_of_the_engine_that_takes_a_zone_is_known():
    done = subprocess.run(
        [sys.executable, "-c", SWEEP], capture_output=True, text=True, check=True, timeout=850
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert len({name for name, _, _ in found}) > 80  # it was looked for
    unknown = []
    for name, place, is_zone in found:
        zones = ZONE_ARGUMENTS.get(name.lower(), ())
        types = TYPE_ARGUMENTS.get(name.lower(), ())
        if not (place in zones or (not is_zone and (place in types or -1 in types))):
            unknown.append((name, place, is_zone))
    assert unknown == []


def test_every_setting_whose_value_is_a_zone_is_known(server):
    names = "SELECT name FROM system.settings WHERE name ILIKE '%time%zone%' AND type != 'Bool'"
    assert set(server.sql(names).split()) == SETTINGS


def test_names_are_as_they_are_looked_for():
    for name in (*ZONE_ARGUMENTS, *TYPE_ARGUMENTS, *BY_NAME):
        assert name == name.lower()

"""Functions of which one call has much to do: it ends by itself, or is closed to analysts.

The engine looks at the clock between blocks of rows, never within a call. The measure is the CPU
time of the server: a call that nothing limits takes minutes of it, however busy the machine is.
"""

from typing import Final

import psutil
import pytest

from infra.chdb_http.policy import allowlist

CPU_LIMIT_S: Final = 60
"""Twice the time of a query."""
TEXT: Final = "repeat('ab', 500000)"
LIST: Final = "range(300000)"
POINTS: Final = "arrayMap(x -> (cos(x), sin(x)), range(100000))"

CALLS: Final = [
    "repeat('x', 1000000000)", "space(1000000000)", "leftPad('x', 1000000000)",
    "rightPadUTF8('x', 1000000000)", "toFixedString('x', 1000000000)", "range(500000000)",
    "arrayWithConstant(1000000000, 1)", "arrayResize([1], 1000000000)", "randomString(1000000000)",
    "randomFixedString(1000000000)", "timeSlots(toDateTime(0), toUInt32(4294967295), 1)",
    "h3HexRing(644325529233966508, 10000)", "h3ToChildren(577023702256844799, 15)",
    "h3ToChildren(577023702256844799, 8)", "geohashesInBox(-180., -90., 180., 90., 12)",
    f"jaroSimilarity({TEXT}, {TEXT})", f"ngramDistance({TEXT}, {TEXT})",
    f"match({TEXT}, '(a*)*c')", f"replaceRegexpAll({TEXT}, '(a|b)', '\\\\0\\\\0\\\\0')",
    f"replaceAll({TEXT}, 'a', repeat('x', 100000))", f"arrayIntersect({LIST}, {LIST})",
    f"hasSubstr({LIST}, range(150000))", "arraySort(range(20000000))",
    "arrayMap(x -> arraySum(range(x)), range(100000))",
    f"polygonConvexHullCartesian([[{POINTS}]])", "bitmapBuild(range(20000000))",
]  # fmt: skip

# They read points one after the other, or took a second at most for polygons of thousands.
OPEN_POLYGONS: Final = {
    "h3PolygonToCells", "h3PolygonToCellsWithContainment", "polygonAreaCartesian",
    "polygonAreaSpherical", "polygonConvexHullCartesian", "polygonPerimeterCartesian",
    "polygonPerimeterSpherical", "polygonsDistanceCartesian", "polygonsEqualsCartesian",
    "polygonsIntersectCartesian", "polygonsIntersectSpherical", "readWKBMultiPolygon",
    "readWKBPolygon", "readWKTMultiPolygon", "readWKTPolygon",
}  # fmt: skip
ROWS: Final = [
    "SELECT count() FROM numbers(1000000000000000)",
    "SELECT max(number) FROM numbers(100000000000) GROUP BY number",
    "SELECT count() FROM numbers(1000000) AS a CROSS JOIN numbers(1000000) AS b",
    "SELECT * FROM generate_series(1, 100000000000) FORMAT Null",
    "SELECT arrayJoin(range(100000000)) AS a, arrayJoin(range(100000000)) AS b FORMAT Null",
]


@pytest.mark.parametrize("statement", [*(f"SELECT ignore({call})" for call in CALLS), *ROWS])
def test_what_takes_constants_of_any_size_ends(server, statement):
    process = psutil.Process(server.process.pid)
    before = sum(process.cpu_times()[:2])
    reply = server.ask(body=f"{statement} SETTINGS max_execution_time = 1", analyst=True)
    assert reply.status in {200, 400, 408, 413, 500}, reply.text
    assert sum(process.cpu_times()[:2]) - before < CPU_LIMIT_S
    assert server.sql("SELECT 1", analyst=True) == "1"


@pytest.mark.parametrize("name", sorted(allowlist.COSTLY))
def test_what_does_not_end_is_closed(server, name):
    assert server.sql(f"SELECT count() FROM system.functions WHERE name = '{name}'") == "1"
    other = server.sql(f"SELECT name FROM system.functions WHERE lower(alias_to) = lower('{name}')")
    aggregate = server.sql(f"SELECT is_aggregate FROM system.functions WHERE name = '{name}'")
    combined = [f"{name}If", f"{name}ArrayIf"] if aggregate == "1" else []
    for called in (name, *other.split(), *combined):
        reply = server.ask(body=f"SELECT {called}(1, 2)", analyst=True)
        assert reply.status == 403
        assert f"the function {called} cannot be called" in reply.text


def test_every_function_of_polygons_is_closed_or_stands_in_a_list(server):
    """The engine names them, so that none is opened, or comes with a new version, in silence."""
    found = server.sql("SELECT name FROM system.functions WHERE name ILIKE '%polygon%'").split()
    asked = {name: server.ask(body=f"SELECT {name}(1, 2)", analyst=True) for name in found}
    assert {name for name, reply in asked.items() if reply.status != 403} == OPEN_POLYGONS

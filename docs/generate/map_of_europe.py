"""Makes `pipelines/live/europe.json`, the map of the public pages, from Natural Earth's shapes.

``python -m docs.generate.map_of_europe countries-50m.json`` takes that file of the npm package
`world-atlas` 2.0.2 (``npm pack world-atlas@2.0.2``), which holds Natural Earth 4.1 at 1:50 million
as TopoJSON. Natural Earth is in the public domain. The file is made once and lies in the
repository: neither set-up nor a running service fetches anything.
"""

import json
import math
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from babel.core import get_global

from infra.config.folders import CHECKOUT

MAP: Final = CHECKOUT / "pipelines" / "live" / "europe.json"
SOURCE_SHA256: Final = "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394"
PROVENANCE: Final = (
    "Natural Earth 4.1, 1:50m countries, public domain; from npm world-atlas 2.0.2,"
    " countries-50m.json; made by docs/generate/map_of_europe.py"
)
COUNTRIES: Final = frozenset({
    "AL", "AD", "AT", "BA", "BE", "BG", "BY", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
    "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MD", "ME", "MK", "MT", "NL",
    "NO", "PL", "PT", "RO", "RS", "RU", "SE", "SI", "SK", "TR", "UA", "XK",
})  # fmt: skip
NEIGHBOURS: Final = {"RU", "BY"}
"""Drawn where they reach into the picture, without a label of their own."""
UNCODED: Final = {"Kosovo": "XK", "N. Cyprus": "CY"}
"""Natural Earth's shapes without a code of ISO 3166; the island of Cyprus is one shape here."""
LABELS: Final = {
    "AT": (512, 655), "BE": (331, 547), "CH": (401, 664), "GR": (655, 828), "IT": (472, 752),
    "LU": (371, 585), "MT": (533, 962), "NL": (361, 514), "NO": (418, 288),
}  # fmt: skip
"""Places of labels that would cover another country."""
OF_UKRAINE: Final = ((32.0, 44.2), (36.8, 46.3))
"""Natural Earth draws who governs in fact; what it draws of Russia in here is Ukraine's in law."""
CENTRE: Final = (math.radians(10.0), math.radians(52.0))
"""Longitude and latitude of the centre of Lambert's equal-area projection, as EPSG:3035 has it."""
KM: Final = 6371.0
LEFT, TOP, UNIT = -1830.0, 2230.0, 4.2
"""Western and northern edge of the picture in km from the centre, and km per unit."""
WIDTH, HEIGHT = 980, 1010
TOLERANCE: Final = 1.3
"""Units by which a simplified border may be beside the real one: half a pixel of a page."""
LEAST_AREA: Final = 14.0
"""Square units; smaller islands are left out, unless they are all of a country."""

Point = tuple[float, float]


def project(longitude: float, latitude: float) -> Point:
    """A place as units of the picture: Lambert's azimuthal equal-area projection."""
    x, y = math.radians(longitude), math.radians(latitude)
    x0, y0 = CENTRE
    between = math.sin(y0) * math.sin(y) + math.cos(y0) * math.cos(y) * math.cos(x - x0)
    scale = KM * math.sqrt(2 / max(1e-9, 1 + between))
    east = scale * math.cos(y) * math.sin(x - x0)
    north = scale * (math.cos(y0) * math.sin(y) - math.sin(y0) * math.cos(y) * math.cos(x - x0))
    return (east - LEFT) / UNIT, (TOP - north) / UNIT


def simplified(points: list[Point]) -> list[Point]:
    """A line without the points that hardly show: Douglas and Peucker 1973.

    >>> simplified([(0, 0), (5, 0.1), (10, 0)])
    [(0, 0), (10, 0)]
    """
    keep = {0, len(points) - 1}
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        (ax, ay), (bx, by) = points[first], points[last]
        length = math.hypot(bx - ax, by - ay)
        furthest, distance = first, TOLERANCE
        for n in range(first + 1, last):
            x, y = points[n]
            if length:
                beside = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
            else:  # a ring begins where it ends
                beside = math.hypot(x - ax, y - ay)
            if beside > distance:
                furthest, distance = n, beside
        if furthest != first:
            keep.add(furthest)
            parts += [(first, furthest), (furthest, last)]
    return [points[n] for n in sorted(keep)]


def clipped(ring: list[Point]) -> list[Point]:
    """A ring without what lies outside the picture: Sutherland and Hodgman 1974."""
    for axis, edge, above in ((0, 0, True), (0, WIDTH, False), (1, 0, True), (1, HEIGHT, False)):
        found: list[Point] = []
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            a_in, b_in = (p[axis] >= edge if above else p[axis] <= edge for p in (a, b))
            if a_in:
                found.append(a)
            if a_in != b_in:
                share = (edge - a[axis]) / (b[axis] - a[axis])
                found.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
        ring = found
    return ring


def area(ring: list[Point]) -> float:
    """Of a ring, with the sign of its direction.

    >>> area([(0, 0), (2, 0), (2, 2), (0, 2)])
    4.0
    """
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2


def middle(ring: list[Point]) -> Point:
    """Where a label fits: the middle of the longest horizontal line inside, near the centre."""
    ys = [y for _, y in ring]
    mean = sum(ys) / len(ys)
    best, place = -1.0, ring[0]
    for part in range(3, 18):
        y = min(ys) + (max(ys) - min(ys)) * part / 20 + 0.01
        crossed = sorted(
            ax + (y - ay) * (bx - ax) / (by - ay)
            for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True)
            if (ay > y) != (by > y)
        )
        for left, right in zip(crossed[::2], crossed[1::2], strict=False):
            width = (right - left) - abs(y - mean) * 0.35
            if width > best:
                best, place = width, ((left + right) / 2, y)
    return place


def path(rings: list[list[Point]]) -> str:
    """Rings as SVG writes them: a start, then steps in whole units."""
    written = []
    for ring in rings:
        points = [(round(x), round(y)) for x, y in ring]
        steps = [
            (bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(points) if (ax, ay) != (bx, by)
        ]
        numbers = "".join(f"{x}{' ' if y >= 0 else ''}{y} " for x, y in steps)
        written.append(f"M{points[0][0]} {points[0][1]}l{numbers.strip()}z".replace(" -", "-"))
    return "".join(written)


def rings_of(geometry: dict[str, Any], arcs: list[list[Point]]) -> Iterator[list[Point]]:
    """The outer rings of a country, each from its arcs; lakes and enclaves are not cut out."""
    kind, parts = geometry["type"], geometry["arcs"]
    for polygon in [parts] if kind == "Polygon" else parts:
        ring: list[Point] = []
        for arc in polygon[0]:
            points = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
            ring += points[1:] if ring else points
        yield ring[:-1]


def _within(ring: list[Point], corners: tuple[Point, Point]) -> bool:
    (west, south), (east, north) = corners
    border = [project(x, y) for x in (west, east) for y in (south, north)]
    left, right = min(x for x, _ in border), max(x for x, _ in border)
    top, bottom = min(y for _, y in border), max(y for _, y in border)
    return all(left <= x <= right and top <= y <= bottom for x, y in ring)


def shapes(topology: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Country → outline and place of its label."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append(project(x * sx + tx, y * sy + ty))
        arcs.append(simplified(points))
    codes = {
        number: found[0]
        for number, found in get_global("territory_aliases").items()
        if number.isdigit()
    }
    outlines: dict[str, list[list[Point]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = UNCODED.get(name) or codes.get(geometry.get("id", ""), "")
        if code not in COUNTRIES or not geometry.get("arcs"):
            continue
        for ring in rings_of(geometry, arcs):
            owner = "UA" if code == "RU" and _within(ring, OF_UKRAINE) else code
            inside = clipped(ring)
            if len(inside) > 2:  # noqa: PLR2004 - a triangle has an area
                outlines.setdefault(owner, []).append(inside)
    found = {}
    for code, rings in sorted(outlines.items()):
        rings.sort(key=lambda ring: -abs(area(ring)))
        drawn = rings[:1] + [ring for ring in rings[1:] if abs(area(ring)) >= LEAST_AREA]
        if not drawn:
            continue
        place = LABELS.get(code) or middle(drawn[0])
        label = {} if code in NEIGHBOURS else {"x": round(place[0]), "y": round(place[1])}
        found[code] = {"path": path(drawn), **label, "area": round(abs(area(drawn[0])))}
    return found


def main() -> None:
    """Write the map."""
    content = Path(sys.argv[1]).read_bytes()
    if sha256(content).hexdigest() != SOURCE_SHA256:
        sys.exit("This is not the file of that package.")
    made = {
        "source": PROVENANCE,
        "source_sha256": SOURCE_SHA256,
        "width": WIDTH,
        "height": HEIGHT,
        "countries": shapes(json.loads(content)),
    }
    MAP.write_text(json.dumps(made, indent=0, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

import pytest
from limits import parse
from live_rows import NAME, serving
from raw_heads import PAGES, speak

from pipelines.live import protection as subject
from pipelines.live.protection import address_of, why_refused

BOARD = f"/consultations/{NAME}"


@pytest.mark.parametrize(
    ("path", "headers", "answered"),
    [
        ("/", {"host": "127.0.0.1:18100"}, True),
        ("/", {"host": "[::1]:18100"}, True),
        ("/", {"host": "vote.example"}, True),
        ("/", {"host": "evil.example"}, False),
        ("/", {"host": "127.0.0.1.evil.example:18100"}, False),
        ("/", {}, False),
        # A link of another page, and what its scripts and pictures fetch.
        ("/", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, True),
        (
            "/api/v1/consultations",
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
            False,
        ),
        ("/api/v1/consultations", {"sec-fetch-site": "cross-site"}, False),
        ("/", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ("/", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
        ("/operator/", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ("/operator/", {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}, False),
        ("/operator/", {"sec-fetch-site": "none"}, True),
    ],
)
def test_who_may_ask(path, headers, answered):
    given = headers if "host" in headers or not headers else {"host": "localhost"} | headers
    assert (why_refused(given, path, {"vote.example"}) == "") is answered


def test_an_address_of_version_6_is_its_network():
    one, other = (address_of({"client": (f"2001:db8:1:2::{n}", 1)}) for n in ("1", "ffff:1"))
    assert one == other == "2001:db8:1:2::"
    assert address_of({"client": ("192.0.2.1", 1)}) == "192.0.2.1"
    assert address_of({}) == ""


@pytest.mark.parametrize("path", ["/", BOARD, "/api/v1/consultations", "/nothing", "/openapi.json"])
def test_every_answer_has_the_headers_that_disarm_markup(site, path):
    headers = site.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"]
    assert "server" not in headers


def test_only_embedded_pages_may_stand_in_frames_and_only_of_those_who_are_named(site):
    policy = site.get(f"/embed/{NAME}").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://paper.example")


def test_other_hosts_and_other_pages_scripts_are_refused(site):
    assert site.get("/", Host="evil.example").status == 403
    assert site.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors").status == 403
    assert site.get("/", Host="vote.example").status == 200


@pytest.mark.parametrize("path", ["/", BOARD, "/api/v1/consultations", "/operator"])
@pytest.mark.parametrize("headers", PAGES)
def test_no_header_hides_another(site, headers, path):
    # Without Sec-Fetch-Mode it is no link.
    assert speak(site.port, f"GET {path} HTTP/1.1", *headers).status in {400, 403}
    once = [line for line in headers if not line.startswith("Host: {own}")]
    assert speak(site.port, f"GET {path} HTTP/1.0", *once).status in {400, 403}


def test_a_long_query_is_refused(site):
    assert site.get(f"/?q={'x' * 5000}").status == 414


def test_a_flood_of_one_address_is_refused_for_a_while(monkeypatch):
    monkeypatch.setattr(subject, "RATE", parse("5 per hour"))
    with serving() as site:
        found = [site.get("/") for _ in range(7)]
    assert [answer.status for answer in found] == [200] * 5 + [429] * 2
    assert found[-1].headers["Retry-After"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(site, method):
    assert site.get(BOARD, method).status == 405


def test_operators_pages_say_their_own_origin_to_themselves_and_nothing_to_others(site):
    assert site.get("/operator").headers["Referrer-Policy"] == "same-origin"
    assert site.get("/").headers["Referrer-Policy"] == "no-referrer"

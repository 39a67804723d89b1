import pytest
from live_rows import NAME, serving

BOARD = f"/consultations/{NAME}"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/consultations/unknown", 404, "text/html"),
        (f"{BOARD}/proposals/unknown", 404, "text/html"),
        (f"{BOARD}?limit=x", 422, "text/html"),
        (f"{BOARD}?at=nonsense", 422, "text/html"),
        ("/nothing", 404, "text/html"),
        ("/docs", 404, "text/html"),
        ("/api/v1/nothing", 404, "application/json"),
    ],
)
def test_an_error_is_a_page_for_people_and_json_for_programs(site, path, status, kind):
    answer = site.get(path)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith(kind)


def test_before_anything_can_be_read_it_says_when_to_come_again():
    with serving() as site:
        site.rows.away = True
        for path in ("/", BOARD, f"/api/v1{BOARD}"):
            answer = site.get(path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_when_all_streams_are_taken_it_says_when_to_come_again():
    with serving(max_streams=1) as site:
        taken = site.streams.take("other", "x")
        answer = site.get(f"/api/v1{BOARD}/events")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        site.streams.leave(taken)

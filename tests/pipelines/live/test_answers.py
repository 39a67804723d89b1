import gzip

from starlette.requests import Request

from pipelines.live import answers as subject
from pipelines.live.answers import HTML, JSON, Answers


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": pairs})


def test_what_all_ask_for_is_made_once():
    made: list[int] = []
    answers = Answers()

    def make() -> bytes:
        made.append(1)
        return b"content"

    for _ in range(3):
        assert answers.answer(request(), ("key",), HTML, make).body == b"content"
    assert made == [1]


def test_who_has_it_already_is_told_so_in_few_bytes():
    answers = Answers()
    first = answers.answer(request(), ("key",), HTML, lambda: b"content")
    again = answers.answer(
        request(if_none_match=f'"other", W/{first.headers["etag"]}'), ("key",), HTML, bytes
    )
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "max-age" in again.headers["cache-control"]


def test_json_is_compressed_for_who_can_read_that_and_pages_are_not():
    content = b"x" * 5000
    answers = Answers()
    zipped = answers.answer(request(accept_encoding="br, gzip"), ("j",), JSON, lambda: content)
    plain = answers.answer(request(), ("j",), JSON, bytes)
    page = answers.answer(request(accept_encoding="gzip"), ("h",), HTML, lambda: content)
    assert gzip.decompress(zipped.body) == content == plain.body == page.body
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in page.headers


def test_what_is_kept_is_bounded_by_its_size(monkeypatch):
    monkeypatch.setattr(subject, "MAX_KEPT_BYTES", 10 * subject.ENTRY_BYTES)
    answers = Answers()
    for n in range(50):
        # A search is part of the key: many long ones without an answer take memory, too.
        answers.answer(request(), ("search", f"{n:1000}"), HTML, lambda: b"x" * 20)
    assert answers._bytes <= 10 * subject.ENTRY_BYTES
    assert len(answers._made) == 4
    for n in range(50):
        answers.answer(request(), (str(n),), HTML, lambda: b"x" * 9 * subject.ENTRY_BYTES)
    assert len(answers._made) == 1
    assert answers._bytes < 11 * subject.ENTRY_BYTES

"""Bodies: read within limits, unpacked within limits, cut into messages that stay as they are."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.http_intake import body
from pipelines.http_intake.body import MAX_BODY_BYTES, MAX_MESSAGES, messages
from pipelines.http_intake.problems import ProblemError


def read(*chunks: bytes, packed: bool) -> bytes:
    async def stream():
        for chunk in chunks:
            yield chunk

    return asyncio.run(body.read(stream(), lambda _: None, packed=packed))


def problem(call, *arguments, **options) -> str:
    with pytest.raises(ProblemError) as error:
        call(*arguments, **options)
    return error.value.kind


@given(st.binary(max_size=500), st.integers(1, 50), st.binary(max_size=50))
def test_gzip_is_unpacked_however_it_is_cut_and_joined(content, size, more):
    packed = gzip.compress(content) + gzip.compress(more)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert read(*chunks, packed=True) == content + more
    assert read(*chunks, packed=False) == packed


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        gzip.compress(b"abc", mtime=0)[:-1],
        zlib.compress(b"abc"),
        gzip.compress(b"", mtime=0)[:5],
    ],
)
def test_what_is_no_whole_gzip_is_no_batch(content):
    assert problem(read, content, packed=True) == "unreadable"


def test_the_limit_holds_for_what_is_sent_and_for_what_it_unpacks_to():
    most = b" " * MAX_BODY_BYTES
    assert len(read(most, packed=False)) == MAX_BODY_BYTES
    assert problem(read, most, b" ", packed=False) == "too-large"
    assert len(read(gzip.compress(most), packed=True)) == MAX_BODY_BYTES
    assert problem(read, gzip.compress(most + b" "), packed=True) == "too-large"
    many = gzip.compress(b" " * (MAX_BODY_BYTES // 2)) * 3
    assert problem(read, many, packed=True) == "too-large"


def test_bytes_are_counted_before_more_are_read():
    counted = []

    async def stream():
        for _ in range(3):
            yield b"ab"
            assert sum(counted)

    asyncio.run(body.read(stream(), counted.append, packed=False))
    assert counted == [2, 2, 2]


def test_a_client_that_stops_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(body, "STALL_S", 0.01)

    async def stream():
        yield b"{"
        await asyncio.Event().wait()

    async def run() -> None:
        await body.read(stream(), lambda _: None, packed=False)

    assert problem(asyncio.run, run()) == "too-slow"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}\n{"b": 2}\n', [b'{"a": 1}', b'{"b": 2}']),
        (b'{"a": 1}\r\n\r\n{"b": 2}', [b'{"a": 1}', b"", b'{"b": 2}']),
        (b"nonsense\n\n\n", [b"nonsense"]),
    ],
)
def test_lines_keep_their_numbers(content, expected):
    assert messages(content, array=False) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"a": 1.0}, {"a":\n "\\u00e9"}]', [b'{"a": 1.0}', b'{"a":\n "\\u00e9"}']),
        (b' {"a": 1} ', [b'{"a": 1}']),
        (b"[1, null]", [b"1", b"null"]),
    ],
)
def test_elements_of_an_array_stay_as_they_were_written(content, expected):
    assert messages(content, array=True) == expected


@pytest.mark.parametrize("content", [b"", b"[]", b"[{}", b"1", b'"x"', b"[" * 100_000, b'["\xff"'])
def test_what_is_no_array_is_no_batch(content):
    assert problem(messages, content, array=True) == "unreadable"


def test_an_empty_body_has_no_message_and_a_batch_has_a_largest_number():
    assert problem(messages, b"\n \n", array=False) == "unreadable"
    assert len(messages(b"{}\n" * MAX_MESSAGES, array=False)) == MAX_MESSAGES
    assert problem(messages, b"{}\n" * (MAX_MESSAGES + 1), array=False) == "too-large"


def test_forms_are_known_by_their_names():
    assert body.is_array("application/json; charset=utf-8")
    assert not body.is_array("Application/X-NDJSON")
    assert body.is_packed("GZIP")
    assert not body.is_packed("identity")
    assert problem(body.is_array, "text/plain") == "unknown-media-type"
    assert problem(body.is_packed, "br") == "unknown-media-type"
    body.check_length(str(MAX_BODY_BYTES))
    assert problem(body.check_length, str(MAX_BODY_BYTES + 1)) == "too-large"

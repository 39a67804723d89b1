import socket

import pytest
from live_rows import NAME, serving

from pipelines.live.server import MAX_HEAD_BYTES, listen


def test_an_address_that_another_has_is_an_error():
    taken = listen("127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])
    taken.close()


def test_it_says_so_when_it_has_ended():
    with serving() as site:
        assert site.get("/").status == 200
    with pytest.raises(ConnectionRefusedError):
        site.get("/")


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 9000])
def test_nonsense_and_endless_heads_are_refused_and_others_are_answered(site, sent):
    with socket.create_connection(("127.0.0.1", site.port), 10) as connection:
        try:
            connection.sendall(sent)
            answer = connection.recv(100)
        except ConnectionError:
            answer = b""
    assert len(sent) < 100 or len(sent) > MAX_HEAD_BYTES
    assert b"200" not in answer
    assert site.get("/").status == 200


def test_a_head_request_has_no_body(site):
    answer = site.get(f"/consultations/{NAME}", "HEAD")
    assert answer.body == b""

"""What listens of Flink and PyFlink answers nobody without our certificate: no page, no account."""

import contextlib
import socket
import ssl

import psutil
import pytest

ALERT = 0x15
"""Type of a TLS record that says what is wrong."""

TO_TLS = b"HTTP/1.1 301 "
"""Flink's answer in clear: come back with TLS."""

HTTP = b"GET /jobs/overview HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CANCEL = b"PATCH /jobs/0?mode=cancel HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PY4J = b"r\nu\njava\nrj\ne\n"
PY4J_IN_A_POST = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n" + PY4J


def listening(pid: int) -> set[int]:
    process = psutil.Process(pid)
    return {
        connection.laddr.port
        for member in [process, *process.children(recursive=True)]
        for connection in member.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def answer(port: int, request: bytes, patience_s: float = 2) -> bytes:
    """What comes back in clear; nothing, if it does not come in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as connection:
        connection.sendall(request)
        with contextlib.suppress(TimeoutError, ConnectionError):
            return connection.recv(4096)
    return b""


def answer_over_tls(port: int, request: bytes) -> bytes:
    """What comes back to somebody who trusts anybody and has no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), 2) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(request)
        return connection.recv(4096)
    return b""


@pytest.mark.stack
@pytest.mark.parametrize("service", ["votes", "semantics"])
def test_flink_answers_nobody_without_our_certificate(stack, service):
    ports = listening(stack.pid(service))
    assert ports, "Flink's web interface listens"
    for port in ports:
        for request in (HTTP, CANCEL, PY4J, PY4J_IN_A_POST):
            found = answer(port, request)
            assert not found or found[0] == ALERT or found.startswith(TO_TLS), (port, request)
            assert answer_over_tls(port, request) == b"", (port, request)


@pytest.mark.stack
def test_the_answer_of_a_port_that_is_open_would_be_seen(stack):
    """The check above can fail: a port without TLS answers in clear."""
    assert answer(stack.settings.metrics_port, HTTP, patience_s=120).startswith(b"HTTP/1.")

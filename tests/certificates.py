"""Certificates made for one test, and a proxy that puts TLS in front of a server without it."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

AWKWARD_SECRET = "h\"us'h \\ ü"  # noqa: S105 - of a test
"""Made of signs that every configuration file and protocol must quote."""


def make_certificates(folder: Path) -> None:
    """`ca.pem`, a `stranger.pem` that signed nothing, and `broker` and `tutti` signed by the first.

    `NAME.both` holds the key and the certificate of NAME.
    """
    for authority in ("ca", "stranger"):
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", f"/CN={authority}"),
            *("-keyout", folder / f"{authority}.key", "-out", folder / f"{authority}.pem"),
        )
    for name, more in (("broker", "subjectAltName=IP:127.0.0.1,DNS:localhost"), ("tutti", "")):
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", f"/CN={name}"),
            *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr"),
        )
        extensions = folder / f"{name}.extensions"
        extensions.write_text(more)
        _openssl(
            *("x509", "-req", "-in", folder / f"{name}.csr", "-days", "2", "-CAcreateserial"),
            *("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"),
            *("-extfile", extensions, "-out", folder / f"{name}.pem"),
        )
        both = (folder / f"{name}.key").read_text() + (folder / f"{name}.pem").read_text()
        (folder / f"{name}.both").write_text(both)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@contextlib.contextmanager
def tls_in_front_of(port: int, certificates: Path) -> Iterator[int]:
    """A port that speaks TLS with the certificate `broker` and passes on to `port`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "broker.both")
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door, context, port), daemon=True).start()
        yield door.getsockname()[1]


def _serve(door: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):  # the door is closed when the test is over
        while True:
            client, _ = door.accept()
            threading.Thread(target=_guest, args=(client, context, port), daemon=True).start()


def _guest(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError), client:
        secure = context.wrap_socket(client, server_side=True)
        with secure, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_pump, args=(server, secure), daemon=True)
            back.start()
            _pump(secure, server)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)

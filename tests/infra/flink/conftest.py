"""A server that asks for a client's certificate, as Flink does, and answers what a test wants."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from infra.config.settings import Settings
from infra.flink.tls import folder_of, make_identity


@dataclass
class FakeFlink:
    """What it answers by path, what it was asked, and from which connections."""

    port: int = 0
    answers: dict[str, object] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)


def handler(flink: FakeFlink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            flink.connections.add(self.client_address)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            flink.asked.append((self.command, self.path, body))
            found = flink.answers.get(self.path)
            content = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Of an installation that has a certificate."""
    settings = Settings(home=tmp_path / "ours")
    make_identity(settings)
    return settings


@pytest.fixture
def flink(settings) -> Iterator[FakeFlink]:
    flink = FakeFlink()
    folder = folder_of(settings)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.load_verify_locations(folder / "certificate.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(flink)) as server:
        server.handle_error = lambda *_: None
        server.block_on_close = False  # a client keeps its connection
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        flink.port = server.server_port
        yield flink
        server.shutdown()

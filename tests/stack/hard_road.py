"""An HTTP server before the HTTP intake, on which the first batch has a hard time.

Its first try is taken, but the answer is lost; the second meets a service that is restarted, the
third one that has too much to do. All other requests are passed on.
"""

from collections import defaultdict
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import NamedTuple

RETRY_AFTER_S = 1
OBSTACLES = {2: 503, 3: 429}


class Try(NamedTuple):
    """One request of an example, and what became of it."""

    key: str
    body: bytes
    headers: dict[str, str]
    status: int
    replayed: bool


class HardRoad:
    """Runs on a free port, in a thread, until it is closed."""

    def __init__(self, port: int) -> None:
        road = self
        self.tries: list[Try] = []
        self._port = port
        self._numbers: dict[str, int] = defaultdict(int)
        self._lock = Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                road.answer(self)

            def log_message(self, *_arguments) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers["content-length"]))
        key = headers["idempotency-key"]
        with self._lock:
            self._numbers[key] += 1
            number = self._numbers[key] if len(self._numbers) == 1 else 0
        if number in OBSTACLES:
            self.tries.append(Try(key, body, headers, OBSTACLES[number], replayed=False))
            request.send_response(OBSTACLES[number])
            request.send_header("Retry-After", str(RETRY_AFTER_S))
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        onward = HTTPConnection("127.0.0.1", self._port, timeout=60)
        host = {"host": f"127.0.0.1:{self._port}"}
        onward.request("POST", request.path, body, headers | host)
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        replayed = answer.getheader("idempotency-replayed") is not None
        self.tries.append(Try(key, body, headers, answer.status, replayed))
        if number == 1:
            request.close_connection = True  # taken, and nobody hears of it
            request.connection.close()
            return
        request.send_response(answer.status)
        for name in ("content-type", "retry-after"):
            if value := answer.getheader(name):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

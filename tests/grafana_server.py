"""A small HTTP server that answers as Grafana's HTTP interface documents; Grafana runs in no test.

After the pages "Folder", "Data source", "Dashboard" and "Annotations" of Grafana 11.6's HTTP API:
status codes, messages and fields are theirs.
"""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "glsa_of-a-service-account_1"  # noqa: S105 - of a server in a test

Reply = tuple[int, Any]
NOT_FOUND: Reply = (404, {"message": "not found"})


@dataclass
class PretendedGrafana:
    """What it holds.

    Attributes:
        editor: Whether the token's account may write data sources: an editor may not.
        answers: Path → an answer instead of the documented one; bytes as they are.
    """

    editor: bool = False
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, target: str, body: Any, authorization: str) -> Reply:
        path = urlsplit(target).path
        self.requests.append(f"{method} {path}")
        if path in self.answers:
            return self.answers[path]
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        for pattern, handle in (
            (r"/api/folders(?:/([\w-]+))?", self._folder),
            (r"/api/datasources(?:/uid/([\w-]+))?", self._source),
            (r"/api/dashboards/(?:db|uid/([\w-]+))", self._dashboard),
            (r"/api/annotations(?:/(\d+))?", self._annotation),
        ):
            if found := re.fullmatch(pattern, path):
                query = parse_qs(urlsplit(target).query)
                return handle(method, found[1], body, query)
        return NOT_FOUND

    def _folder(self, method: str, uid: str | None, body: Any, _: Any) -> Reply:
        if method == "GET" and uid in self.folders:
            return 200, self.folders[uid]
        if method == "POST" and uid is None:
            if body["uid"] in self.folders:
                return 409, {"message": "a folder with the same UID already exists"}
            self.folders[body["uid"]] = body | {"id": 7}
            return 200, self.folders[body["uid"]]
        return 404, {"message": "folder not found", "status": "not-found"}

    def _source(self, method: str, uid: str | None, body: Any, _: Any) -> Reply:
        if self.editor and method != "GET":
            return 403, {"message": "You'll need additional permissions to perform this action."}
        if method == "GET" and uid in self.sources:
            return 200, self.sources[uid]
        if method in {"POST", "PUT"}:
            known = {s["name"] for s in self.sources.values() if s["uid"] != body["uid"]}
            if body["name"] in known or (method == "POST" and body["uid"] in self.sources):
                return 409, {"message": "data source with the same name already exists"}
            kept = {key: value for key, value in body.items() if key != "secureJsonData"}
            fields = dict.fromkeys(body.get("secureJsonData", {}), True)
            self.sources[body["uid"]] = kept | {"id": 1, "orgId": 1, "secureJsonFields": fields}
            return 200, {"message": "Datasource added", "datasource": self.sources[body["uid"]]}
        return 404, {"message": "Data source not found"}

    def _dashboard(self, method: str, uid: str | None, body: Any, _: Any) -> Reply:
        if method == "GET" and uid in self.dashboards:
            board = self.dashboards[uid]
            return 200, {"dashboard": board, "meta": {"version": board["version"]}}
        if method == "POST":
            wanted = body["dashboard"]
            if body["folderUid"] not in self.folders:
                return 400, {"message": "folder not found"}
            there = self.dashboards.get(wanted["uid"])
            if there and not body["overwrite"] and wanted.get("version") != there["version"]:
                return 412, {
                    "message": "The dashboard has been changed by someone else",
                    "status": "version-mismatch",
                }
            version = there["version"] + 1 if there else 1
            self.dashboards[wanted["uid"]] = wanted | {"id": 40, "version": version}
            return 200, {"uid": wanted["uid"], "status": "success", "version": version}
        return 404, {"message": "Dashboard not found"}

    def _annotation(self, method: str, number: str | None, body: Any, query: Any) -> Reply:
        if method == "GET":
            tags = set(query.get("tags", []))
            found = [one for one in self.annotations if tags <= set(one["tags"])]
            return 200, found[: int(query["limit"][0])]
        made = {key: body[key] for key in ("time", "timeEnd", "tags", "text")}
        if method == "POST":
            self.annotations.append(made | {"id": len(self.annotations) + 1})
            return 200, {"message": "Annotation added", "id": len(self.annotations)}
        self.annotations[int(number or 0) - 1] |= made
        return 200, {"message": "Annotation updated"}


@contextmanager
def pretended_grafana(tls: ssl.SSLContext | None = None) -> Iterator[PretendedGrafana]:
    """Serve on a free port of 127.0.0.1; with a context, over TLS."""
    grafana = PretendedGrafana()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            known = self.headers.get("Authorization", "")
            status, found = grafana.answer(self.command, self.path, body, known)
            raw = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", raw.decode())
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    grafana.port = server.server_port
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield grafana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

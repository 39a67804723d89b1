"""One address for the metrics of several processes: files of ours, and what Flink pushes.

A process that serves its own metrics needs a port of its own; the services write theirs to a small
file instead, which is replaced whole. Flink's reporter would listen on every address of the
machine; its other one, made for Prometheus's push gateway, sends here.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from socket import SHUT_RDWR, socket
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from infra.chdb_http.browser_guard import ANSWER_HEADERS, page_request
from infra.config.secrets import own_secret
from infra.config.settings import Settings
from infra.service.flink_metrics import FLINK
from infra.service.heartbeat import STALE_MS, metrics_folder, started_ms
from infra.service.metric_types import SERVICE
from infra.service.metrics import (
    DISK_FREE,
    DISK_SIZE,
    GROUPS,
    HTTP_INTAKE,
    INTAKE,
    LIVE,
    METRICS,
    PROBE,
    SEMANTICS,
    SERVICE_STARTED,
    SERVICE_UP,
    SINK,
)
from infra.service.periodic_metrics import PERIODIC
from operators.core.clock import Clock, system_clock

PUSH_PATH: Final = "/metrics/job/"
PUSH_TOKEN: Final = "metrics-push.token"  # noqa: S105 - the name of its file
"""The secret at the end of the path: Flink's reporter can send no password."""
PUSH_BYTES: Final = 4 * 1024 * 1024
PUSH_STALE_MS: Final = 60_000
MAX_CONNECTIONS: Final = 32
"""Each has a thread."""
FORGOTTEN_MS: Final = 600_000
"""A second intake that was silent for this long was ended on purpose."""
_ALWAYS: Final = frozenset(
    source.name for source in (INTAKE, HTTP_INTAKE, SINK, PROBE, PERIODIC, GROUPS, LIVE)
)

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Gathered(Collector):
    """The metrics of all services, each sample labelled; stale ones are left out."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        self._settings = settings
        self._folder = metrics_folder(settings)
        # Without an encoder there is no semantics job, and nobody is to be woken for that.
        topics = {SEMANTICS.name} if settings.model.is_file() else set()
        self._always = _ALWAYS | topics
        self._clock = clock
        self._pushed: tuple[int, str] = (0, "")

    def push(self, text: str) -> None:
        """Take what Flink pushed in place of what it pushed before.

        Raises:
            ValueError: It is not in Prometheus's format.
        """
        list(text_string_to_metric_families(text))
        self._pushed = (self._clock(), text)

    def collect(self) -> Iterator[Metric]:
        """All families, those of one name put together."""
        families: dict[str, Metric] = {}
        up = GaugeMetricFamily(SERVICE_UP.name, SERVICE_UP.about, labels=[SERVICE])
        started = GaugeMetricFamily(SERVICE_STARTED.name, SERVICE_STARTED.about, labels=[SERVICE])
        for service, text, fresh in self._texts():
            up.add_metric([service], float(fresh))
            at_ms = started_ms(self._settings, service) if fresh else None
            if at_ms is not None:
                started.add_metric([service], at_ms / 1000)
            for family in text_string_to_metric_families(text) if fresh else ():
                _merge(families, family, service)
        yield from families.values()
        yield from (up, started)
        yield from self._disk()

    def _disk(self) -> Iterator[Metric]:
        there = self._settings.home
        while not there.exists():
            there = there.parent
        room = shutil.disk_usage(there)
        for metric, value in ((DISK_FREE, room.free), (DISK_SIZE, room.total)):
            family = GaugeMetricFamily(metric.name, metric.about, labels=[SERVICE])
            family.add_metric([PROBE.name], value)
            yield family

    def _texts(self) -> Iterator[tuple[str, str, bool]]:
        now_ms = self._clock()
        files = {file.stem: file for file in self._folder.glob("*.prom")}
        for service in sorted({*self._always, *files}):
            if service not in files:
                yield service, "", False
                continue
            age_ms = now_ms - files[service].stat().st_mtime_ns // 1_000_000
            if service in self._always or age_ms < FORGOTTEN_MS:
                yield service, files[service].read_text(), age_ms < STALE_MS
        pushed_ms, text = self._pushed
        yield FLINK.name, text, now_ms - pushed_ms < PUSH_STALE_MS


_SAMPLES: Final = {name for metric in METRICS.values() for name in metric.samples}


def _merge(families: dict[str, Metric], family: Metric, service: str) -> None:
    """Add a service's family; what the list of metrics does not name is left out."""
    known = [sample for sample in family.samples if sample.name in _SAMPLES]
    if known:
        merged = families.setdefault(
            family.name, Metric(family.name, family.documentation, family.type)
        )
        for sample in known:
            merged.add_sample(sample.name, {SERVICE: service, **sample.labels}, sample.value)


class _MetricsServer(ThreadingMixIn, WSGIServer):
    """A bounded number of connections: where there is no room, the oldest gives way.

    A scrape takes a moment, so the oldest is one whose client says nothing, or a byte now and then.
    """

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: dict[socket, None] = {}
        self._lock = Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection on a thread of its own."""
        with self._lock:
            if len(self._open) >= MAX_CONNECTIONS:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with suppress(OSError):  # its client has gone
                    oldest.shutdown(SHUT_RDWR)
            self._open[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)


class _Quiet(WSGIRequestHandler):
    timeout = 20  # seconds without a byte

    def log_message(self, *_: Any) -> None:
        """One line per scrape would say nothing."""


def serve(settings: Settings, gathered: Gathered) -> WSGIServer:
    """Serve ``/metrics`` on this machine's own address, in a thread of its own."""
    registry = CollectorRegistry()
    registry.register(gathered)
    show: Callable[[Environ, StartResponse], Iterable[bytes]] = make_wsgi_app(registry)

    push_path = PUSH_PATH + own_secret(settings, PUSH_TOKEN)

    def application(environ: Environ, begin: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return begin(status, [*headers, *ANSWER_HEADERS.items()], *more)

        if page_request(_headers(environ)):
            status = HTTPStatus.FORBIDDEN
        elif compare_digest(environ["PATH_INFO"].encode(), push_path.encode()):
            status = _take(gathered, environ)
        elif environ["PATH_INFO"] == "/metrics" and environ["REQUEST_METHOD"] == "GET":
            return show(environ, start)
        else:
            status = HTTPStatus.NOT_FOUND
        start(f"{status.value} {status.phrase}", [("Content-Length", "0")])
        return []

    server = make_server("127.0.0.1", settings.metrics_port, application, _MetricsServer, _Quiet)
    Thread(target=server.serve_forever, daemon=True, name="metrics").start()
    return server


def _headers(environ: Environ) -> dict[str, str]:
    """The headers of a request, names in lower case."""
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _take(gathered: Gathered, environ: Environ) -> HTTPStatus:
    given = environ.get("CONTENT_LENGTH") or ""
    length = int(given) if given.isdecimal() else 0
    if environ["REQUEST_METHOD"] not in {"PUT", "POST"}:
        return HTTPStatus.METHOD_NOT_ALLOWED
    if not 0 < length <= PUSH_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    try:
        gathered.push(environ["wsgi.input"].read(length).decode())
    except ValueError:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.ACCEPTED

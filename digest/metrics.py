"""Numbers for Prometheus, and whether a process is well, over HTTP on an address of its own: nothing for the public.

Names are by the rules of https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import errno
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from digest.errors import DigestError, UsageError

KEPT = 5.0  # seconds for which what was looked up is told again

# A second series of each counter, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

MESSAGES = Counter(
    "digest_messages",
    "Messages of editions by what became of them, as far as this process has handed them over.",
    ("server", "status"),
    registry=REGISTRY,
)

Number = tuple[str, str, dict[str, str], float]  # name, what it is, labels, value
Numbers = Callable[[], Iterable[Number]]
Facts = Callable[[], tuple[bool, dict[str, object]]]  # whether all is well, and what is to be said of it


_TAKEN = (
    "another process listens there; each needs a port of its own: DIGEST_WORKER__STATUS or DIGEST_WEB__STATUS in its"
    " environment goes before digest.toml"
)


class _Told(Collector):
    """What this process counts, and what is looked up, which costs the database something: once in a while for all who ask.
    While it cannot be, nothing is said of it but that.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._turn = threading.Lock()
        self._found: tuple[GaugeMetricFamily, ...] = ()
        self._over = 0.0

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        with self._turn:
            if time.monotonic() >= self._over:
                self._found = tuple(self._asked())
                self._over = time.monotonic() + KEPT
            found = self._found
        yield from found

    def _asked(self) -> Iterator[GaugeMetricFamily]:
        try:
            numbers, is_there = list(self._numbers()), True
        except DigestError:
            numbers, is_there = [], False
        yield GaugeMetricFamily("digest_database_up", "Whether the database answers: 1 or 0.", value=is_there)
        families: dict[str, GaugeMetricFamily] = {}
        for name, what, labels, value in numbers:
            family = families.setdefault(name, GaugeMetricFamily(name, what, labels=list(labels)))
            family.add_metric(list(labels.values()), value)
        yield from families.values()


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each who asks: whoever says nothing, or waits for the database, is in nobody's way, the end's neither."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)


class _Silent(WSGIRequestHandler):
    timeout = 5  # seconds for whoever has connected, and says nothing

    def handle(self) -> None:
        with suppress(OSError):  # who has gone, or says nothing
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Those who ask every few seconds are nothing for a log."""


@contextmanager
def told(address: str, numbers: Numbers, facts: Facts) -> Iterator[str]:
    """Tells ``/metrics`` and ``/health`` at HOST:PORT; its URL, with the port that was free for 0. Raises UsageError."""
    host, _, port = address.rpartition(":")
    try:
        server = make_server(host.strip("[]"), int(port), _application(numbers, facts), _Server, _Silent)
    except (OSError, UnicodeError) as error:
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        hint = _TAKEN if is_taken else "name an address of this machine, such as 127.0.0.1:9100"
        raise UsageError(f"{address}: cannot be listened on: {getattr(error, 'strerror', error)}", hint=hint) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _application(numbers: Numbers, facts: Facts) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    registry = CollectorRegistry()
    registry.register(_Told(numbers))
    metrics = make_wsgi_app(registry)

    def application(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environment.get("PATH_INFO")
        if path == "/metrics":
            return metrics(environment, start)  # type: ignore[no-any-return] # prometheus_client has no types for it
        if path == "/health":
            return _health(facts, start)
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics and /health are here\n"]

    return application


def _health(facts: Facts, start: StartResponse) -> Iterable[bytes]:
    try:
        well, said = facts()
    except DigestError as error:
        well, said = False, {"why": error.message}
    start("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
    return [json.dumps({"status": "ok" if well else "ill", **said}).encode()]

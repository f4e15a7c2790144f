"""Numbers for Prometheus, and whether a process is well, over HTTP on an address of its own: nothing for the public.

Names are by the rules of https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    make_wsgi_app,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from digest.errors import DigestError, UsageError

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


class _Asked(Collector):
    """What is looked up when somebody asks; nothing while it cannot be."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        try:
            found = list(self._numbers())
        except DigestError:
            return
        for name, what, labels, value in found:
            family = families.setdefault(name, GaugeMetricFamily(name, what, labels=list(labels)))
            family.add_metric(list(labels.values()), value)
        yield from families.values()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Those who ask every few seconds are nothing for a log."""


@contextmanager
def told(address: str, numbers: Numbers, facts: Facts) -> Iterator[str]:
    """Tells ``/metrics`` and ``/health`` at HOST:PORT; its URL, with the port that was free for 0. Raises UsageError."""
    host, _, port = address.rpartition(":")
    registry = CollectorRegistry()
    registry.register(_Asked(numbers))
    try:
        server = make_server(host.strip("[]"), int(port), _application(registry, facts), WSGIServer, _Silent)
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(f"{address!r} cannot be listened on: {error}", hint="write it as 127.0.0.1:9100") from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _application(
    registry: CollectorRegistry, facts: Facts
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    class Both:
        """What this process counts, and what is looked up."""

        def collect(self) -> Iterator[object]:
            yield from REGISTRY.collect()
            yield from registry.collect()

    both = CollectorRegistry()
    both.register(Both())  # type: ignore[arg-type] # a collector by its one method
    metrics = make_wsgi_app(both)

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

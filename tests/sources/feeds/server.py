"""Feeds on loopback, under as many hosts as wanted: a real HTTP server, with whatever faults servers have."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest


@dataclass(frozen=True)
class Answer:
    """What is said at an address; with an ``etag`` or a ``modified``, 304 to whoever knows it already.

    ``meanwhile`` runs before it is said, ``then`` after it, with the connection still open.
    """

    data: bytes = b""
    status: int = 200
    media_type: str = "application/rss+xml"
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    meanwhile: Callable[[], object] = lambda: None
    then: Callable[[Talk], object] | None = None


@dataclass(frozen=True)
class Asked:
    host: str
    path: str
    headers: dict[str, str]


class FeedServer:
    """Answers by address; anything else is a 404. ``asked`` has the questions in their order, ``at_once`` how many a
    host was asked at the same time. ``over`` is set when all is over: nobody waits for longer.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.asked: list[Asked] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.over = Event()
        self._open: Counter[str] = Counter()
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), Talk)
        self._server.feeds = self
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def url(self, path: str = "/feed", host: str = "quay.example") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, data: bytes | str = b"", path: str = "/feed", host: str = "quay.example", **settings: Any) -> str:
        """Says this there from now on, and gives the address."""
        written = data.encode() if isinstance(data, str) else data
        self.answers[host, path] = Answer(written, **settings)
        return self.url(path, host)

    def change(self, url: str, **settings: Any) -> None:
        """Says something else at that address."""
        parts = urlsplit(url)
        where = (str(parts.hostname), parts.path)
        self.answers[where] = replace(self.answers[where], **settings)

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    @contextlib.contextmanager
    def open(self, asked: Asked) -> Iterator[Answer]:
        """Around one question."""
        with self._lock:
            self.asked.append(asked)
            self._open[asked.host] += 1
            self.at_once[asked.host] = max(self.at_once[asked.host], self._open[asked.host])
        try:
            yield self.answers.get((asked.host, asked.path), Answer(b"nothing here", 404, "text/plain"))
        finally:
            with self._lock:
                self._open[asked.host] -= 1

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    feeds: FeedServer
    daemon_threads = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients here hang up in the middle."""


class Talk(BaseHTTPRequestHandler):
    """One question and its answer."""

    server: _Server

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        with self.server.feeds.open(Asked(host, self.path, dict(self.headers))) as answer:
            answer.meanwhile()
            self._say(answer)

    def _say(self, answer: Answer) -> None:
        known = answer.etag and self.headers["If-None-Match"] == answer.etag
        known = known or (answer.modified and self.headers["If-Modified-Since"] == answer.modified)
        data = b"" if known else answer.data
        self.send_response(304 if known else answer.status)
        headers = {"Content-Type": answer.media_type, "ETag": answer.etag, "Last-Modified": answer.modified}
        headers |= {} if answer.then else {"Content-Length": str(len(data))}
        for name, value in (headers | answer.headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        if answer.then:
            answer.then(self)

    def log_message(self, *_: Any) -> None:
        pass


# --- what servers do ------------------------------------------------------------------------------------------------


def drip(talk: Talk) -> None:
    """A byte now and then, for ever."""
    while not talk.server.feeds.over.wait(0.02):
        talk.wfile.write(b" ")


def flood(talk: Talk) -> None:
    """Bytes, for ever."""
    while not talk.server.feeds.over.is_set():
        talk.wfile.write(bytes(65_536))


def silence(talk: Talk) -> None:
    talk.server.feeds.over.wait()


# --- where they are -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving() -> Iterator[FeedServer]:
    server = FeedServer()
    try:
        yield server
    finally:
        server.close()


def name_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host below ``.example`` is this machine from now on, so that there may be many of them."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        here = isinstance(host, str) and host.endswith(".example")
        return real("127.0.0.1" if here else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def rss(*items: tuple[str, str], title: str = "Quay") -> str:
    """A feed of these titles and dates (RFC 822), each a page below https://quay.example."""
    made = "".join(
        f"<item><title>{name}</title><link>https://quay.example/{name.lower().replace(' ', '-')}</link>"
        f"<description>All about {name}.</description><pubDate>{date}</pubDate></item>"
        for name, date in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{made}</channel></rss>'

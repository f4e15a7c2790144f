"""A web of our own on loopback: an HTTPS server that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import trustme


@dataclass(frozen=True)
class Page:
    """An answer; ``endless`` repeats the data until the other side has had enough."""

    data: bytes = b""
    media_type: str = "application/octet-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    head: int = 0  # another status for HEAD


class Web:
    """Pages by path, as ``https://localhost:port/path``; anything else is a 404."""

    def __init__(self, server: ssl.SSLContext | None, client: ssl.SSLContext) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.client = client
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.web = self
        if server:
            # The handshake is the handler's, in its own thread: a client that stays silent must not stop the others.
            self._server.socket = server.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self._scheme = "https" if server else "http"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def url(self, path: str, host: str = "localhost") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def put(self, path: str, data: bytes = b"", **settings: Any) -> str:
        """Puts a page there, and gives its address."""
        self.pages[path] = Page(data, **settings)
        return self.url(path)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    web: Web
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients here hang up in the middle, and refuse certificates."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def _answer(self, method: str) -> None:
        web = self.server.web
        web.asked.append((method, self.path))
        web.headers.append(dict(self.headers))
        page = web.pages.get(self.path, Page(b"<h1>not found</h1>", "text/html", 404))
        self.send_response(page.head if method == "HEAD" and page.head else page.status)
        self.send_header("Content-Type", page.media_type)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if not page.endless and "Content-Length" not in page.headers:
            self.send_header("Content-Length", str(len(page.data)))
        self.end_headers()
        if method == "GET":
            self.wfile.write(page.data)
            while page.endless:
                self.wfile.write(page.data)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def https(*names: str) -> Iterator[Web]:
    """A server with a certificate for localhost, 127.0.0.1 and these names."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost", "127.0.0.1", *names).configure_cert(server)
    authority.configure_trust(client)
    yield from _running(Web(server, client))


@contextlib.contextmanager
def http() -> Iterator[Web]:
    yield from _running(Web(None, ssl.create_default_context()))


def _running(web: Web) -> Iterator[Web]:
    try:
        yield web
    finally:
        web.close()


@contextlib.contextmanager
def line(talk: Callable[[socket.socket, Event], None]) -> Iterator[int]:
    """A bare TCP server on the port it yields; ``talk`` has each connection to itself, and the event that ends all."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while not over.is_set():
                    connection, _ = listening.accept()
                    with connection, contextlib.suppress(OSError):
                        talk(connection, over)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() alone does not
            thread.join()

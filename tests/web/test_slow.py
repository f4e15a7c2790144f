"""Connections that ask for nothing: they are closed, and nobody who is being answered is."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.web.serving import address_of, answer, listen
from digest.web.studio import Press, create_studio
from tests.journeys.conftest import Site, article
from tests.web.conftest import PATIENCE, press_of

SECONDS = 0.3  # that a server of these tests waits for a head
ALL = 250  # connections at once
HALF = b"GET / HT"
WHOLE = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@dataclass(frozen=True)
class Server:
    address: str
    port: int

    def line(self, sent: bytes = b"") -> socket.socket:
        """A connection on which this much was said."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        line.sendall(sent)
        return line

    def lets_time_pass(self) -> None:
        """Until a connection of this moment has been closed for saying nothing, and another one after it."""
        for _ in range(2):
            with self.line() as witness:
                assert witness.recv(1) == b""


@contextmanager
def served(application: ASGIApp, press: Press | None = None) -> Iterator[Server]:
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    silence = press.bell.silence if press else lambda: None
    with listen("127.0.0.1", 0) as listening:
        work = answer(application, listening, stop, head_within=SECONDS, stopping=silence)
        thread = threading.Thread(target=lambda: loop.run_until_complete(work))
        thread.start()
        try:
            yield Server(address_of(listening), listening.getsockname()[1])
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


@pytest.fixture
def server() -> Iterator[Server]:
    async def echo(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await request.body() or "well")

    def deaf(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("not now")

    routes = [Route("/", echo, methods=["GET", "POST"]), Route("/deaf", deaf, methods=["POST"])]
    with served(Starlette(routes=routes)) as made:
        yield made


def rest(line: socket.socket, *, dribbling: bytes = b"") -> bytes:
    """All that comes until the server closes; bytes are said in the meantime, one at a time, for as long as it listens."""
    line.settimeout(SECONDS / 10)
    heard = bytearray()
    for _ in range(int(PATIENCE / line.gettimeout())):  # type: ignore[operator] # it has one, as of two lines above
        try:
            if dribbling:
                line.sendall(dribbling)
            piece = line.recv(10_000)
        except TimeoutError:
            continue
        except ConnectionError:
            return bytes(heard)
        if not piece:
            return bytes(heard)
        heard += piece
    raise AssertionError("the server goes on listening")


def answered(line: socket.socket, ending: bytes) -> bytes:
    """What comes, up to this ending."""
    heard = b""
    while not heard.endswith(ending):
        piece = line.recv(10_000)
        assert piece, heard
        heard += piece
    return heard


def test_nobody_is_kept_out_by_connections_that_ask_for_nothing(server: Server) -> None:
    with ExitStack() as held:
        lines = [held.enter_context(server.line(HALF)) for _ in range(ALL)]
        assert [line.recv(1) for line in lines] == [b""] * ALL
        assert httpx.get(server.address).text == "well"


@pytest.mark.parametrize("start", [b"", b"G", HALF, b"GET / HTTP/1.1\r\nHost: here\r\nX: "])
def test_a_dribble_of_bytes_does_not_earn_more_time(server: Server, start: bytes) -> None:
    with server.line(start) as line:
        assert rest(line, dribbling=b"x") == b""


def test_after_an_answer_there_is_as_much_time_for_the_next_head(server: Server) -> None:
    with server.line(WHOLE) as line:
        for _ in range(3):
            assert answered(line, b"well").startswith(b"HTTP/1.1 200")
            line.sendall(WHOLE)
        answered(line, b"well")
        assert rest(line, dribbling=b"x") == b""


def test_the_next_head_may_have_begun_before_the_answer(server: Server) -> None:
    with server.line(WHOLE + HALF) as line:
        answered(line, b"well")
        line.sendall(WHOLE.removeprefix(HALF) + WHOLE + HALF)
        assert rest(line).count(b"well") == 2  # and the half one is not waited for


def test_a_body_that_is_on_its_way_is_waited_for(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n"
    with server.line(head + b"half") as line:
        server.lets_time_pass()
        line.sendall(b" and ")
        assert answered(line, b"half and ").startswith(b"HTTP/1.1 200")


def test_a_body_that_goes_on_after_the_answer_is_not(server: Server) -> None:
    head = b"POST /deaf HTTP/1.1\r\nHost: here\r\nContent-Length: 90000\r\n\r\n"
    with server.line(head) as line:
        answered(line, b"not now")
        assert rest(line, dribbling=b"x") == b""


def test_events_go_on_for_as_long_as_somebody_listens(site: Site) -> None:
    press = press_of(site)
    with served(create_studio(press), press) as server, httpx.Client(base_url=server.address) as browser:
        with browser.stream("GET", "/events", timeout=PATIENCE) as events:
            lines = (line for line in events.iter_lines() if line.startswith("data: "))
            first = next(lines)
            server.lets_time_pass()
            site.write("cranes.md", article("Cranes are back", "2025-12-01"))
            assert next(lines) > first
        assert "Cranes are back" in browser.get("/mail").text

"""A word with mail servers that are really there, and with some that are not."""

from __future__ import annotations

import socket
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme

from digest.deliverability.facts import Server, Stop, Tls
from digest.deliverability.greeting import SmtpHandshake
from tests.journeys.conftest import PostOffice, free_port, on_duty

Way = Callable[[ssl.SSLContext], AbstractContextManager[int]]


def server(port: int, tls: Tls = Tls.REQUIRED, *, host: str = "127.0.0.1", ca_file: Path | None = None) -> Server:
    return Server("relay", host, port, tls=tls, ca_file=ca_file, timeout=5)


def context_for(authority: trustme.CA, name: str = "127.0.0.1", not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


@contextmanager
def starttls(certificate: ssl.SSLContext) -> Iterator[int]:
    with on_duty(PostOffice(), tls_context=certificate) as office:
        yield office.port


@contextmanager
def saying(*lines: bytes, certificate: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says these lines, the first at once and one more for each line it hears, and hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in lines:
                self.wfile.write(line)
                self.rfile.readline()

    class Office(socketserver.TCPServer):
        def get_request(self) -> tuple[socket.socket, Any]:
            line, client = super().get_request()
            if certificate:
                line = certificate.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
            return line, client

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients here hang up in the middle, and refuse certificates."""

    with Office(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def implicit(certificate: ssl.SSLContext) -> AbstractContextManager[int]:
    return saying(b"220 post.example.org\r\n", b"250 post.example.org\r\n", b"221 bye\r\n", certificate=certificate)


def test_a_server_is_secured_by_starttls_and_says_what_it_offers(certificate: ssl.SSLContext, ca_file: Path) -> None:
    with starttls(certificate) as port:
        greeting = SmtpHandshake().look(server(port, ca_file=ca_file))
    assert greeting.stopped is None
    assert greeting.tls_version == "TLSv1.3"
    assert greeting.banner == "post.example.org"
    assert {"size", "smtputf8"} <= greeting.extensions
    assert "starttls" not in greeting.extensions  # what counts is what it says on the secured line
    assert greeting.addresses == ("127.0.0.1",)
    assert greeting.certificate_expires
    assert greeting.certificate_expires > datetime.now(UTC)


def test_implicit_tls_is_looked_at_too(certificate: ssl.SSLContext, ca_file: Path) -> None:
    with implicit(certificate) as port:
        greeting = SmtpHandshake().look(server(port, Tls.IMPLICIT, ca_file=ca_file))
    assert (greeting.stopped, greeting.tls_version, greeting.banner) == (None, "TLSv1.3", "post.example.org")
    assert greeting.certificate_expires


def test_nothing_is_secured_where_nothing_shall_be(certificate: ssl.SSLContext) -> None:
    with starttls(certificate) as port:
        greeting = SmtpHandshake().look(server(port, Tls.NONE))
    assert (greeting.stopped, greeting.tls_version, greeting.certificate_expires) == (None, "", None)
    assert "starttls" in greeting.extensions


def test_a_server_without_starttls_is_heard_to_its_end(post_office: PostOffice) -> None:
    greeting = SmtpHandshake().look(server(post_office.port))
    assert (greeting.stopped, greeting.tls_version) == (None, "")
    assert "starttls" not in greeting.extensions


def test_when_a_certificate_ends_is_told(authority: trustme.CA, ca_file: Path) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    with starttls(context_for(authority, not_after=until)) as port:
        assert SmtpHandshake().look(server(port, ca_file=ca_file)).certificate_expires == until


@pytest.mark.parametrize("way", [starttls, implicit])
def test_a_certificate_that_has_ended_stops_the_look(authority: trustme.CA, ca_file: Path, way: Way) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    with way(context_for(authority, not_after=past)) as port:
        tls = Tls.IMPLICIT if way is implicit else Tls.REQUIRED
        greeting = SmtpHandshake().look(server(port, tls, ca_file=ca_file))
    assert greeting.stopped is Stop.CERTIFICATE
    assert "expired" in greeting.why


def test_a_certificate_for_another_host_or_from_nobody_known_stops_it(
    authority: trustme.CA, certificate: ssl.SSLContext, ca_file: Path
) -> None:
    with starttls(context_for(authority, "other.example")) as port:
        greeting = SmtpHandshake().look(server(port, ca_file=ca_file))
        assert (greeting.stopped, "127.0.0.1" in greeting.why) == (Stop.CERTIFICATE, True)
    with starttls(certificate) as port:
        assert SmtpHandshake().look(server(port)).stopped is Stop.CERTIFICATE
        unverified = SmtpHandshake().look(Server("relay", "127.0.0.1", port, verify=False, timeout=5))
    assert (unverified.stopped, unverified.tls_version, unverified.certificate_expires) == (None, "TLSv1.3", None)


def test_a_port_without_tls_fails_where_tls_is_expected(certificate: ssl.SSLContext, ca_file: Path) -> None:
    with starttls(certificate) as port:
        assert SmtpHandshake().look(server(port, Tls.IMPLICIT, ca_file=ca_file)).stopped is Stop.TLS


def test_starttls_that_is_offered_and_refused_is_a_fault_of_tls() -> None:
    with saying(b"220 post\r\n", b"250-post.example\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n") as port:
        greeting = SmtpHandshake().look(server(port))
    assert (greeting.stopped, greeting.banner) == (Stop.TLS, "post.example")
    assert "454 4.7.0 not now" in greeting.why


def test_a_server_that_knows_helo_only_is_heard() -> None:
    with saying(b"220 old\r\n", b"502 what?\r\n", b"250 old.example hello\r\n", b"221 bye\r\n") as port:
        greeting = SmtpHandshake().look(server(port))
    assert (greeting.stopped, greeting.banner, greeting.extensions) == (None, "old.example", frozenset())


@pytest.mark.parametrize(
    "lines",
    [(b"554 no\r\n",), (b"",), (b"hello\r\n",), (b"220 post\r\n", b"\xff\xfe\r\n"), (b"220 \r\n", b"550 a\r\n", b"550 b\r\n")],
)  # fmt: skip
def test_a_server_that_does_not_speak_to_us_is_not_reached(lines: tuple[bytes, ...]) -> None:
    with saying(*lines) as port:
        greeting = SmtpHandshake().look(server(port))
    assert greeting.stopped is Stop.UNREACHABLE
    assert greeting.why


def test_nothing_there_and_no_such_host_are_told() -> None:
    greeting = SmtpHandshake().look(server(free_port()))
    assert (greeting.stopped, greeting.addresses) == (Stop.UNREACHABLE, ("127.0.0.1",))
    nowhere = SmtpHandshake().look(server(25, host="mail.invalid"))
    assert (nowhere.stopped, nowhere.addresses) == (Stop.UNREACHABLE, ())

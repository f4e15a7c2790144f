"""A name server of our own on loopback: answers from a zone by UDP and TCP, or fails as it is told to."""

from __future__ import annotations

import contextlib
import socketserver
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone

ORIGIN = dns.name.root
UDP_MAXIMUM = 512


@dataclass
class NameServer:
    """``zone`` is a zone file whose names all stand in full.

    ``sick`` names are answered with SERVFAIL, at ``silent`` ones nothing is said at all; "*" is every name.
    ``asked`` keeps the questions.
    """

    zone: str = ""
    sick: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes) -> dns.message.Message | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append((name, dns.rdatatype.to_text(question.rdtype)))
        if {name, "*"} & self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        if {name, "*"} & self.sick:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._look_up(question.name, question.rdtype, response)
        return response

    def _look_up(self, name: dns.name.Name, kind: dns.rdatatype.RdataType, response: dns.message.Message) -> None:
        zone = dns.zone.from_text(self.zone, origin=ORIGIN, relativize=False, check_origin=False)
        node = zone.get_node(name)
        if node is None:
            below = any(other.is_subdomain(name) for other in zone.nodes)
            response.set_rcode(dns.rcode.NOERROR if below else dns.rcode.NXDOMAIN)
            return
        for rdtype in (kind, dns.rdatatype.CNAME):
            if found := zone.get_rrset(name, rdtype):
                response.answer.append(found)
                if rdtype != kind:
                    self._look_up(found[0].target, kind, response)
                return


class _Udp(socketserver.ThreadingUDPServer):
    office: NameServer


class _Tcp(socketserver.ThreadingTCPServer):
    office: NameServer
    allow_reuse_address = True


class _Datagram(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, line = self.request
        if (response := self.server.office.answer(wire)) is None:
            return
        data = response.to_wire()
        if len(data) > UDP_MAXIMUM:  # RFC 1035, 4.2.1: the rest is asked for by TCP
            response.answer.clear()
            response.flags |= dns.flags.TC
            data = response.to_wire()
        line.sendto(data, self.client_address)


class _Stream(socketserver.BaseRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.request.recv(2, 0x100))  # MSG_WAITALL
        if response := self.server.office.answer(self.request.recv(length, 0x100)):
            data = response.to_wire()
            self.request.sendall(struct.pack("!H", len(data)) + data)


@contextlib.contextmanager
def on_duty(office: NameServer) -> Iterator[NameServer]:
    """The server behind one port for both."""
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(_Udp(("127.0.0.1", 0), _Datagram))
        office.port = udp.server_address[1]
        tcp = stack.enter_context(_Tcp(("127.0.0.1", office.port), _Stream))
        for server in (udp, tcp):
            server.office = office
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield office

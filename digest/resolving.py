"""The one DNS client: questions and answers, through resolvers that may be named.

An answer is a value, never an exception, and it always says which of four things it is. For who is about to say "you
have no SPF record" must know that a name server said so, and did not merely stay silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
import dns.reversename

from digest.errors import ConfigError

PORT = 53
PORT_MAXIMUM = 0xFFFF
NULL_MX = "."  # the one host of a domain that takes no mail (RFC 7505, 3)
_SERVER = re.compile(
    r"(?:\[([0-9a-f:.]+)\]|([0-9.]+)|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE
)


class Kind(StrEnum):
    """A type of record."""

    TXT = "TXT"
    MX = "MX"
    A = "A"
    AAAA = "AAAA"
    PTR = "PTR"
    CNAME = "CNAME"


class Status(StrEnum):
    FOUND = "found"
    NO_RECORD = "no record"  # the name is there, and has none of this kind (RFC 2308, 2.2)
    NO_NAME = "no name"  # NXDOMAIN, or a name that nobody can have (RFC 2308, 2.1)
    UNANSWERED = "unanswered"  # SERVFAIL, REFUSED, silence: nothing is known


@dataclass(frozen=True, slots=True)
class Answer:
    """What the DNS says. ``values`` are empty unless something was found; ``why`` tells what kept an answer away.

    TXT values have their strings joined; MX values are host names, the preferred one first; names end in no dot.
    """

    status: Status
    values: tuple[str, ...] = ()
    why: str = ""

    @property
    def known(self) -> bool:
        return self.status is not Status.UNANSWERED


class Resolver:
    """Asks the named servers, or the system's; each question once, and none any more where nobody ever answered.

    ``servers`` are addresses as ``192.0.2.1``, ``192.0.2.1:5353`` or ``[2001:db8::1]:5353``; ``timeout`` is in seconds,
    and each of them is given as much. Raises ConfigError for a server that is no address.
    """

    def __init__(self, servers: Iterable[str] = (), timeout: float = 5.0) -> None:
        self._answers: dict[tuple[str, Kind], Answer] = {}
        self._heard = False
        self._broken = ""
        named = [dns.nameserver.Do53Nameserver(*_server(server)) for server in servers]
        try:
            self._resolver = dns.resolver.Resolver(configure=not named)
        except dns.exception.DNSException as error:
            self._resolver = dns.resolver.Resolver(configure=False)
            self._broken = str(error)
        if named:
            self._resolver.nameservers = named
        self._resolver.timeout = timeout / 2  # a packet that got lost is asked for again
        self._resolver.lifetime = timeout * max(1, len(self._resolver.nameservers))

    def ask(self, name: str, kind: Kind) -> Answer:
        """What there is of this kind at a name; for PTR the name is an IP address."""
        question = (name.lower().rstrip("."), kind)
        if question not in self._answers:
            self._answers[question] = self._asked(*question)
        return self._answers[question]

    def _asked(self, name: str, kind: Kind) -> Answer:
        if self._broken:
            return Answer(Status.UNANSWERED, why=self._broken)
        try:
            asked = _name(name, kind)
        except (ValueError, dns.exception.DNSException) as error:
            return Answer(Status.NO_NAME, why=str(error))
        answer = self._answered(asked, kind)
        if answer.known:
            self._heard = True
        elif not self._heard:
            self._broken = answer.why  # a resolver that was never there would cost its time-out again and again
        return answer

    def _answered(self, name: dns.name.Name, kind: Kind) -> Answer:
        try:
            found = self._resolver.resolve(name, kind.value, search=False)
        except dns.resolver.NXDOMAIN:
            return Answer(Status.NO_NAME)
        except dns.resolver.NoAnswer:
            return Answer(Status.NO_RECORD)
        except dns.exception.Timeout:
            return Answer(Status.UNANSWERED, why=f"no answer within {self._resolver.lifetime:g} s")
        except dns.resolver.NoNameservers as error:
            self._heard = True  # a refusal is a sign of life
            return Answer(Status.UNANSWERED, why=_refusal(error))
        except (dns.exception.DNSException, OSError) as error:
            return Answer(Status.UNANSWERED, why=str(error) or type(error).__name__)
        return Answer(Status.FOUND, _values(kind, found))


def _server(text: str) -> tuple[str, int]:
    """``192.0.2.1:5353`` as an address and a port. Raises ConfigError."""
    found = _SERVER.fullmatch(text)
    try:
        address = ip_address((found[1] or found[2] or found[3]) if found else "")
        port = int((found and found[4]) or PORT)
    except ValueError:
        port = 0
    if not 0 < port <= PORT_MAXIMUM:
        raise ConfigError(
            f"dns.servers: expected the address of a resolver, found {text!r}",
            hint="write 192.0.2.1, or 192.0.2.1:5353",
        )
    return str(address), port


def _name(name: str, kind: Kind) -> dns.name.Name:
    if kind is Kind.PTR:
        return dns.reversename.from_address(name)
    return dns.name.from_text(name, idna_codec=dns.name.IDNA_2008_UTS_46)


def _values(kind: Kind, found: Iterable[Any]) -> tuple[str, ...]:
    """The records' fields, which each kind has of its own, as plain values."""
    records = list(found)
    match kind:
        case Kind.TXT:  # RFC 7208, 3.3, and RFC 6376, 3.6.2.2: joined, with nothing in between
            return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in records)
        case Kind.MX:
            records.sort(key=lambda record: (record.preference, record.exchange))
            return tuple(_shown(record.exchange) for record in records)
        case Kind.A | Kind.AAAA:
            return tuple(record.address for record in records)
        case Kind.PTR | Kind.CNAME:
            return tuple(_shown(record.target) for record in records)


def _shown(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True) if name != dns.name.root else NULL_MX


def _refusal(error: dns.resolver.NoNameservers) -> str:
    """What the servers said instead of an answer: SERVFAIL, REFUSED and the like, or what was wrong with the line."""
    said = {str(reason[3]) for reason in error.kwargs.get("errors", ())}
    return f"the resolver said {', '.join(sorted(said))}" if said else "the resolver gave no answer"

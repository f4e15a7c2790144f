"""What is configured, and what was seen of it from outside: the values that rules judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from digest.deliverability.spf import Policy
from digest.message import ascii_domain, return_path
from digest.model import Sender
from digest.resolving import Answer


class Tls(StrEnum):
    REQUIRED = "required"  # STARTTLS
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server that messages are handed to."""

    name: str
    host: str
    port: int
    tls: Tls = Tls.REQUIRED
    verify: bool = True
    ca_file: Path | None = None
    timeout: float = 30


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key that signs messages, and the record that has to be in the DNS for it."""

    domain: str
    selector: str
    record: str

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is configured about mails that are to be believed."""

    senders: tuple[Sender, ...]
    servers: tuple[Server, ...]
    keys: tuple[PublishedKey, ...] = ()
    postal_address: str = ""


def domain_of(address: str) -> str:
    return ascii_domain(address).rpartition("@")[2].lower()


def envelope_domain(sender: Sender) -> str:
    """The domain that SPF is judged by."""
    return domain_of(return_path(sender, ""))


class Stop(StrEnum):
    """What kept a look at a server from its end."""

    UNREACHABLE = "unreachable"
    TLS = "TLS failed"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server said before anybody logged in.

    ``banner`` is the name that it goes by, ``tls_version`` is "" where nothing was secured, and ``addresses`` are those
    of its host. Where ``stopped`` is set, the look ended there, and ``why`` tells more.
    """

    addresses: tuple[str, ...] = ()
    banner: str = ""
    extensions: frozenset[str] = frozenset()
    tls_version: str = ""
    certificate_expires: datetime | None = None
    stopped: Stop | None = None
    why: str = ""

    @property
    def stays(self) -> bool:
        """Whether nothing of what is said to the server leaves this machine."""
        return bool(self.addresses) and all(ip_address(address).is_loopback for address in self.addresses)

    @property
    def public(self) -> tuple[IPv4Address | IPv6Address, ...]:
        return tuple(address for address in map(ip_address, self.addresses) if address.is_global)


@dataclass(frozen=True, slots=True)
class ReverseFacts:
    """The names of an address, and those among them that lead back to it."""

    address: str
    names: Answer
    confirmed: tuple[str, ...]
    unanswered: Answer | None = None


@dataclass(frozen=True, slots=True)
class ServerFacts:
    server: Server
    greeting: Greeting
    reverse: tuple[ReverseFacts, ...] = ()
    banner: Answer | None = None  # the addresses of the name that it goes by


@dataclass(frozen=True, slots=True)
class KeyFacts:
    key: PublishedKey
    answer: Answer


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Whether a foreign domain wants the reports that a policy sends there; ``name`` is where it would say so."""

    domain: str
    name: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class DmarcFacts:
    """Where a From domain's policy was looked for, and what was there: at itself first."""

    domain: str
    tried: tuple[tuple[str, Answer], ...]
    reports: tuple[ReportFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A host that takes a domain's mail: its addresses, and whether it is an alias only."""

    name: str
    addresses: Answer
    alias: bool


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """Whether mail to a domain arrives; ``uses`` are what we have mailboxes there for."""

    domain: str
    uses: tuple[str, ...]
    mx: Answer
    hosts: tuple[HostFacts, ...]


class Door(StrEnum):
    """What is at the address of the readers' pages."""

    OPEN = "open"
    ILL = "ill"  # they are there, and say themselves that something is wrong
    STRANGE = "strange"  # something else is
    SHUT = "shut"  # nothing is


@dataclass(frozen=True, slots=True)
class PagesFacts:
    """The readers' pages, by the address of their health; ``why`` tells more of a door that is not open."""

    health: str
    door: Door
    why: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    plan: Plan
    now: datetime
    spf: tuple[Policy, ...]
    keys: tuple[KeyFacts, ...]
    dmarc: tuple[DmarcFacts, ...]
    mailboxes: tuple[MailboxFacts, ...]
    servers: tuple[ServerFacts, ...]
    pages: tuple[PagesFacts, ...] = ()

"""A publisher who does everything right, and a world that agrees: zones, name server, mail servers."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.deliverability.examining import examine
from digest.deliverability.facts import Greeting, Plan, PublishedKey, Server
from digest.deliverability.findings import Finding, Level
from digest.errors import FetchError
from digest.fetching import Fetched
from digest.model import Sender
from digest.resolving import Resolver
from tests.deliverability.nameserver import NameServer, on_duty
from tests.journeys.conftest import post_office, site

__all__ = ["post_office", "site"]

NOW = datetime(2025, 12, 8, tzinfo=UTC)
EXPIRES = datetime(2026, 3, 8, tzinfo=UTC)
PUBLIC, OTHER, SIX = "198.41.0.4", "199.9.14.201", "2001:500:200::b"  # global to ipaddress; documentation ones are not
RELAY = Server("relay", "relay.quay.example", 587)


def rsa_record(bits: int, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    public = RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()  # nobody signs with it: any odd number will do
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public.public_bytes(Encoding.DER, form)).decode()}"


def ed25519_record() -> str:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


RSA, RSA_OTHER, RSA_FEW, RSA_TOO_FEW = map(rsa_record, (2048, 2047, 1024, 768))
ED25519 = ed25519_record()
KEY = PublishedKey("quay.example", "digest1", RSA)

SENDER = Sender(
    name="Quay News",
    address="weekly@quay.example",
    list_id="weekly.quay.example",
    unsubscribe_to="weekly@quay.example",
    web="https://news.quay.example",
    bounces="bounces@mail.quay.example",
)
PLAN = Plan((SENDER,), (RELAY,), (KEY,), "Quay News, 1 Quay Street, Saltmere")
GREETING = Greeting(
    addresses=(PUBLIC,),
    banner="relay.quay.example",
    extensions=frozenset({"starttls", "pipelining"}),
    tls_version="TLSv1.3",
    certificate_expires=EXPIRES,
)


def strings(text: str) -> str:
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


ZONE = f"""\
quay.example. 60 IN MX 10 mx.quay.example.
quay.example. 60 IN TXT "some-site-verification=1"
quay.example. 60 IN A 192.0.2.80
mail.quay.example. 60 IN TXT "v=spf1 include:_spf.quay.example ~all"
mail.quay.example. 60 IN MX 10 mx.quay.example.
_spf.quay.example. 60 IN TXT "v=spf1 ip4:198.41.0.0/24 -all"
mx.quay.example. 60 IN A 192.0.2.25
relay.quay.example. 60 IN A {PUBLIC}
digest1._domainkey.quay.example. 60 IN TXT {strings(RSA)}
_dmarc.quay.example. 60 IN TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@quay.example"
4.0.41.198.in-addr.arpa. 60 IN PTR relay.quay.example.
"""


@dataclass(frozen=True)
class Greetings:
    """What each server is said to have said."""

    by_host: dict[str, Greeting]

    def look(self, server: Server) -> Greeting:
        return self.by_host[server.host]


@dataclass(frozen=True)
class Somewhere:
    """What each address on the web is said to answer; the others do not."""

    answers: dict[str, Fetched]

    def get(self, url: str) -> Fetched:
        if url in self.answers:
            return self.answers[url]
        raise FetchError(url, "Connection refused")


HEALTH = "https://news.quay.example/health"
WELL = Fetched(HEALTH, 200, "application/json", b"{}")


@dataclass(frozen=True)
class Case:
    """A publisher and the world; each method gives another one with one thing changed."""

    plan: Plan = PLAN
    zone: str = ZONE
    greeting: Greeting = GREETING
    health: Fetched | None = WELL

    def record(self, old: str, *new: str) -> Case:
        """The record that begins so, written anew, or in several, or taken away."""
        lines = self.zone.splitlines()
        (place,) = (place for place, line in enumerate(lines) if line.startswith(old))
        lines[place : place + 1] = new
        return replace(self, zone="\n".join(lines) + "\n")

    def added(self, *lines: str) -> Case:
        return replace(self, zone=self.zone + "\n".join(lines) + "\n")

    def spf(self, text: str, *lines: str) -> Case:
        return self.record("mail.quay.example. 60 IN TXT", f'mail.quay.example. 60 IN TXT "{text}"').added(*lines)

    def dkim(self, *texts: str) -> Case:
        name = "digest1._domainkey.quay.example. 60 IN TXT"
        return self.record(name, *(f"{name} {strings(text)}" for text in texts))

    def dmarc(self, *texts: str) -> Case:
        name = "_dmarc.quay.example. 60 IN TXT"
        return self.record(name, *(f'{name} "{text}"' for text in texts))

    def sender(self, **changes: str) -> Case:
        return replace(self, plan=replace(self.plan, senders=(replace(SENDER, **changes),)))

    def planned(self, **changes: Any) -> Case:
        return replace(self, plan=replace(self.plan, **changes))

    def server(self, **changes: Any) -> Case:
        return self.planned(servers=(replace(RELAY, **changes),))

    def answered(self, status: int, media_type: str) -> Case:
        """What is at the address of the readers' pages."""
        return replace(self, health=Fetched(HEALTH, status, media_type, b""))

    def greeted(self, **changes: Any) -> Case:
        return replace(self, greeting=replace(self.greeting, **changes))


Examine = Callable[[Case], tuple[Finding, ...]]


def ill(findings: tuple[Finding, ...]) -> dict[str, Level]:
    """What is not well, by subject."""
    return {finding.subject: finding.level for finding in findings if finding.level is not Level.WELL}


@pytest.fixture(scope="session")
def running_names() -> Iterator[NameServer]:
    with on_duty(NameServer()) as office:
        yield office


@pytest.fixture
def names(running_names: NameServer) -> NameServer:
    running_names.zone, running_names.sick, running_names.silent = ZONE, frozenset(), frozenset()
    running_names.asked.clear()
    return running_names


@pytest.fixture
def found(names: NameServer) -> Examine:
    """What is found of a case, through the real resolver and a real name server."""

    def find(case: Case) -> tuple[Finding, ...]:
        names.zone = case.zone
        web = Somewhere({HEALTH: case.health} if case.health else {})
        hosts = {server.host: case.greeting for server in case.plan.servers}
        return examine(case.plan, Resolver([names.address]), Greetings(hosts), web, NOW)

    return find


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS for 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context

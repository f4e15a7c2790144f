"""Mail servers: that what is said to them is secured, and that their addresses have names that lead back to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.deliverability.facts import Facts, ReverseFacts, ServerFacts, Stop, Tls
from digest.deliverability.findings import BULK, GMAIL, Finding, Level, cut, unanswered
from digest.resolving import Status

OLD = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
EXPIRY = timedelta(days=14)
_TLS = f"RFC 8314, 3; {GMAIL}"


def judge(facts: Facts) -> Iterator[Finding]:
    for fact in facts.servers:
        yield _secured(fact, facts.now)
        yield from (_reverse(fact, reverse) for reverse in fact.reverse)
        yield from _name(fact)


def _secured(fact: ServerFacts, now: datetime) -> Finding:
    server, greeting = fact.server, fact.greeting
    subject = f"TLS of {server.name}"
    match greeting.stopped:
        case Stop.UNREACHABLE:
            advice = "check smtp.host and smtp.port, or try again later"
            return Finding(subject, Level.UNANSWERED, f"no answer: {cut(greeting.why)}", _TLS, advice)
        case Stop.CERTIFICATE:
            advice = "mend the certificate, or name its authority in smtp.ca_file"
            found = f"the certificate is not valid: {cut(greeting.why)}"
            return Finding(subject, Level.FAULT, found, "RFC 8314, 3.2", advice)
        case Stop.TLS:
            found = f"TLS failed: {cut(greeting.why)}"
            return Finding(
                subject, Level.FAULT, found, _TLS, 'check smtp.port and smtp.tls ("implicit" is for port 465)'
            )
    if server.tls is Tls.NONE:
        return _in_the_clear(subject, fact)
    if not greeting.tls_version:
        advice = 'check smtp.port: 587 offers STARTTLS, 465 needs smtp.tls = "implicit"'
        return Finding(subject, Level.FAULT, "the server does not offer STARTTLS", f"RFC 3207; {GMAIL}", advice)
    return _tls(subject, fact, now)


def _in_the_clear(subject: str, fact: ServerFacts) -> Finding:
    if fact.greeting.stays:
        return Finding(subject, Level.WELL, "in the clear, and it does not leave this machine", _TLS)
    found = "mails and their readers' addresses cross the network in the clear"
    return Finding(subject, Level.FAULT, found, _TLS, 'set smtp.tls to "required", or to "implicit" for port 465')


def _tls(subject: str, fact: ServerFacts, now: datetime) -> Finding:
    greeting = fact.greeting
    if greeting.tls_version in OLD:
        found = f"{greeting.tls_version} is too old"
        return Finding(subject, Level.FAULT, found, "RFC 8996", "let the server offer TLS 1.2 and 1.3")
    if not fact.server.verify:
        advice = "set smtp.verify to true, and name the authority in smtp.ca_file if it is your own"
        found = f"{greeting.tls_version}, but nobody looks at the certificate"
        return Finding(subject, Level.WARNING, found, "RFC 8314, 3.2", advice)
    if greeting.certificate_expires is None:
        return Finding(subject, Level.WELL, greeting.tls_version, _TLS)
    left = greeting.certificate_expires - now
    found = f"{greeting.tls_version}, the certificate is valid for {left.days} more days"
    if left < EXPIRY:
        return Finding(subject, Level.WARNING, found, _TLS, "renew it: without a valid one nothing is sent")
    return Finding(subject, Level.WELL, found, _TLS)


def _reverse(fact: ServerFacts, reverse: ReverseFacts) -> Finding:
    subject = f"reverse DNS of {reverse.address} ({fact.server.name})"
    advice = "if mails leave from this address, have its owner set a PTR record, and that name an address record"
    if reverse.confirmed:
        return Finding(subject, Level.WELL, f"{cut(reverse.confirmed[0])}, which leads back", BULK)
    if reverse.unanswered:
        return unanswered(subject, reverse.unanswered, BULK)
    if not reverse.names.values:
        return Finding(subject, Level.WARNING, "the address has no name", BULK, advice)
    found = f"{cut(', '.join(reverse.names.values))} does not lead back to it"
    return Finding(subject, Level.WARNING, found, BULK, advice)


def _name(fact: ServerFacts) -> Iterator[Finding]:
    if fact.banner is None:
        return
    subject, name = f"name of {fact.server.name}", cut(fact.greeting.banner)
    if not fact.banner.known:
        yield unanswered(subject, fact.banner, "RFC 5321, 4.1.4")
    elif fact.banner.status is Status.FOUND:
        yield Finding(subject, Level.WELL, f"{name} has an address", "RFC 5321, 4.1.4")
    else:
        advice = "let the server go by a name that has an address record"
        yield Finding(
            subject, Level.WARNING, f"it calls itself {name}, which has no address", "RFC 5321, 4.1.4", advice
        )

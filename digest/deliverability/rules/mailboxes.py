"""Mailboxes: that whoever answers, bounces or leaves by mail reaches somebody."""

from __future__ import annotations

from collections.abc import Iterator

from digest.deliverability.facts import Facts, MailboxFacts
from digest.deliverability.findings import OUTLOOK, Finding, Level, cut, unanswered
from digest.resolving import NULL_MX, Status

_MX = "RFC 5321, 5.1"
_REACHABLE = f"{_MX}; {OUTLOOK}"
_ADVICE = "publish an MX record, or use an address at a domain that takes mail"


def judge(facts: Facts) -> Iterator[Finding]:
    for fact in facts.mailboxes:
        yield _judged(f"mail to {fact.domain} ({', '.join(fact.uses)})", fact)


def _judged(subject: str, fact: MailboxFacts) -> Finding:
    if not fact.mx.known:
        return unanswered(subject, fact.mx, _MX)
    if NULL_MX in fact.mx.values:
        return Finding(subject, Level.FAULT, "the domain says that it takes no mail", "RFC 7505, 3", _ADVICE)
    if not any(host.addresses.values for host in fact.hosts):
        return _without_addresses(subject, fact)
    return _with_addresses(subject, fact)


def _without_addresses(subject: str, fact: MailboxFacts) -> Finding:
    for host in fact.hosts:
        if not host.addresses.known:
            return unanswered(subject, host.addresses, _MX)
    found = f"none of its hosts has an address: {_listed(fact)}" if fact.mx.values else "nobody takes mail for it"
    return Finding(subject, Level.FAULT, found, _REACHABLE, _ADVICE)


def _with_addresses(subject: str, fact: MailboxFacts) -> Finding:
    if fact.mx.status is not Status.FOUND:
        found = "there is no MX record; mail goes to the address of the domain itself"
        return Finding(subject, Level.WARNING, found, _MX, _ADVICE)
    if aliases := [cut(host.name) for host in fact.hosts if host.alias]:
        found = f"an MX must not be an alias (CNAME): {', '.join(aliases)}"
        return Finding(subject, Level.WARNING, found, "RFC 2181, 10.3", "name the host that the alias stands for")
    return Finding(subject, Level.WELL, f"goes to {_listed(fact)}", _MX)


def _listed(fact: MailboxFacts) -> str:
    return ", ".join(cut(host.name) for host in fact.hosts)

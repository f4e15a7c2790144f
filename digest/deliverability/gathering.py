"""Gathers the facts: asks the DNS, the mail servers and the readers' pages, and judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address, ip_network

from digest.deliverability import spf
from digest.deliverability.facts import (
    DmarcFacts,
    Door,
    Facts,
    HostFacts,
    KeyFacts,
    MailboxFacts,
    PagesFacts,
    Plan,
    ReportFacts,
    ReverseFacts,
    Server,
    ServerFacts,
    domain_of,
    envelope_domain,
)
from digest.deliverability.ports import Handshake, Names, Web
from digest.deliverability.spf import Mechanism, Network, Policy, Step, Term
from digest.deliverability.tags import is_dmarc, report_domains
from digest.errors import FetchError
from digest.fetching import Fetched
from digest.proof.domains import registered
from digest.resolving import NULL_MX, Answer, Kind, Status

RECORDS_MAXIMUM = 40  # SPF records of one tree that are looked at; who needs a quarter of them is at fault already
REPORTED_MAXIMUM = 10  # domains that get reports; receivers need not send to more than two (RFC 7489, 6.2)
NAMES_MAXIMUM = 10  # of one address that are confirmed (RFC 7208, 4.6.4 says so of ptr)
_OK, _ILL = 200, 503


def gather(plan: Plan, names: Names, handshake: Handshake, web: Web, now: datetime) -> Facts:
    """All that the rules want to know, each thing asked for once."""
    senders = plan.senders
    return Facts(
        plan=plan,
        now=now,
        spf=tuple(_Grower(names).policy(domain) for domain in dict.fromkeys(map(envelope_domain, senders))),
        keys=tuple(KeyFacts(key, names.ask(key.name, Kind.TXT)) for key in plan.keys),
        dmarc=tuple(_dmarc(names, domain) for domain in dict.fromkeys(domain_of(sender.address) for sender in senders)),
        mailboxes=tuple(_mailbox(names, domain, uses) for domain, uses in _uses(plan).items()),
        servers=tuple(_server(names, handshake, server) for server in plan.servers),
        pages=tuple(look_at_pages(web, url) for url in dict.fromkeys(sender.web for sender in senders) if url),
    )


def look_at_pages(web: Web, url: str) -> PagesFacts:
    """Whether the readers' pages are at this base address. Raises nothing."""
    health = f"{url.rstrip('/')}/health"
    try:
        answer = web.get(health)
    except FetchError as error:
        return PagesFacts(health, Door.SHUT, error.what)
    if answer.status == _ILL:
        return PagesFacts(health, Door.ILL)
    return PagesFacts(health, Door.OPEN) if _is_health(answer) else PagesFacts(health, Door.STRANGE, _said(answer))


def _is_health(answer: Fetched) -> bool:
    return answer.status == _OK and answer.media_type == "application/json"


def _said(answer: Fetched) -> str:
    return f"status {answer.status}, {answer.media_type or 'of no kind'}"


def _addresses(names: Names, host: str) -> Answer:
    """Both kinds of address of a host; where one is unknown and none was found, nothing is known."""
    answers = [names.ask(host, kind) for kind in (Kind.A, Kind.AAAA)]
    if found := tuple(value for answer in answers for value in answer.values):
        return Answer(Status.FOUND, found)
    return next((answer for answer in answers if not answer.known), answers[0])


# --- SPF -------------------------------------------------------------------------------------------------------------


class _Grower:
    """Grows the tree of one domain's policy: never in a circle, and not into the sky."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._left = RECORDS_MAXIMUM

    def policy(self, domain: str, above: tuple[str, ...] = ()) -> Policy:
        self._left -= 1
        answer = self._names.ask(domain, Kind.TXT)
        texts = tuple(text for text in answer.values if spf.is_spf(text))
        if len(texts) != 1:
            return Policy(domain, answer, texts)
        record = spf.parse(texts[0])
        return Policy(domain, answer, texts, record, tuple(self._step(term, (*above, domain)) for term in record.terms))

    def _step(self, term: Term, path: tuple[str, ...]) -> Step:
        domain = term.domain or path[-1]
        if term.has_macro:
            return Step(term)
        match term.mechanism:
            case Mechanism.IP4 | Mechanism.IP6:
                return Step(term, (term.network,) if term.network else ())
            case Mechanism.INCLUDE | Mechanism.REDIRECT:
                return self._other(term, domain.lower(), path)
            case Mechanism.A:
                return _step(term, _addresses(self._names, domain))
            case Mechanism.MX:
                return self._mx(term, domain)
            case Mechanism.ALL | Mechanism.PTR | Mechanism.EXISTS:
                return Step(term)

    def _other(self, term: Term, domain: str, path: tuple[str, ...]) -> Step:
        if domain in path:
            return Step(term, fault="leads back to itself")
        if self._left <= 0:
            return Step(term, fault=f"is one of more than {RECORDS_MAXIMUM} records")
        policy = self.policy(domain, path)
        return Step(term, policy=policy, void=policy.answer.status in {Status.NO_NAME, Status.NO_RECORD})

    def _mx(self, term: Term, domain: str) -> Step:
        answer = self._names.ask(domain, Kind.MX)
        if len(answer.values) > spf.HOSTS_MAXIMUM:
            return Step(term, fault=f"has {len(answer.values)} hosts, {spf.HOSTS_MAXIMUM} are allowed")
        if answer.status is not Status.FOUND:
            return _step(term, answer)
        found = [_addresses(self._names, host) for host in answer.values if host != NULL_MX]
        silent = next((one for one in found if not one.known), None)
        networks = tuple(network for one in found for network in _networks(term, one))
        return Step(term, networks, unanswered=silent)


def _step(term: Term, answer: Answer) -> Step:
    void = answer.status in {Status.NO_NAME, Status.NO_RECORD}
    return Step(term, tuple(_networks(term, answer)), void=void, unanswered=None if answer.known else answer)


def _networks(term: Term, addresses: Answer) -> Iterator[Network]:
    four, six = term.lengths
    for address in map(ip_address, addresses.values):
        yield ip_network(f"{address}/{four if address.version == 4 else six}", strict=False)  # noqa: PLR2004 - IPv4


# --- the rest --------------------------------------------------------------------------------------------------------


def _dmarc(names: Names, domain: str) -> DmarcFacts:
    """At the domain, and where it has no policy, at the one that was registered: nowhere else (RFC 7489, 6.6.3)."""
    tried: list[tuple[str, Answer]] = []
    for owner in dict.fromkeys((domain, registered(domain))):
        name = f"_dmarc.{owner}"
        answer = names.ask(name, Kind.TXT)
        tried.append((name, answer))
        if policies := [text for text in answer.values if is_dmarc(text)]:
            return DmarcFacts(domain, tuple(tried), _reports(names, owner, policies))
        if not answer.known:
            break
    return DmarcFacts(domain, tuple(tried))


def _reports(names: Names, owner: str, policies: list[str]) -> tuple[ReportFacts, ...]:
    """Whether those outside of the owner's domain who get reports have said that they want them (RFC 7489, 7.1)."""
    domains = [domain for policy in policies for domain in report_domains(policy)][:REPORTED_MAXIMUM]
    foreign = [domain for domain in dict.fromkeys(domains) if registered(domain) != registered(owner)]
    wanted = {domain: f"{owner}._report._dmarc.{domain}" for domain in foreign}
    return tuple(ReportFacts(domain, name, names.ask(name, Kind.TXT)) for domain, name in wanted.items())


def _uses(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The domains that have mailboxes of ours, with what these are for."""
    uses: dict[str, dict[str, None]] = {}
    for sender in plan.senders:
        mailboxes = {
            "From": sender.address,
            "Reply-To": sender.reply_to,
            "bounces": sender.bounces,
            "leaving by mail": sender.unsubscribe_to,
        }
        for use, address in mailboxes.items():
            if address:
                uses.setdefault(domain_of(address), {})[use] = None
    return {domain: tuple(found) for domain, found in uses.items()}


def _mailbox(names: Names, domain: str, uses: tuple[str, ...]) -> MailboxFacts:
    """Without an MX a domain's own address takes its mail (RFC 5321, 5.1)."""
    mx = names.ask(domain, Kind.MX)
    hosts = mx.values if mx.status is Status.FOUND else (domain,) if mx.status is Status.NO_RECORD else ()
    return MailboxFacts(domain, uses, mx, tuple(_host(names, host) for host in hosts if host != NULL_MX))


def _host(names: Names, host: str) -> HostFacts:
    return HostFacts(host, _addresses(names, host), alias=names.ask(host, Kind.CNAME).status is Status.FOUND)


def _server(names: Names, handshake: Handshake, server: Server) -> ServerFacts:
    greeting = handshake.look(server)
    reverse = tuple(_reverse(names, str(address)) for address in greeting.public)
    named = bool(greeting.public and greeting.banner)
    return ServerFacts(server, greeting, reverse, _addresses(names, greeting.banner) if named else None)


def _reverse(names: Names, address: str) -> ReverseFacts:
    answer = names.ask(address, Kind.PTR)
    forward = {name: _addresses(names, name) for name in answer.values[:NAMES_MAXIMUM]}
    silent = next((one for one in (answer, *forward.values()) if not one.known), None)
    return ReverseFacts(address, answer, tuple(n for n, found in forward.items() if address in found.values), silent)

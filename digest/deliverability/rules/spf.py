"""SPF: that the domain of the envelope's sender has one record, that it can be read, and whom it lets send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address

from digest.deliverability import spf
from digest.deliverability.facts import Facts, ServerFacts
from digest.deliverability.findings import BULK, Finding, Level, cut, txt, unanswered
from digest.deliverability.spf import Mechanism, Policy, Result

_EVALUATION = "RFC 7208, 4.6"
_ALL = re.compile(r"(?<=\s)[+?~-]?all(?=\s|$)", re.IGNORECASE)
_PASSING_TEST = 'send a test to a mailbox at Gmail: "Show original" has to say SPF: PASS'
_RELAY = "a relay sends from other addresses than it is reached at: publish the include: that it names, then"


def judge(facts: Facts) -> Iterator[Finding]:
    for policy in facts.spf:
        subject = f"SPF of {policy.domain}"
        if not policy.answer.known:
            yield unanswered(subject, policy.answer, _EVALUATION)
        elif not policy.texts:
            yield _missing(subject, policy, facts)
        elif len(policy.texts) > 1:
            yield _several(subject, policy)
        else:
            findings = tuple(_read(subject, policy))
            yield from findings
            if not any(finding.level is Level.FAULT for finding in findings):
                yield from (_covered(policy, server) for server in facts.servers if server.greeting.addresses)


def _missing(subject: str, policy: Policy, facts: Facts) -> Finding:
    """The record that would do is known where a server is reached at a public address."""
    public = [address for server in facts.servers for address in server.greeting.public]
    terms = " ".join(dict.fromkeys(f"ip{address.version}:{address}" for address in public))
    return Finding(
        subject,
        Level.FAULT,
        "there is no SPF record",
        BULK,
        f"publish one, with the include: that your relay names{' in place of its address' if terms else ''}",
        txt(policy.domain, f"{spf.VERSION} {terms} ~all") if terms else "",
    )


def _several(subject: str, policy: Policy) -> Finding:
    words = [word for text in sorted(policy.texts) for word in text.split()[1:]]
    terms = dict.fromkeys(word for word in words if not _ALL.fullmatch(f" {word}", 1))
    merged = " ".join([spf.VERSION, *terms, "~all"])
    usable = "redirect=" not in merged.lower() and not spf.parse(merged).fault
    return Finding(
        subject,
        Level.FAULT,
        f"there are {len(policy.texts)} SPF records, and receivers then follow none",
        "RFC 7208, 4.5",
        "make one of them",
        txt(policy.domain, merged) if usable else "",
    )


def _read(subject: str, policy: Policy) -> Iterator[Finding]:
    """What is wrong with the record and all that it includes; that it is well, if nothing is."""
    text = cut(policy.texts[0])
    found = [*_broken(subject, policy), *_loose(subject, policy)]
    if answer := policy.unanswered:
        found.append(unanswered(subject, answer, _EVALUATION))
    yield from found or [
        Finding(subject, Level.WELL, f"{text} ({policy.lookups} of {spf.LOOKUPS_MAXIMUM} look-ups)", _EVALUATION)
    ]


def _broken(subject: str, policy: Policy) -> Iterator[Finding]:
    for fault in policy.faults:
        said = f"receivers give up on it: {cut(fault)}"
        yield Finding(subject, Level.FAULT, said, _EVALUATION, f"mend what is named: {cut(policy.texts[0])}")
    if policy.lookups > spf.LOOKUPS_MAXIMUM:
        said = f"it takes {policy.lookups} look-ups, and receivers give up after {spf.LOOKUPS_MAXIMUM}"
        advice = "take out each include:, a and mx that nothing sends from; an ip4: takes no look-up"
        yield Finding(subject, Level.FAULT, said, "RFC 7208, 4.6.4", advice)
    if policy.voids > spf.VOIDS_MAXIMUM:
        said = f"{policy.voids} of its names have no records, and receivers give up after {spf.VOIDS_MAXIMUM}"
        yield Finding(subject, Level.FAULT, said, "RFC 7208, 4.6.4", "take out the names that are not there any more")


def _loose(subject: str, policy: Policy) -> Iterator[Finding]:
    strict = txt(policy.domain, _ALL.sub("~all", policy.texts[0])) if _ALL.search(policy.texts[0]) else ""
    broken = any(policy.faults)
    for word, inside in spf.welcome(policy):
        found = f"{cut(word)} lets everybody send in its name{f': {cut(inside)}' if inside else ''}"
        if word == "+all":
            yield Finding(subject, Level.FAULT, found, "RFC 7208, 5.1", "end it in ~all", strict)
        else:
            advice = "take it out, and name the addresses that send for you"
            yield Finding(subject, Level.FAULT, found, "RFC 7208, 5", advice)
    match policy.default:
        case "?":
            yield Finding(
                subject, Level.WARNING, "?all says nothing of strangers", "RFC 7208, 5.1", "end it in ~all", strict
            )
        case "" if not broken and not policy.unanswered:
            ended = txt(policy.domain, f"{policy.texts[0].strip()} ~all")
            found = "it does not say what becomes of strangers"
            yield Finding(subject, Level.WARNING, found, "RFC 7208, 4.7", "end it in ~all", ended)
    if any(step.term.mechanism is Mechanism.PTR for branch in policy.branches for step in branch.steps):
        found = "it has ptr, which is slow, and which many receivers skip"
        yield Finding(subject, Level.WARNING, found, "RFC 7208, 5.5", "name addresses instead: ip4:, ip6:, a:")


def _covered(policy: Policy, facts: ServerFacts) -> Finding:
    """Whether the policy lets the server send; a relay's other addresses are not for us to know."""
    subject = f"SPF of {policy.domain} for {facts.server.name}"
    public = facts.greeting.public
    if not public:
        found = "it is inside of this network; by which public address mails leave cannot be seen from here"
        advice = f"make sure that SPF covers that address; {_PASSING_TEST}"
        return Finding(subject, Level.WARNING, found, BULK, advice)
    results = {address: spf.evaluate(policy, address) for address in public}
    bad = {address: result for address, result in results.items() if result is not Result.PASS}
    if not bad:
        return Finding(subject, Level.WELL, f"covers {_listed(public)}", _EVALUATION)
    if all(result is Result.UNSURE for result in bad.values()):
        found = f"whether it covers {_listed(bad)} depends on the message (macros, exists, ptr)"
        return Finding(subject, Level.WARNING, found, _EVALUATION, _PASSING_TEST)
    found = f"does not cover {_listed(bad)}: {', '.join(dict.fromkeys(bad.values()))}"
    return Finding(subject, Level.WARNING, found, BULK, f"{_RELAY} {_PASSING_TEST}")


def _listed(addresses: Iterable[IPv4Address | IPv6Address]) -> str:
    return ", ".join(map(str, addresses))

"""SPF (RFC 7208): the language of its records, the tree that they make together, and what it says of an address.

Pure. The tree is grown by ``gathering``; here it is read. What depends on the message or on the asking server (macros,
``exists``, ``ptr``) is not followed: it may match or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from digest.resolving import Answer

VERSION = "v=spf1"
LOOKUPS_MAXIMUM = 10  # RFC 7208, 4.6.4
VOIDS_MAXIMUM = 2  # RFC 7208, 4.6.4
HOSTS_MAXIMUM = 10  # of one mx (RFC 7208, 4.6.4)

Network = IPv4Network | IPv6Network


class Mechanism(StrEnum):
    ALL = "all"
    INCLUDE = "include"
    A = "a"
    MX = "mx"
    PTR = "ptr"
    IP4 = "ip4"
    IP6 = "ip6"
    EXISTS = "exists"
    REDIRECT = "redirect"  # a modifier, which stands where ``all`` would (RFC 7208, 6.1)


class Result(StrEnum):
    """What a record says of an address (RFC 7208, 2.6); UNSURE where it depends on more than the address."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    BROKEN = "permerror"
    UNSURE = "unsure"


QUALIFIERS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism, or the ``redirect``. ``domain`` is "" where the record's own is meant."""

    mechanism: Mechanism
    qualifier: str
    text: str
    domain: str = ""
    network: Network | None = None
    lengths: tuple[int, int] = (32, 128)

    @property
    def has_macro(self) -> bool:
        return "%" in self.domain

    @property
    def asks(self) -> bool:
        """Whether it costs the receiver a look-up (RFC 7208, 4.6.4)."""
        return self.mechanism not in {Mechanism.ALL, Mechanism.IP4, Mechanism.IP6}


@dataclass(frozen=True, slots=True)
class Record:
    """The terms that are looked at, in the order in which they are; ``fault`` is the first thing that is no SPF."""

    terms: tuple[Term, ...] = ()
    fault: str = ""


# --- the language ----------------------------------------------------------------------------------------------------

_WORD = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)", re.ASCII | re.DOTALL)
_ADDRESS = re.compile(r":([0-9A-Fa-f:.]+(?:/\d{1,3})?)", re.ASCII)
_LENGTHS = re.compile(r"(.*?)(?:/(\d{1,2}))?(?://(\d{1,3}))?", re.ASCII | re.DOTALL)
_DOMAIN = re.compile(r"[!-~]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*\.?|%\{[A-Za-z][^{}]*\})", re.ASCII)


class _NotSpfError(ValueError):
    """A word that no receiver would read: the whole record is a permerror to them (RFC 7208, 4.6)."""


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF at all (RFC 7208, 4.5)."""
    return text.lower() == VERSION or text.lower().startswith(f"{VERSION} ")


def parse(text: str) -> Record:
    """The terms of a record. Never raises."""
    terms: list[Term] = []
    redirects: list[Term] = []
    seen: set[str] = set()
    try:
        for word in filter(None, text.split(" ")[1:]):
            qualifier, name, rest = _parts(word)
            if qualifier or not rest.startswith("="):
                terms.append(_mechanism(word, qualifier or "+", name, rest))
            elif name in {"redirect", "exp"}:  # others are for others, and skipped (RFC 7208, 6)
                modifier = _modifier(word, rest, twice=name in seen)
                seen.add(name)
                redirects += [modifier] if name == "redirect" else []
    except _NotSpfError as error:
        return Record(fault=str(error))
    return Record(_in_order(terms, redirects))


def _modifier(word: str, rest: str, *, twice: bool) -> Term:
    if twice:
        raise _NotSpfError(f"{word!r}: it stands there twice")
    return Term(Mechanism.REDIRECT, "", word, _domain(word, rest[1:]))


def _in_order(terms: list[Term], redirects: list[Term]) -> tuple[Term, ...]:
    """Nothing behind an ``all`` is ever looked at (RFC 7208, 5.1), and no redirect beside one (6.1)."""
    for place, term in enumerate(terms):
        if term.mechanism is Mechanism.ALL:
            return tuple(terms[: place + 1])
    return (*terms, *redirects)


def _parts(word: str) -> tuple[str, str, str]:
    if not (found := _WORD.fullmatch(word)):
        raise _NotSpfError(f"{word!r} is no mechanism")
    return found[1], found[2].lower(), found[3]


def _mechanism(word: str, qualifier: str, name: str, rest: str) -> Term:
    known = [mechanism for mechanism in Mechanism if mechanism == name and mechanism is not Mechanism.REDIRECT]
    if not known:
        raise _NotSpfError(f"{word!r} is no mechanism")
    mechanism = known[0]
    match mechanism:
        case Mechanism.IP4 | Mechanism.IP6:
            return Term(mechanism, qualifier, word, network=_network(word, rest, 4 if name == "ip4" else 6))
        case Mechanism.A | Mechanism.MX:
            rest, lengths = _lengths(word, rest)
        case _:
            lengths = (32, 128)
    if mechanism is Mechanism.ALL and rest:
        raise _NotSpfError(f"{word!r}: all takes nothing")
    if not rest and mechanism in {Mechanism.INCLUDE, Mechanism.EXISTS}:
        raise _NotSpfError(f"{word!r} needs a domain")
    if rest and not rest.startswith(":"):
        raise _NotSpfError(f"{word!r} is no mechanism")
    return Term(mechanism, qualifier, word, _domain(word, rest[1:]) if rest else "", lengths=lengths)


def _domain(word: str, domain: str) -> str:
    if not _DOMAIN.fullmatch(domain):
        raise _NotSpfError(f"{word!r}: {domain!r} is no domain")
    return domain.rstrip(".")


def _network(word: str, rest: str, version: int) -> Network:
    found = _ADDRESS.fullmatch(rest)
    try:
        network = ip_network(found[1], strict=False) if found else None
    except ValueError:
        network = None
    if network is None or network.version != version:
        raise _NotSpfError(f"{word!r}: expected an IPv{version} address, perhaps with a /length")
    return network


def _lengths(word: str, rest: str) -> tuple[str, tuple[int, int]]:
    found = _LENGTHS.fullmatch(rest)
    four, six = (int((found and found[place]) or most) for place, most in ((2, 32), (3, 128)))
    if not found or four > 32 or six > 128:  # noqa: PLR2004 - bits of an IPv4 and an IPv6 address
        raise _NotSpfError(f"{word!r}: no such prefix length")
    return found[1], (four, six)


# --- the tree --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A term, and what the DNS says about it. ``unanswered`` is the answer that did not come."""

    term: Term
    networks: tuple[Network, ...] = ()
    policy: Policy | None = None
    void: bool = False
    fault: str = ""
    unanswered: Answer | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain publishes: the answer, the SPF records among it, and the one that counts, step by step."""

    domain: str
    answer: Answer
    texts: tuple[str, ...] = ()
    record: Record | None = None
    steps: tuple[Step, ...] = ()

    @property
    def branches(self) -> Iterator[Policy]:
        """Itself, and all that it includes or redirects to."""
        yield self
        for step in self.steps:
            if step.policy:
                yield from step.policy.branches

    @property
    def lookups(self) -> int:
        return sum(step.term.asks for branch in self.branches for step in branch.steps)

    @property
    def voids(self) -> int:
        return sum(step.void for branch in self.branches for step in branch.steps)

    @property
    def faults(self) -> Iterator[str]:
        """What makes receivers give up on all of it, wherever it stands."""
        for branch in self.branches:
            where = "" if branch is self else f"at {branch.domain}: "
            if branch.record and branch.record.fault:
                yield f"{where}{branch.record.fault}"
            elif branch.answer.known and len(branch.texts) != 1:
                yield f"{where}{len(branch.texts) or 'no'} SPF record{'s' * (len(branch.texts) > 1)}"
            for step in branch.steps:
                if step.fault:
                    yield f"{where}{step.term.text}: {step.fault}"

    @property
    def unanswered(self) -> Answer | None:
        """The first answer that did not come."""
        for branch in self.branches:
            for answer in (branch.answer, *(step.unanswered for step in branch.steps)):
                if answer and not answer.known:
                    return answer
        return None

    @property
    def default(self) -> str:
        """The qualifier of all that nothing else matched; "" where nobody says one."""
        last = self.steps[-1] if self.steps else None
        if last and last.term.mechanism is Mechanism.ALL:
            return last.term.qualifier
        return last.policy.default if last and last.policy and last.term.mechanism is Mechanism.REDIRECT else ""


_OWNED = {4: 8, 6: 12}  # the shortest prefixes that one owner has, or may be given by a registry


def welcome(policy: Policy) -> Iterator[tuple[str, str]]:
    """What lets everybody send in the domain's name: the word of its record, and where else that word leads to, or "".

    What is refused before is not taken off: nobody can list all strangers.
    """
    for step in policy.steps:
        if step.term.qualifier not in {"+", ""}:  # a redirect has none
            continue
        if step.policy:
            for word, inside in welcome(step.policy):
                yield step.term.text, inside or f"{word} at {step.policy.domain}"
        elif step.term.mechanism is Mechanism.ALL:
            yield "+all", ""
        elif any(map(_is_too_wide, step.networks)):
            yield step.term.text, ""


def _is_too_wide(network: Network) -> bool:
    return network.prefixlen < _OWNED[network.version]


def evaluate(policy: Policy, address: IPv4Address | IPv6Address) -> Result:
    """What receivers find when this address sends (RFC 7208, 4.6)."""
    if not policy.record or policy.record.fault:
        return Result.UNSURE if not policy.answer.known else Result.BROKEN
    unsure = False
    for step in policy.steps:
        result = _matched(step, address)
        if result in {Result.PASS, Result.BROKEN}:
            return result if not unsure or result is Result.PASS else Result.UNSURE
        if result is Result.UNSURE:
            unsure = True
        elif result is not None:
            return Result.UNSURE if unsure else result
    return Result.UNSURE if unsure else Result.NEUTRAL


def _matched(step: Step, address: IPv4Address | IPv6Address) -> Result | None:
    """The result that this step brings; None where it does not match, and the next one is looked at."""
    term = step.term
    if step.fault:
        return Result.BROKEN
    if step.policy:
        inner = evaluate(step.policy, address)
        if term.mechanism is Mechanism.REDIRECT or inner in {Result.BROKEN, Result.UNSURE}:
            return inner
        return QUALIFIERS[term.qualifier] if inner is Result.PASS else None
    if term.mechanism is Mechanism.ALL or any(address in network for network in step.networks):
        return QUALIFIERS[term.qualifier]
    follows = term.mechanism not in {Mechanism.EXISTS, Mechanism.PTR} and not term.has_macro and not step.unanswered
    return None if follows else Result.UNSURE

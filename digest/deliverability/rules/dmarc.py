"""DMARC: that the From domain has one policy, and that what signs and what bounces belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.deliverability import tags
from digest.deliverability.facts import DmarcFacts, Facts, domain_of, envelope_domain
from digest.deliverability.findings import BULK, OUTLOOK, YAHOO, Finding, Level, cut, txt, unanswered
from digest.deliverability.tags import Tags, is_dmarc
from digest.proof.domains import registered

_POLICIES = ("none", "quarantine", "reject")
_PER_CENT = re.compile(r"\d\d?|100", re.ASCII)
_RECORD = "RFC 7489, 6.3"
_REPORTS = "RFC 7489, 7.1"
_ALIGNED = "RFC 7489, 3.1"


def judge(facts: Facts) -> Iterator[Finding]:
    for fact in facts.dmarc:
        yield from _policy(fact)
        yield from _alignment(fact, facts)


def policy_of(fact: DmarcFacts) -> Tags | None:
    """The policy that receivers follow; None where there is none, or more than one, or one that cannot be read."""
    texts = _texts(fact)
    policy = tags.parse(texts[0]) if len(texts) == 1 else None
    return policy if policy and not policy.fault and policy.get("p").lower() in _POLICIES else None


def asked_for(fact: DmarcFacts, policy: Tags) -> str:
    """What receivers shall do: ``sp`` speaks for the domains below the one that has the policy."""
    inherited = len(fact.tried) > 1
    return (policy.get("sp") if inherited else "").lower() or policy.get("p").lower()


def _texts(fact: DmarcFacts) -> tuple[str, ...]:
    return tuple(text for text in fact.tried[-1][1].values if is_dmarc(text))


def _policy(fact: DmarcFacts) -> Iterator[Finding]:
    subject, (name, answer), texts = f"DMARC of {fact.domain}", fact.tried[-1], _texts(fact)
    watching = txt(fact.tried[0][0], f"v=DMARC1; p=none; rua=mailto:postmaster@{fact.domain}")
    if not answer.known:
        yield unanswered(subject, answer, _RECORD)
    elif not texts:
        advice = "publish one; p=none changes nothing yet, and has reports sent to you"
        yield Finding(subject, Level.FAULT, "there is no DMARC record", BULK, advice, watching)
    elif len(texts) > 1:
        found = f"there are {len(texts)} records at {name}, and receivers then follow none"
        yield Finding(subject, Level.FAULT, found, "RFC 7489, 6.6.3", "leave only one of them")
    else:
        yield from _read(subject, fact, texts[0], watching)


def _read(subject: str, fact: DmarcFacts, text: str, watching: str) -> Iterator[Finding]:
    policy, where = tags.parse(text), fact.tried[-1][0]
    if broken := _broken(policy):
        yield Finding(subject, Level.FAULT, f"{cut(broken)}: {cut(text)}", _RECORD, "mend what is named", watching)
        return
    asked = asked_for(fact, policy)
    said = f"{cut(text)} at {where}"
    ill = [*_half_hearted(subject, asked, policy, said), *_unwanted(subject, fact)]
    yield from ill
    if not policy.get("rua"):
        better = txt(where, f"{text.strip().rstrip(';')}; rua=mailto:postmaster@{where.removeprefix('_dmarc.')}")
        advice = "name a mailbox for reports: they show who else sends in your name, and what fails"
        yield Finding(subject, Level.WARNING, f"nobody gets reports: {said}", YAHOO, advice, better)
        return
    if ill:
        return
    advice = "go on to p=quarantine when the reports show nothing of yours that fails" if asked == "none" else ""
    yield Finding(subject, Level.WELL, said, _RECORD, advice)


def _half_hearted(subject: str, asked: str, policy: Tags, said: str) -> Iterator[Finding]:
    if asked != "none" and int(policy.get("pct", "100")) == 0:
        advice = "raise pct=, or take it out when the reports show nothing of yours that fails"
        yield Finding(subject, Level.WARNING, f"pct=0 applies it to no mail: {said}", _RECORD, advice)


def _unwanted(subject: str, fact: DmarcFacts) -> Iterator[Finding]:
    """Reports that nobody will send, because who is to get them has not said that they want them."""
    for report in fact.reports:
        if not report.answer.known:
            yield unanswered(subject, report.answer, _REPORTS)
        elif not any(is_dmarc(text) for text in report.answer.values):
            found = f"{cut(report.domain)} has not agreed to get reports, and receivers then send none there"
            advice = f"have it publish this, or name a mailbox of {fact.domain} in rua="
            yield Finding(subject, Level.WARNING, found, _REPORTS, advice, txt(cut(report.name), "v=DMARC1;"))


def _broken(policy: Tags) -> str:
    """Why receivers would not follow a policy; "" if they would."""
    return policy.fault or next(_faults(policy), "")


def _faults(policy: Tags) -> Iterator[str]:
    for name in ("p", *(name for name in ("sp",) if name in policy.values)):
        if policy.get(name).lower() not in _POLICIES:
            yield f"{name}= has to be none, quarantine or reject"
    for name in ("adkim", "aspf"):
        if policy.get(name, "r").lower() not in {"r", "s"}:
            yield f"{name}= has to be r or s"
    if not _PER_CENT.fullmatch(policy.get("pct", "100")):
        yield "pct= has to be a number up to 100"
    for uri in filter(None, (uri.strip() for uri in policy.get("rua").split(","))):
        if ":" not in uri:
            yield f"rua={uri} needs mailto: before the address"


# --- alignment -------------------------------------------------------------------------------------------------------


def aligned(domain: str, to: str, *, strict: bool) -> bool:
    """Whether two domains are one to DMARC: the same, or of one owner (RFC 7489, 3.1)."""
    return domain == to if strict else registered(domain) == registered(to)


def _alignment(fact: DmarcFacts, facts: Facts) -> Iterator[Finding]:
    """What is signed, and where bounces go, held against the From domain; each sender of that domain on its own."""
    policy = policy_of(fact) or Tags()
    strict = {name: policy.get(name, "r").lower() == "s" for name in ("adkim", "aspf")}
    signing = tuple(dict.fromkeys(fact.key.domain.lower() for fact in facts.keys))
    signed = any(aligned(domain, fact.domain, strict=strict["adkim"]) for domain in signing)
    envelopes = dict.fromkeys(
        envelope_domain(sender) for sender in facts.plan.senders if domain_of(sender.address) == fact.domain
    )
    for envelope in envelopes:
        bounced = aligned(envelope, fact.domain, strict=strict["aspf"])
        yield _held(f"DMARC alignment of {fact.domain}", fact.domain, signing, envelope, signed=signed, bounced=bounced)


def _held(
    subject: str, domain: str, signing: tuple[str, ...], envelope: str, *, signed: bool, bounced: bool
) -> Finding:
    match signed, bounced, bool(signing):
        case True, True, _:
            found = f"signed by {', '.join(signing)}, bounces to {envelope}: both are of {domain}"
            return Finding(subject, Level.WELL, found, _ALIGNED)
        case True, False, _:
            found = f"only DKIM can pass: bounces go to {envelope}, which is not of {domain}"
            advice = f"set bounces.address to a mailbox at {domain}, or at a subdomain if aspf is not s"
            return Finding(subject, Level.WARNING, found, f"{_ALIGNED}; {OUTLOOK}", advice)
        case False, True, True:
            found = f"only SPF can pass, and forwarding breaks it: {', '.join(signing)} signs, which is not of {domain}"
            return Finding(subject, Level.WARNING, found, f"{_ALIGNED}; {OUTLOOK}", f"sign with a key of {domain}")
        case False, True, False:
            found = f"bounces go to {envelope}, which is of {domain}; let the relay sign as {domain}, too"
            return Finding(subject, Level.WELL, found, _ALIGNED)
        case _, _, True:
            found = f"neither {', '.join(signing)}, which signs, nor {envelope}, where bounces go, is of {domain}"
            return Finding(subject, Level.FAULT, found, f"{_ALIGNED}; {BULK}", f"sign with a key of {domain}")
        case _:
            found = f"bounces go to {envelope}, which is not of {domain}: only a relay that signs as {domain} helps"
            advice = f"set bounces.address to a mailbox at {domain}, or sign with a key of it"
            return Finding(subject, Level.WARNING, found, f"{_ALIGNED}; {BULK}", advice)

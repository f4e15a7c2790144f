"""What else large mailboxes look for: a way out by one click, a postal address, a From address that is ours."""

from __future__ import annotations

from collections.abc import Iterator

from digest.deliverability.facts import DmarcFacts, Door, Facts, PagesFacts, domain_of
from digest.deliverability.findings import BULK, GMAIL, YAHOO, Finding, Level, cut
from digest.deliverability.rules.dmarc import asked_for, policy_of

# Where everybody may have a mailbox, and nobody but the provider may send from.
FREEMAIL = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "rocketmail.com", "aol.com",
    "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
    "gmx.com", "gmx.net", "gmx.de", "web.de", "mail.com", "mail.ru", "yandex.ru", "yandex.com",
    "proton.me", "protonmail.com", "fastmail.com", "zoho.com", "qq.com", "163.com",
})  # fmt: skip
_ONE_CLICK = f"RFC 8058; {GMAIL}; {YAHOO}"
_DEAD = "every link to unsubscribe in a mail would be dead"


def judge(facts: Facts) -> Iterator[Finding]:
    yield from _one_click(facts)
    yield from map(judge_pages, facts.pages)
    if facts.plan.postal_address:
        yield Finding("postal address", Level.WELL, facts.plan.postal_address, "CAN-SPAM, 15 U.S.C. 7704(a)(5)")
    else:
        advice = "set site.postal_address"
        yield Finding("postal address", Level.FAULT, "there is none", "CAN-SPAM, 15 U.S.C. 7704(a)(5)", advice)
    for fact in facts.dmarc:
        yield from _freemail(fact, facts)


def _one_click(facts: Facts) -> Iterator[Finding]:
    subject = "one-click unsubscribe"
    for web in dict.fromkeys(sender.web for sender in facts.plan.senders):
        if not web.startswith("https://"):
            found = "web.url does not begin with https://" if web else "readers can leave by mail only"
            advice = (
                "set web.url to an https address at which readers leave by a click; needed from 5,000 mails a day on"
            )
            yield Finding(subject, Level.WARNING, found, _ONE_CLICK, advice)
        elif facts.keys:
            found = f"by POST to {web}, and our signature covers the headers"
            yield Finding(subject, Level.WELL, found, _ONE_CLICK)
        else:
            found = f"by POST to {web}; whether a signature covers the headers is the relay's to see to"
            advice = "make sure that the relay's DKIM signs List-Unsubscribe and List-Unsubscribe-Post, or set [[dkim]]"
            yield Finding(subject, Level.WARNING, found, "RFC 8058, 4", advice)


def judge_pages(fact: PagesFacts) -> Finding:
    """Whether a link in a mail leads to somebody who takes it."""
    subject, mend = "readers' pages", "start `digest serve`, and let the proxy at web.url lead there"
    match fact.door:
        case Door.OPEN:
            return Finding(subject, Level.WELL, f"they answer at {fact.health}", _ONE_CLICK)
        case Door.ILL:
            found = f"{fact.health} says that not all is well"
            return Finding(subject, Level.WARNING, found, _ONE_CLICK, "open that address: it tells what is not")
        case Door.STRANGE:
            found = f"web.url: something else answers at {fact.health} ({cut(fact.why)}); {_DEAD}"
        case Door.SHUT:
            found = f"web.url: nothing answers at {fact.health} ({cut(fact.why)}); {_DEAD}"
    return Finding(subject, Level.FAULT, found, _ONE_CLICK, mend)


def _freemail(fact: DmarcFacts, facts: Facts) -> Iterator[Finding]:
    """Nobody believes a mail in the name of a provider that did not send it."""
    if fact.domain not in FREEMAIL and not _is_yahoo(fact.domain):
        return
    policy = policy_of(fact)
    asks = f", which asks receivers to {asked_for(fact, policy)} them" if policy and _is_strict(fact) else ""
    for address in dict.fromkeys(s.address for s in facts.plan.senders if domain_of(s.address) == fact.domain):
        found = f"nobody but {fact.domain} can send mails in its name that pass{asks}"
        yield Finding(f"From {address}", Level.FAULT, found, f"{GMAIL}; {BULK}", "send from a domain of your own")


def _is_yahoo(domain: str) -> bool:
    """Yahoo has a domain for each country: yahoo.co.uk, yahoo.fr."""
    return domain.startswith("yahoo.")


def _is_strict(fact: DmarcFacts) -> bool:
    policy = policy_of(fact)
    return policy is not None and asked_for(fact, policy) != "none"

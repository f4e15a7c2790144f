"""A look from outside: facts gathered, rules asked, findings in the order in which somebody would mend them."""

from __future__ import annotations

from datetime import datetime

from digest.deliverability.facts import Facts, Plan
from digest.deliverability.findings import Finding
from digest.deliverability.gathering import gather
from digest.deliverability.ports import Handshake, Names, Web
from digest.deliverability.rules import dkim, dmarc, leaving, mailboxes, servers, spf

RULES = (leaving.judge, spf.judge, dkim.judge, dmarc.judge, mailboxes.judge, servers.judge)


def examine(plan: Plan, names: Names, handshake: Handshake, web: Web, now: datetime) -> tuple[Finding, ...]:
    """Whether large mailboxes will believe these mails. What could not be asked is a finding, not an error."""
    return judged(gather(plan, names, handshake, web, now))


def judged(facts: Facts) -> tuple[Finding, ...]:
    """What the rules say, each thing once."""
    return tuple(dict.fromkeys(finding for judge in RULES for finding in judge(facts)))

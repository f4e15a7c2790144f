"""What a reply means for a delivery: the state machine, when to try again, when to pause. Pure.

    queued ──claim──▶ claimed ──about to hand over──▶ handing ──2yz──▶ accepted
      ▲                 │                              │ │ └──5yz──▶ failed    (dead mailbox: subscriber suppressed)
      │   lease over    │                              │ └──4yz──▶ deferred ──(when due)──▶ claimed … patience: failed
      └─────────────────┘                              └─ sender died, or cut after the content began ──▶ uncertain
                                 claimed ── subscriber has left before hand-over ──▶ skipped

``handing`` goes back to ``queued`` when the channel broke before the content left: that was nobody's attempt.
``uncertain`` never moves by itself: it is settled by a person, or by a late answer to the claim that made it. What has
``failed`` is ``queued`` again if a person says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from digest.model import Delivery, DeliveryStatus, Notice, NoticeKind, Reply, Stage

Status = DeliveryStatus

TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.QUEUED: frozenset({Status.CLAIMED, Status.SKIPPED}),
        Status.CLAIMED: frozenset({Status.HANDING, Status.QUEUED, Status.DEFERRED, Status.SKIPPED}),
        Status.HANDING: frozenset(
            {Status.ACCEPTED, Status.FAILED, Status.DEFERRED, Status.UNCERTAIN, Status.QUEUED, Status.SKIPPED}
        ),
        Status.DEFERRED: frozenset({Status.CLAIMED, Status.SKIPPED}),
        Status.UNCERTAIN: frozenset({Status.ACCEPTED, Status.QUEUED}),
        Status.ACCEPTED: frozenset(),
        Status.FAILED: frozenset({Status.QUEUED}),
        Status.SKIPPED: frozenset(),
    }
)

LONGEST_RETRY = timedelta(hours=4)  # RFC 5321, 4.5.4.1 asks for at least one try within each few hours
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)  # a server that comes back after ten minutes is noticed within one

# RFC 3463: the mailbox or its domain does not exist, has moved or is disabled. Nothing else says so reliably:
# most other permanent codes are about policy, content or quota, and suppressing by them loses living readers.
DEAD_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# RFC 4954: the server wants a login, another one, or a safer channel. Never the recipient's fault.
_LOGIN = frozenset({530, 534, 535, 538})
_SERVICE_CLOSING = 421
# RFC 3463: our own address or its domain is refused (RFC 7505: 5.7.27), or our quota is used up (Google says 5.4.5).
# RFC 7372: the signatures, policies or host name of ours are refused.
_OURS = frozenset({"5.1.7", "5.1.8", "5.4.5", *(f"5.7.{number}" for number in range(20, 28))})
_DISORDER = frozenset({500, 502, 503, 504})  # RFC 5321, 4.2.3: of commands, not of mailboxes
# What servers say at RCPT, under any code, of whoever sends.
_SENDER = re.compile(
    r"\bsender(?: address)? (?:rejected|refused|denied|not allowed|verify failed)\b"
    r"|\brelay(?:ing)?(?: access)? (?:is )?(?:denied|not (?:permitted|allowed))\b"
    r"|\b(?:unable|not (?:permitted|allowed)) to relay\b"
    r"|\bclient host\b.{0,80}\b(?:blocked|rejected)\b",
    re.IGNORECASE | re.DOTALL,
)
_POLICY = re.compile(r"(?<![\w.])[45]\.7\.\d{1,3}(?!\w|\.\d)")  # RFC 3463, 3.8: about reputation, not about a mailbox
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)")  # never a part of an IP address
# A refusal by policy (RFC 3463, 3.8: x.7.z), or by words to that effect where there is no code: about us, too.
_POLICY = re.compile(r"\b5\.7\.\d|relay|polic(?:y|ies)|spam|block|\brate\b|too many", re.IGNORECASE)


class Uncertain(StrEnum):
    """What to do with a message that the server may or may not have taken."""

    HOLD = "hold"  # never mailed again unless a person says so
    RESEND = "resend"  # mailed again under the same Message-ID


@dataclass(frozen=True, slots=True)
class Policy:
    """After a 4yz: ``first_retry``, doubled each time, until ``patience`` after the first try. After a doubt: ``uncertain``."""

    first_retry: timedelta
    patience: timedelta
    uncertain: Uncertain = Uncertain.HOLD


def is_channel_fault(reply: Reply) -> bool:
    """Whether a refusal before the content left is about us or the line, and so nobody's attempt."""
    before = reply.stage in {Stage.RCPT, Stage.DATA}
    return before and (reply.code in {_SERVICE_CLOSING, *_DISORDER} or is_about_us(reply))


def after(delivery: Delivery, reply: Reply, now: datetime, policy: Policy, chance: float) -> Delivery:
    """The delivery as it stands once the server has spoken; ``chance`` in [0, 1) spreads the retries."""
    status = judged(reply)
    tried = replace(
        delivery,
        status=status,
        attempts=delivery.attempts + 1,
        first_tried=delivery.first_tried or now,
        due=None,
        reply=str(reply),
    )
    if status is Status.UNCERTAIN and policy.uncertain is Uncertain.RESEND:
        return _deferred(tried, now, policy, chance, at_last=Status.UNCERTAIN)
    if status is Status.DEFERRED:
        return _deferred(tried, now, policy, chance, at_last=Status.FAILED)
    return tried


def judged(reply: Reply) -> Status:
    """What one reply means by itself. An unknown code is temporary, and so is a refusal of us, not of the recipient; but
    garbage after the content is a doubt.
    """
    kind = reply.code // 100
    if reply.stage is Stage.CUT:
        return Status.UNCERTAIN
    if kind == 5:  # noqa: PLR2004 - RFC 5321, 4.2.1: the first digit
        return Status.DEFERRED if is_about_us(reply) else Status.FAILED
    if reply.stage is Stage.FINAL and kind == 2:  # noqa: PLR2004
        return Status.ACCEPTED
    if reply.stage is Stage.FINAL and kind != 4:  # noqa: PLR2004
        return Status.UNCERTAIN
    return Status.DEFERRED


def is_about_us(reply: Reply) -> bool:
    """Whether it names a login, a quota or our own address as the reason."""
    found = _ENHANCED.search(reply.text)
    return reply.code in _LOGIN or bool(found and found[1] in _OURS) or bool(_SENDER.search(reply.text))


def is_dead_mailbox(reply: Reply) -> bool:
    """Whether the server said that nobody will ever be reached at this address."""
    found = _ENHANCED.search(reply.text)
    return reply.stage is Stage.RCPT and judged(reply) is Status.FAILED and bool(found and found[1] in DEAD_MAILBOX)


def bounce(delivery: Delivery, reply: Reply) -> Notice | None:
    """A refusal for good that does not say that the mailbox is dead, and is not about us: it counts as a soft bounce, once
    for each delivery.
    """
    refused = reply.stage is Stage.RCPT and judged(reply) is Status.FAILED and not _POLICY.search(reply.text)
    if not refused or is_dead_mailbox(reply):
        return None
    found = _ENHANCED.search(reply.text)
    return Notice(
        key=f"smtp:{delivery.id}",
        kind=NoticeKind.SOFT,
        source="smtp",
        delivery=delivery.id,
        status=found[1] if found else "",
        text=str(reply),
        proven=True,
    )


def pause(failures: int, chance: float) -> timedelta:
    """How long a sick channel is left alone after so many failures in a row: bounded and spread."""
    return _spread(min(FIRST_PAUSE * (1 << min(failures - 1, 16)), LONGEST_PAUSE), chance)


def _deferred(tried: Delivery, now: datetime, policy: Policy, chance: float, *, at_last: Status) -> Delivery:
    doubled = policy.first_retry * (1 << min(tried.attempts - 1, 16))
    due = now + _spread(min(doubled, LONGEST_RETRY), chance)
    if tried.first_tried is not None and due - tried.first_tried > policy.patience:
        return replace(tried, status=at_last, reply=f"gave up after {tried.attempts} tries: {tried.reply}")
    return replace(tried, status=Status.DEFERRED, due=due)


def _spread(wait: timedelta, chance: float) -> timedelta:
    """From three quarters to five quarters of it, so that those who failed together do not return together."""
    return wait * (0.75 + chance / 2)

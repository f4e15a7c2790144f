"""Whom a mail is about, proven by a signature of ours that it carries. Pure.

A return path (VERP) is seen by mail systems alone: its token proves a report, in the address that this was sent to or in
the header that it returns. A link's stands in the message itself, which people pass on: it proves no more than what can
be done by following it. What is merely quoted tells whom a bounce is about, never who wants to leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from digest.bounces.mail import FEEDBACK_REPORT, Mail, fields_of
from digest.bounces.ports import DeliveryOf
from digest.errors import LinkError
from digest.links import Purpose, Signer

TRIED_MAXIMUM = 100  # things that look like tokens in one mail; more of them is an attempt to keep us busy
_TAG = re.compile(r"\+([^\s+@<>]+)@")
_LEAVE = re.compile(r"unsubscribe(?:%20|[ /])([\w.-]+)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Traced:
    """A delivery, or the subscriber and the edition's name that a link was made for; 0 and "" where nothing is proven."""

    delivery: int = 0
    subscriber: int = 0
    edition: str = ""

    def __bool__(self) -> bool:
        return bool(self.delivery or self.subscriber)


def trace(mail: Mail, signer: Signer, delivery_of: DeliveryOf, *, quoted: bool) -> Traced:
    """The first that is proven: the wish in the subject, where the mail was sent to, what it returns; what it quotes, if
    that is asked for.
    """
    reports = map(fields_of, mail.blocks(FEEDBACK_REPORT))  # RFC 5965, 3.2: Original-Mail-From
    returned = "\n".join((*reports, *map(fields_of, mail.returned())))
    candidates = chain(
        _leaving(mail.field("Subject"), signer),
        _tagged(mail.envelope, delivery_of),
        _tagged(returned, delivery_of),
        _leaving(returned, signer),
        _tagged(mail.words if quoted else "", delivery_of),
        _leaving(mail.words if quoted else "", signer),
    )
    return next(candidates, Traced())


def _tagged(text: str, delivery_of: DeliveryOf) -> Iterator[Traced]:
    for found in islice(_TAG.finditer(text), TRIED_MAXIMUM):
        try:
            yield Traced(delivery=delivery_of(found[1]))
        except LinkError:
            continue


def _leaving(text: str, signer: Signer) -> Iterator[Traced]:
    for found in islice(_LEAVE.finditer(text), TRIED_MAXIMUM):
        try:
            edition, subscriber = signer.read(Purpose.UNSUBSCRIBE, found[1])
        except LinkError:
            continue
        yield Traced(subscriber=subscriber, edition=edition)

"""Whom a mail is about, proven by a signature of ours that it carries. Pure.

Nobody but the reader of a message has seen its tokens, so a token proves whom a report is about wherever it stands: in
the address that the report was sent to (VERP), in the header that it returns, in the subject of a request to leave.
Whoever has one could use the reader's link to leave just as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from digest.bounces.mail import Mail, fields_of
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


def trace(mail: Mail, signer: Signer) -> Traced:
    """The first that is proven: the wish in the subject, where the mail was sent to, what it returns, what it quotes."""
    returned = "\n".join(fields_of(message) for message in mail.returned())
    candidates = (
        *_leaving(mail.field("Subject"), signer),
        *_tagged(mail.envelope, signer),
        *_tagged(returned, signer),
        *_leaving(returned, signer),
        *_tagged(mail.words, signer),
        *_leaving(mail.words, signer),
    )
    return next((found for found in candidates if found), Traced())


def _tagged(text: str, signer: Signer) -> Iterator[Traced]:
    for found in islice(_TAG.finditer(text), TRIED_MAXIMUM):
        try:
            yield Traced(delivery=signer.read_return_token(found[1]))
        except LinkError:
            continue


def _leaving(text: str, signer: Signer) -> Iterator[Traced]:
    for found in islice(_LEAVE.finditer(text), TRIED_MAXIMUM):
        try:
            edition, subscriber = signer.read(Purpose.UNSUBSCRIBE, found[1])
        except LinkError:
            continue
        yield Traced(subscriber=subscriber, edition=edition)

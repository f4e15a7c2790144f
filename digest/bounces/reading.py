"""One mail that came back, read and judged: bytes in, notices out.

    bytes ──▶ Mail ──┬─▶ who:      a token of ours, else what the report says (tracing)
                     └─▶ how bad:  the first that understands it ──▶ findings
                           dsn      RFC 3464                                    │
                           arf      RFC 5965                                    ▼
                           answers  who leaves, who is away               proven: one notice
                           prose    daemons that write in words           else: each

Only a return path proves that a mailbox is dead, or that a reader complains. Otherwise the one is a soft bounce, and by the
other they are unsubscribed, which they can undo, and are not suppressed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from digest.bounces import answers, arf, dsn, prose
from digest.bounces.findings import Finding, shortened
from digest.bounces.mail import Mail
from digest.bounces.ports import DeliveryOf
from digest.bounces.tracing import Traced, trace
from digest.errors import StoreError
from digest.links import Signer
from digest.model import Notice, NoticeKind

SOURCE = "mail"
RECIPIENTS_MAXIMUM = 20  # of an unproven report: each of our messages has one, so one about many is not about ours
RAW_MAXIMUM = 64 * 1024

_READERS: tuple[Callable[[Mail], list[Finding]], ...] = (
    dsn.read, arf.read, answers.leaving, answers.automatic, prose.read,
)  # fmt: skip
_FROM_MILD_TO_BAD = (
    NoticeKind.AUTOMATIC, NoticeKind.DELAYED, NoticeKind.SOFT, NoticeKind.HARD, NoticeKind.UNSUBSCRIBE,
    NoticeKind.COMPLAINT,
)  # fmt: skip
_MILDER = {NoticeKind.HARD: NoticeKind.SOFT, NoticeKind.COMPLAINT: NoticeKind.UNSUBSCRIBE}
_BOUNCES = frozenset({NoticeKind.HARD, NoticeKind.SOFT, NoticeKind.DELAYED})


def read(data: bytes, signer: Signer, delivery_of: DeliveryOf) -> tuple[Notice, ...]:
    """What one mail tells: at least one notice, of kind UNKNOWN if nothing else. No bytes make it fail."""
    try:
        return _read(Mail(data), signer, delivery_of)
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - whatever the libraries below stumble over, the mail is kept for a person
        key = hashlib.sha256(data).hexdigest()
        return (Notice(key, NoticeKind.UNKNOWN, SOURCE, text="cannot be taken apart", raw=data[:RAW_MAXIMUM]),)


def _read(mail: Mail, signer: Signer, delivery_of: DeliveryOf) -> tuple[Notice, ...]:
    findings: Sequence[Finding] = next(filter(None, (reader(mail) for reader in _READERS)), [])
    traced = trace(mail, signer, delivery_of, quoted=any(finding.kind in _BOUNCES for finding in findings))
    if not traced.delivery:
        findings = [replace(finding, kind=_MILDER.get(finding.kind, finding.kind)) for finding in findings]
    if findings and traced:
        return (_notice(mail, min(findings, key=_badness), traced),)
    if findings and len(findings) <= RECIPIENTS_MAXIMUM:
        return tuple(_notice(mail, finding, traced) for finding in dict.fromkeys(findings))
    unknown = Finding(NoticeKind.UNKNOWN, mail.author, text=shortened(mail.field("Subject")))
    return (_notice(mail, unknown, traced),)


def _badness(finding: Finding) -> int:
    """An alias that still reaches one of its readers is not dead, so the mildest of several findings counts."""
    return _FROM_MILD_TO_BAD.index(finding.kind)


def _notice(mail: Mail, finding: Finding, traced: Traced) -> Notice:
    about = f"{traced.delivery}|{traced.subscriber}|{finding.address.casefold()}|{finding.kind}"
    return Notice(
        key=hashlib.sha256(f"{mail.fingerprint}|{about}".encode("utf-8", "replace")).hexdigest(),
        kind=finding.kind,
        source=SOURCE,
        delivery=traced.delivery,
        address=finding.address,
        status=finding.status,
        text=finding.text,
        raw=mail.data[:RAW_MAXIMUM],
        subscriber=traced.subscriber,
        edition=traced.edition,
        proven=bool(traced),
    )

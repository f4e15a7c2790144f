"""Mails in which a person, or their machine, answers: people who leave, people who are away. Pure."""

from __future__ import annotations

import re

from digest.bounces.findings import Finding, shortened
from digest.bounces.mail import Mail
from digest.model import NoticeKind

# What a mailto link of RFC 2369 and RFC 8058 puts there, and what people write by themselves.
_LEAVING = re.compile(r"unsubscribe(\s+\S+)?", re.IGNORECASE)
# The last resort, for machines that know no RFC 3834: how mail programs begin such a subject, in common languages.
_AWAY = re.compile(
    r"(auto(matic|matische|matisk)?[ -]?(re(ply|sponse)|antwort|svar)|out of (the )?office|auto: |réponse automatique"
    r"|abwesen(d|heit)|respuesta automática|risposta automatica|resposta automática|automatisch antwoord|vacation reply)",
    re.IGNORECASE,
)


def leaving(mail: Mail) -> list[Finding]:
    """Somebody asks to be taken off the list, in the subject."""
    if _LEAVING.fullmatch(mail.field("Subject")):
        return [Finding(NoticeKind.UNSUBSCRIBE, mail.author, text="asked by mail")]
    return []


def automatic(mail: Mail) -> list[Finding]:
    """A machine answered for a person: the mail has arrived, and nothing follows from it."""
    if _is_automatic(mail):
        return [Finding(NoticeKind.AUTOMATIC, mail.author, text=shortened(mail.field("Subject")))]
    return []


def _is_automatic(mail: Mail) -> bool:
    submitted = mail.field("Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}  # RFC 3834, 5
        or bool(mail.field("X-Autoreply") or mail.field("X-Autorespond"))
        or mail.field("Precedence").lower() == "auto_reply"
        or bool(_AWAY.match(mail.field("Subject")))
    )

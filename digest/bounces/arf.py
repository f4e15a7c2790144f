"""Complaints: feedback reports (RFC 5965) of mailbox providers, and the plain forwards of Outlook.com's. Pure."""

from __future__ import annotations

from digest.bounces.findings import Finding, shortened
from digest.bounces.mail import FEEDBACK_REPORT, Mail, field
from digest.model import NoticeKind

# RFC 5965, 7.3, RFC 6430, RFC 6591: about a reader's mind only where a reader made up theirs. The others, known or new,
# are complaints.
_NOT_COMPLAINTS = {
    "not-spam": NoticeKind.AUTOMATIC,
    "auth-failure": NoticeKind.AUTOMATIC,
    "dmarc": NoticeKind.AUTOMATIC,
    "opt-out": NoticeKind.UNSUBSCRIBE,
    "opt-out-list": NoticeKind.UNSUBSCRIBE,
}
_OUTLOOK = "X-HmXmrOriginalRecipient"  # the Junk Mail Reporting Program writes it into the message that it forwards


def read(mail: Mail) -> list[Finding]:
    """One finding for a report, however many addresses it names: it is about one message."""
    for block in mail.blocks(FEEDBACK_REPORT):
        if kind := field(block, "Feedback-Type").lower():
            address = field(block, "Original-Rcpt-To") or field(block, "Removal-Recipient")
            said = f"{kind}, reported by {field(block, 'User-Agent') or mail.author}"
            return [
                Finding(_NOT_COMPLAINTS.get(kind, NoticeKind.COMPLAINT), address.strip("<> "), text=shortened(said))
            ]
    for message in mail.returned():
        if address := field(message, _OUTLOOK):
            return [Finding(NoticeKind.COMPLAINT, address, text=shortened(f"junk, reported by {mail.author}"))]
    return []

"""Mails that come back, in the shapes in which mail systems write them; all made up here."""

from __future__ import annotations

import base64
from textwrap import dedent

READER = "reader@mail.example"
TAG = "bounces+TOKEN@example.org"  # what tests put a token into


def mail(head: str, body: str) -> bytes:
    return (dedent(head).strip() + "\n\n" + dedent(body).lstrip("\n")).encode().replace(b"\n", b"\r\n")


def dsn(
    *blocks: str,
    to: str = "bounces@example.org",
    returned: str = "Subject: Example Weekly",
    words: str = "It could not be delivered.",
    sender: str = "MAILER-DAEMON@mail.example (Mail Delivery System)",
    kind: str = "message/delivery-status",
    returned_kind: str = "text/rfc822-headers",
    message_id: str = "one@mail.example",
) -> bytes:
    """A report by RFC 3464; each block is the fields of one recipient."""
    parts = [
        ("text/plain; charset=us-ascii", words),
        (kind, "\n\n".join(["Reporting-MTA: dns; mail.example", *map(str.strip, map(dedent, blocks))])),
        (returned_kind, returned),
    ]
    body = "".join(f"--=_b\nContent-Type: {kind}\n\n{text}\n\n" for kind, text in parts) + "--=_b--\n"
    head = f"""\
Return-Path: <>
Date: Mon, 6 Oct 2025 07:00:00 +0000
From: {sender}
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{message_id}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"
"""
    return f"{head}\n{body}".encode().replace(b"\n", b"\r\n")


def failed(status: str, said: str = "", address: str = READER, action: str = "failed") -> str:
    """The fields of one recipient."""
    diagnostic = f"\nDiagnostic-Code: smtp; {said}" if said else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}{diagnostic}"


def arf(kind: str = "abuse", *, returned: str = "", recipient: str = "", to: str = "fbl@example.org") -> bytes:
    """A complaint by RFC 5965."""
    named = f"Original-Rcpt-To: <{recipient}>\n" if recipient else ""
    return mail(
        f"""\
        From: Feedback <staff@provider.example>
        To: {to}
        Subject: FW: Example Weekly
        Message-ID: <complaint@provider.example>
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary="=_b"
        """,
        f"""\
--=_b
Content-Type: text/plain

This is a complaint.
--=_b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider-FBL/1.0
Version: 1
{named}
--=_b
Content-Type: message/rfc822

From: Example Weekly <weekly@example.org>
{returned}
Subject: Example Weekly

The stories of this week.
--=_b--
""",
    )


def plain(
    words: str,
    *,
    sender: str = "Mail Delivery System <mailer-daemon@mail.example>",
    to: str = "bounces@example.org",
    subject: str = "Mail delivery failed: returning message to sender",
    more: str = "",
    message_id: str = "two@mail.example",
) -> bytes:
    """A mail in plain words."""
    head = f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{message_id}>\n{more}"
    return (head.rstrip("\n") + "\n\n" + dedent(words)).encode()


EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  reader@mail.example
    host mx.mail.example [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<reader@mail.example>:
    550 5.1.1 <reader@mail.example>: no mailbox of that name

------ This is a copy of the message, including all the headers. ------

Return-path: <bounces@example.org>
Subject: Example Weekly 5.7.1
"""

QMAIL = """\
Hi. This is the qmail-send program at mail.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@mail.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <bounces@example.org>
Subject: Example Weekly 5.7.1
"""

EXCHANGE = """\
Delivery has failed to these recipients or groups:

reader@mail.example
The recipient's mailbox is full and can't accept messages now.

Diagnostic information for administrators:
reader@mail.example
#550 5.2.2 STOREDRV.Deliver; mailbox full ##
"""


def in_base64(text: str) -> str:
    return "=?utf-8?b?" + base64.b64encode(text.encode()).decode() + "?="

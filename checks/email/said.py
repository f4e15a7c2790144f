"""What a tool is, and what it says about a mail; and the parts of a mail that several tools ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

Mails = Mapping[str, bytes]  # name -> the message as it stands in its .eml file


@dataclass(frozen=True, slots=True)
class Said:
    """What one tool says about one mail; no findings is praise. ``note`` is a word for the table, such as a score."""

    tool: str
    mail: str
    findings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """``read`` says something about every mail, in their order.

    ``broken`` is a mail with faults on purpose. Each of ``complaints``, regular expressions, has to be found in a line
    of what the tool finds in it: a tool that cannot complain is worth nothing.
    """

    name: str
    read: Callable[[Mails], Iterable[Said]]
    broken: bytes
    complaints: tuple[str, ...]


def parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)


def body(data: bytes, subtype: str) -> str:
    """The decoded part text/``subtype``, or "" where there is none."""
    part = parsed(data).get_body((subtype,))
    return str(part.get_content()) if part else ""


def content(part: EmailMessage) -> bytes:
    """The decoded bytes of a part that is no multipart."""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def pictures(data: bytes) -> dict[str, tuple[str, bytes]]:
    """The parts that ``cid:`` addresses name: Content-ID without its brackets -> media type and bytes."""
    return {
        str(part["Content-ID"]).strip("<>"): (part.get_content_type(), content(part))
        for part in parsed(data).walk()
        if part["Content-ID"]
    }


def written(html: str, *, text: str = "Hello.\n", headers: Mapping[str, str] | None = None) -> bytes:
    """A plain mail with this HTML part; a header of ``headers`` replaces the one that belongs there, "" drops it."""
    fields = {
        "From": "The Quay <weekly@quay.example.org>",
        "To": "reader@example.org",
        "Subject": "The Quay Weekly",
        "Date": "Mon, 08 Dec 2025 07:00:00 +0000",
        "Message-ID": "<weekly.2025-W49.1@quay.example.org>",
        "List-Id": "<weekly.quay.example.org>",
        "List-Unsubscribe": "<mailto:unsubscribe@quay.example.org>",
    } | dict(headers or {})
    mail = EmailMessage(policy=policy.SMTP)
    for name, value in fields.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()

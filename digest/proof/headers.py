"""Judges the header: what has to be there, what must be there once, how it is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from digest.proof import domains, words
from digest.proof.head import Field, Head
from digest.proof.rules import Finding, Part, Rule, cut, error, warning

HEADER_MISSING = error("header-missing", "RFC 5322, 3.6; RFC 2045, 4", "write it; every mail has one")
HEADER_ONCE = error("header-once", "RFC 5322, 3.6", "write it once: clients differ in which one they believe")
HEADER_BROKEN = error("header-broken", "RFC 5322, 2.2", "a line of the header is a name, a colon, and a value")
HEADER_ASCII = error("header-ascii", "RFC 5322, 2.2; RFC 2047", "encode words outside of ASCII")
HEADER_WIDTH = warning("header-width", "RFC 5322, 2.1.1", "fold lines at 78 characters")
LINE_LENGTH = error("line-length", "RFC 5322, 2.1.1", "break lines at 998 bytes at the latest")
NEWLINE = error("newline", "RFC 5322, 2.3", "end every line in CRLF, and write neither alone")
FROM = error("from", "RFC 5322, 3.6.2; RFC 7489, 6.6.1", "send from one address")
RECIPIENT = error("recipient", "Nobody is to learn who else gets it", "write one mail for each reader: one To, no Cc")
BCC = error("bcc", "RFC 5322, 3.6.3", "leave it out: some servers pass it on")
DATE = error("date", "RFC 5322, 3.3", "write it as Mon, 27 Oct 2025 07:00:00 +0000")
MESSAGE_ID = error("message-id", "RFC 5322, 3.6.4", "write it as <something.unique@your.domain>")
MESSAGE_ID_DOMAIN = warning("message-id-domain", "Spam filters compare it with From", "make it at the domain of From")
LIST_ID = warning("list-id", "RFC 2919, 2 and 3", "name the list: <weekly.example.org>, 255 characters at most, always")
AUTO_REPLIES = warning(
    "auto-replies", "RFC 3834, 5", "write Auto-Submitted: auto-generated, or out-of-office mails come back"
)
DKIM_COVERS = error("dkim-covers", "RFC 8058, 4", "sign List-Unsubscribe and List-Unsubscribe-Post too")
SUBJECT_EMPTY = error("subject-empty", "Nobody opens a mail without one", "write a subject")
SUBJECT_LONG = warning("subject-long", "Clients show 40 to 120 characters", "write 120 characters at most")
SUBJECT_CODED = error(
    "subject-coded", "RFC 2047, 5 and 6.1", "encode whole words, and leave control characters out of them"
)

_NEEDED = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")
_ONCE = (
    *_NEEDED,
    *("Sender", "Reply-To", "Cc", "Bcc", "In-Reply-To", "References", "Content-Type", "Content-Transfer-Encoding"),
    *("List-Id", "List-Help", "List-Post", "List-Unsubscribe-Post"),
)
# Written on the way by servers, who have their own ways.
_ON_THE_WAY = ("received", "arc-", "authentication-results", "dkim-signature", "x-", "delivered-to", "return-path")
WIDTH, LENGTH, SUBJECT = 78, 998, 120
_LIST_ID_MAXIMUM = 255
_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")
_BY_A_PERSON = re.compile(r"(?:no(?![\w-]).*)?", re.IGNORECASE)  # of Auto-Submitted (RFC 3834, 5)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YEAR = re.compile(r"[A-Za-z]{3}[\s-]+\d{4}\b", re.ASCII)
_ZONE = re.compile(r"\d:\d\d\s*(?:[+-]\d{4}|[A-Za-z]{1,5})\b", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAILBOX_OUTSIDE_ASCII = re.compile(r"[\x20-\x7e]*<?[^\s<>\"]+@[^\s<>\"]+>?")  # RFC 6532: its own letters are allowed


def judge(head: Head) -> Iterator[Finding]:
    yield from _presence(head)
    yield from _writing(head)
    yield from _people(head)
    yield from _identity(head)
    yield from _list(head)
    yield from _subject(head)


def lines(data: bytes) -> Iterator[Finding]:
    """Judges the ends and lengths of all lines. A file with LF alone was saved by a program that ends lines so."""
    bare = re.search(rb"\r(?!\n)" if b"\r\n" not in data else rb"\r(?!\n)|(?<!\r)\n", data)
    if bare:
        which = "CR" if bare.group() == b"\r" else "LF"
        yield _found(NEWLINE, f"a bare {which}", data.count(b"\n", 0, bare.start()) + 1)
    for number, line in enumerate(data.split(b"\n"), start=1):
        if len(line.removesuffix(b"\r")) > LENGTH:
            yield _found(LINE_LENGTH, f"a line of {len(line):,} bytes", number)


def _found(rule: Rule, what: str, line: int = 0) -> Finding:
    return Finding(rule, what, Part.MESSAGE, line)


def _presence(head: Head) -> Iterator[Finding]:
    counts = Counter(field.name.lower() for field in head.fields)
    for name in _NEEDED:
        if not counts[name.lower()]:
            yield _found(HEADER_MISSING, f"there is no {name}")
    for name in _ONCE:
        if counts[name.lower()] > 1:
            yield _found(HEADER_ONCE, f"{counts[name.lower()]} times {name}", head.all(name)[1].line)
    for line in head.broken:
        yield _found(HEADER_BROKEN, "a line that is no header field", line)


def _writing(head: Head) -> Iterator[Finding]:
    for field in head.fields:
        if not field.raw.isascii() and not _is_international(field):
            yield _found(HEADER_ASCII, f"{field.name} has bytes outside of ASCII", field.line)
        if field.name.lower().startswith(_ON_THE_WAY):
            continue
        for number, line in enumerate(f"{field.name}:{field.raw.decode('latin-1')}".split("\n")):
            words = line.removeprefix(f"{field.name}:").split()  # a fold behind the name alone helps nobody
            if len(line) > WIDTH and len(words) > 1 and max(map(len, words)) < WIDTH:
                yield _found(HEADER_WIDTH, f"{field.name} has a line of {len(line)} characters", field.line + number)


def _is_international(field: Field) -> bool:
    """Whether it is an address that has letters of its own, as SMTPUTF8 lets them (RFC 6532)."""
    try:
        text = field.raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return False
    return field.name.lower() in {"to", "from", "reply-to"} and bool(_MAILBOX_OUTSIDE_ASCII.fullmatch(text))


def _people(head: Head) -> Iterator[Finding]:
    sender = head.first("From")
    if sender and len(sender.addresses) != 1:
        yield _found(FROM, f"From has {len(sender.addresses)} addresses", sender.line)
    recipients = [address for field in head.all("To") for address in field.addresses]
    if head.first("To") and len(recipients) != 1:
        yield _found(RECIPIENT, f"To has {len(recipients)} addresses", head.all("To")[0].line)
    for field in head.all("Cc"):
        yield _found(RECIPIENT, "there is a Cc", field.line)
    for field in head.all("Bcc"):
        yield _found(BCC, "there is a Bcc", field.line)


def _identity(head: Head) -> Iterator[Finding]:
    if (date := head.first("Date")) and (fault := _date_fault(date.value)):
        yield _found(DATE, f"{cut(date.value)!r} {fault}", date.line)
    identity, sender = head.first("Message-ID"), head.first("From")
    if not identity:
        return
    if not _ID.fullmatch(identity.value):
        yield _found(MESSAGE_ID, f"{cut(identity.value)!r} is no Message-ID", identity.line)
    elif sender and sender.addresses:
        own = domains.registered(sender.addresses[0].rpartition("@")[2])
        there = identity.value.rpartition("@")[2].rstrip(">")
        if domains.registered(there) != own:
            yield _found(MESSAGE_ID_DOMAIN, f"{cut(there)}, where From is at {cut(own)}", identity.line)


def _date_fault(value: str) -> str:
    """What is wrong with a date; "" if nothing is. Parsers guess what is not there."""
    try:
        meant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return "is no date"
    if not _YEAR.search(value):
        return "has no year of four digits"
    if not _ZONE.search(value):
        return "has no zone"
    weekday = _WEEKDAYS[meant.weekday()]
    said = re.match(r"\s*([A-Za-z]+)\s*,", value)
    return f"is a {weekday}" if said and said[1][:3].title() != weekday else ""


def _list(head: Head) -> Iterator[Finding]:
    identity = head.first("List-Id")
    if identity is None:
        yield _found(LIST_ID, "there is no List-Id")
    else:
        name = re.search(r"<([^<>\s]+)>\s*$", identity.value)
        if not name or "=?" in name[1] or len(name[1]) > _LIST_ID_MAXIMUM or "." not in name[1]:
            yield _found(LIST_ID, f"{cut(identity.value)!r} is no List-Id", identity.line)
    submitted = head.first("Auto-Submitted")
    automatic = submitted and not _BY_A_PERSON.fullmatch(submitted.value)
    if not automatic and not any(head.first(name) for name in ("Precedence", "X-Auto-Response-Suppress")):
        yield _found(AUTO_REPLIES, "nothing says that no person wrote this")
    signatures = [re.sub(r"\s", "", field.value).lower() for field in head.all("DKIM-Signature")]
    needed = {name for name in ("list-unsubscribe", "list-unsubscribe-post") if head.first(name)}
    signed = [set(found[1].split(":")) for one in signatures if (found := re.search(r"(?:^|;)h=([^;]*)", one))]
    if signatures and needed and not any(needed <= names for names in signed):
        yield _found(DKIM_COVERS, "no DKIM signature covers it", head.all("DKIM-Signature")[0].line)


def _subject(head: Head) -> Iterator[Finding]:
    field = head.first("Subject")
    if field is None:
        return
    subject = field.text
    if not subject.strip():
        yield _found(SUBJECT_EMPTY, "the subject is empty", field.line)
    if len(subject) > SUBJECT:
        yield _found(SUBJECT_LONG, f"{len(subject)} characters", field.line)
    if "=?" in subject or _CONTROL.search(subject):
        yield _found(SUBJECT_CODED, f"it shows as {cut(subject)!r}", field.line)
    for finding in words.judged(subject, Part.MESSAGE):
        yield _found(finding.rule, f"Subject: {finding.what}", field.line)

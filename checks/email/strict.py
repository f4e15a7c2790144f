"""Python's own parser at its strictest: no defect in any header or part, every part decodes, nothing is there twice."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

from said import Mails, Said, Tool, parsed, written

# RFC 5322, 3.6 and RFC 2045, 4: these stand once; a bulk mail cannot do without List-Id and List-Unsubscribe either.
ONCE = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
)


def read(mails: Mails) -> Iterator[Said]:
    return (Said("python", name, tuple(_faults(parsed(data)))) for name, data in mails.items())


def _faults(mail: EmailMessage) -> Iterator[str]:
    for name in ONCE:
        if (times := len(mail.get_all(name, []))) != 1:
            yield f"{name} stands {times} times"
    one_click = "https:" in (mail["List-Unsubscribe"] or "")  # RFC 8058, 3.1
    if one_click != (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"):
        yield "List-Unsubscribe-Post and an https address in List-Unsubscribe go together"
    for part in mail.walk():
        where = part.get_content_type()
        yield from (f"{where}: {type(defect).__name__}" for defect in part.defects)
        for name, value in part.items():
            yield from (f"{where}: {name}: {type(defect).__name__}: {defect}" for defect in value.defects)
        yield from _undecodable(part)


def _undecodable(part: EmailMessage) -> Iterator[str]:
    if part.get_content_maintype() == "text":
        try:
            part.get_content(errors="strict")
        except (UnicodeError, LookupError) as error:
            yield f"{part.get_content_type()}: cannot be decoded: {error}"


TOOL = Tool(
    "python",
    read,
    broken=written("<p>Hello.</p>", headers={"List-Id": ""})
    .replace(b"Date: Mon, 08 Dec 2025 07:00:00 +0000", b"Date: Blursday")
    .replace(b"<p>Hello.</p>", b"<p>H\xe9llo.</p>")
    .replace(b"Subject: ", b"Subject: Twice\r\nSubject: "),
    complaints=("List-Id stands 0", "Subject stands 2", "InvalidDateDefect", "cannot be decoded"),
)

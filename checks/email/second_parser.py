"""postal-mime: does a second MIME parser read the same mail as Python's?"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from node import ask
from said import Mails, Said, Tool, body, content, parsed, written


def read(mails: Mails) -> Iterator[Said]:
    theirs = ask("second_parser.mjs", {name: base64.b64encode(data).decode() for name, data in mails.items()})
    return (Said("postal-mime", name, tuple(_differences(_ours(data), theirs[name]))) for name, data in mails.items())


def _ours(data: bytes) -> dict[str, Any]:
    mail = parsed(data)
    bodies = [mail.get_body(("plain",)), mail.get_body(("html",))]
    others = [part for part in mail.walk() if not part.is_multipart() and part not in bodies]
    return {
        "subject": str(mail["Subject"] or ""),
        "from": mail["From"].addresses[0].addr_spec if mail["From"] else "",
        "to": ", ".join(address.addr_spec for address in mail["To"].addresses) if mail["To"] else "",
        "text": body(data, "plain"),
        "html": body(data, "html"),
        "attachments": [base64.b64encode(content(part)).decode() for part in others],
    }


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    for what, mine in ours.items():
        here, there = _lines(mine), _lines(theirs[what])
        if here != there:
            place = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), len(here))
            yield f"{what} differs at {place}: Python reads {here[place : place + 40]!r}, postal-mime {there[place : place + 40]!r}"


def _lines(value: Any) -> Any:
    """Texts with the line ends of one kind, and none at the very end; anything else as it is."""
    return value.replace("\r\n", "\n").rstrip("\n") if isinstance(value, str) else value


TOOL = Tool(
    "postal-mime",
    read,
    # An encoded word in a charset that does not exist: whoever has to guess, guesses differently.
    broken=written("<p>Hello.</p>").replace(b"Subject: The Quay Weekly", b"Subject: =?utf-8?q?a?= =?x-none?q?b=FF?="),
    complaints=("subject differs",),
)

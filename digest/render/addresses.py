"""The only addresses that a mail may link to or show, as the ASCII that every client and parser leaves alone."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

from digest import marks

REMEMBERED = 8192  # of addresses: each stands in the mails of many selections

# Browsers drop these wherever they stand, so "java\nscript:" is a scheme to them (WHATWG URL, 4.4).
_DROPPED = re.compile(r"[\t\r\n]")
_AROUND = "".join(map(chr, range(0x21)))
# What is ASCII and may stand in an address stays byte for byte; the rest is percent-encoded (RFC 3987, 3.1).
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]\\^_`{|}~"


@lru_cache(REMEMBERED)
def link(address: str) -> str:
    """The address if a reader may be sent there (http, https, mailto), else "". Its query stays byte for byte."""
    text = _plain(address)
    parts = _parts(text)
    match parts.scheme if parts else "":
        case "http" | "https":
            return _web(text, parts) if parts else ""
        case "mailto":
            return _ascii(text)
        case _:
            return ""


def picture(address: str) -> str:
    """The address if a mail may load an image from there (https alone), else ""."""
    found = link(address)
    return found if found[:8].lower() == "https://" else ""


def host(address: str) -> str:
    """The name of the site behind an address, without ``www.``; "" for what is not the address of a page."""
    parts = _parts(_plain(address))
    if parts is None or parts.scheme not in {"http", "https"}:
        return ""
    return (parts.hostname or "").removeprefix("www.")


def _plain(address: str) -> str:
    return marks.neutralise(_DROPPED.sub("", address).strip(_AROUND))


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if re.search(r"\s", parts.netloc) else parts


def _web(text: str, parts: SplitResult) -> str:
    if not parts.hostname:
        return ""
    try:
        name = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return _ascii(text.replace(parts.netloc, name, 1))


def _ascii(text: str) -> str:
    return quote(text, safe=_AS_IT_IS, errors="replace")

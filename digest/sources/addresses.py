"""URLs out of untrusted front matter: which may stand in a mail, and how their characters are written there."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import idna

URL_MAXIMUM = 4_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_AUTHORITY = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?", re.IGNORECASE)
# Everything that RFC 3986 lets stand in a URL, and the percent sign of what is encoded already.
_STANDING = "%:/?#[]@!$&'()*+,;=-._~"


def web_url(text: str) -> str:
    """A URL as it may stand in a mail, or "" for what is not a usable http(s) one.

    Path and query stay byte for byte: ``&`` is never taken for an entity, ``%`` never touched. Only what a URL cannot
    hold is percent-encoded (blanks, quotes, other scripts), a host of another script becomes ASCII (IDNA 2008), and
    ``//host/…`` gets its https. Refused: other schemes, control characters, and user names, which serve to deceive.
    """
    text = text.strip()
    text = f"https:{text}" if text.startswith("//") else text
    found = _AUTHORITY.fullmatch(text)
    if found is None or len(text) > URL_MAXIMUM or _CONTROL.search(text):
        return ""
    scheme, authority, rest = found.groups()
    try:
        host, port = urlsplit(f"//{authority}").hostname or "", urlsplit(f"//{authority}").port
        if host.isascii() and ":" not in host:
            ascii_host = host if _HOST.fullmatch(host) else ""
        else:
            ascii_host = f"[{ip_address(host)}]" if ":" in host else idna.encode(host, uts46=True).decode("ascii")
    except ValueError:  # idna's errors are UnicodeErrors, and so ValueErrors
        return ""
    if not ascii_host or "@" in authority or "\\" in authority:
        return ""
    written = authority if authority.isascii() else ascii_host + (f":{port}" if port is not None else "")
    return f"{scheme.lower()}://{written}{quote(rest, safe=_STANDING)}"


def looks_like_url(text: str) -> bool:
    """Whether somebody meant a URL, usable or not: the name of a newspaper is none."""
    return text.startswith("//") or re.match(r"[a-z][a-z0-9+.-]*:\S", text, re.IGNORECASE) is not None

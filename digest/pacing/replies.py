"""Which replies ask for less mail."""

from __future__ import annotations

import re

_TEMPORARY = 4  # RFC 5321, 4.2.1: the first digit
_SERVICE_CLOSING = 421
_LOGIN_OR_TLS = 454  # RFC 4954 and RFC 3207; Amazon SES says so when it throttles
_ENHANCED = re.compile(r"(?<![\w.])4\.(\d{1,3})\.(\d{1,3})(?!\w|\.\d)")  # never a part of an IP address
_POLICY = "7"  # RFC 3463, 3.8
# About this message or this line, whatever words stand beside it. RFC 3463: 4.4.2 a line that was silent too long,
# 4.5.3 too many recipients of one message, 4.7.5 cryptography; RFC 7372: 4.7.25 the sender's reverse DNS.
_NOT_ABOUT_PACE = frozenset({("4", "2"), ("5", "3"), ("7", "5"), ("7", "25")})
_GREYLISTING = re.compile(r"gr[ae]y[ -]?list|postgrey", re.IGNORECASE)
_TOO_FAST = re.compile(
    r"throttl|\brate\b|rate[ -]?limit|too many (?!recipients)|too much mail|too (?:fast|quickly)|slow(?:ing)? down"
    r"|limit (?:was |has been )?exceeded",
    re.IGNORECASE,
)


def is_rate_limit(code: int, text: str) -> bool:
    """Whether a reply asks for fewer messages or connections in a time, rather than for another try.

    421 does, whatever it says (RFC 5321, 3.8 has it for a server that shuts down too: to spare that one is right as
    well), and so does a policy, 4.7.x; other 4yz do if they say it in words. Greylisting wants a retry, and 5yz no
    mail at all.
    """
    if code // 100 != _TEMPORARY or _GREYLISTING.search(text):
        return False
    found = _ENHANCED.search(text)
    subject, detail = found.groups() if found else ("", "")
    if (subject, detail) in _NOT_ABOUT_PACE:
        return False
    by_policy = subject == _POLICY and code != _LOGIN_OR_TLS
    return code == _SERVICE_CLOSING or by_policy or bool(_TOO_FAST.search(text))

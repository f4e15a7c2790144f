"""Bounces in plain words, from mail systems that know no RFC 3464. Pure.

flufl.bounce finds the addresses; how bad it is, we read ourselves from the code nearest to the address: most of what
flufl.bounce takes for permanent is not.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from flufl.bounce import all_failures

from digest.bounces.findings import Finding, failure, shortened, status_in
from digest.bounces.mail import WORDS_MAXIMUM, Mail
from digest.model import NoticeKind

_NEAR = 600  # characters after an address in which its reason stands
_COPY = re.compile(  # where an old mail system begins to return the message: nothing behind it explains anything
    r"^-+ *(below this line is a copy|this is a copy of|original message|returned message|the body of the message)",
    re.IGNORECASE | re.MULTILINE,
)

logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())  # what it stumbles over is ours to tell


def read(mail: Mail) -> list[Finding]:
    """One finding for each address that failed; one without an address where only a code tells of a failure."""
    if not mail.is_from_a_daemon:
        return []
    words = _COPY.split(mail.words)[0]
    folded = words.lower()
    delayed, failed = _named(mail)
    found = [_finding(words, folded, name, NoticeKind.DELAYED) for name in _names(delayed)]
    found += [_finding(words, folded, name) for name in _names(failed)]
    return found or _by_code(words)


def _named(mail: Mail) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The addresses to which it is delayed, and to which it failed; none where the library stumbles."""
    try:
        return all_failures(Mail(mail.data[:WORDS_MAXIMUM]).root)
    except Exception:  # noqa: BLE001 - its detectors take for granted that a mail is well made
        return frozenset(), frozenset()


def _names(addresses: frozenset[bytes]) -> Iterator[str]:
    yield from sorted(address.decode("utf-8", "replace").strip("<> ") for address in addresses)


def _finding(words: str, folded: str, address: str, kind: NoticeKind | None = None) -> Finding:
    """The code nearest to the address, and the line that it stands in; they decide about a failure."""
    start = max(folded.find(address.lower()), 0)
    status = status_in(words[start : start + _NEAR]) or status_in(words)
    said = words[start:] if status in words[start:] else words
    return Finding(kind or failure(status), address, status, shortened(_line_with(status, said)))


def _by_code(words: str) -> list[Finding]:
    status = status_in(words)
    if status[:1] in {"4", "5"}:
        return [Finding(failure(status), "", status, shortened(_line_with(status, words)))]
    return []


def _line_with(status: str, text: str) -> str:
    at = text.find(status) if status else -1
    if at < 0:
        return ""
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]

"""Bounces in plain words, from mail systems that know no RFC 3464. Pure.

flufl.bounce finds the addresses; how bad it is, we read ourselves from the code nearest to the address: most of what
flufl.bounce takes for permanent is not. A code is one only where a server's answer stands around it: 5.1.1 is also a
version, or a section, of whatever our own mail or a person wrote about.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from flufl.bounce import all_failures

from digest.bounces.findings import Finding, failure, shortened
from digest.bounces.mail import WORDS_MAXIMUM, Mail
from digest.model import NoticeKind

_NEAR = 600  # characters after an address in which its reason stands
_COPY = re.compile(  # where the message begins that is returned or answered: nothing behind it explains anything
    r"""^[ \t]*(?:
        -+[ ]*(?:below[ ]this[ ]line[ ]is[ ]a[ ]copy|this[ ]is[ ]a[ ]copy[ ]of|(?:the[ ])?original[ ]message|forwarded[ ]message
               |returned[ ]message|unsent[ ]message|message[ ]headers?|the[ ](?:body|headers?)[ ]of[ ]the[ ]message)
      | (?:(?:your|the)[ ](?:original[ ])?message[ ](?:was|follows|reads)|original[ ]message|begin[ ]forwarded[ ]message)
        [ \t]*:?[ \t]*$
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
# A code behind a reply of its own class, behind a #, or in the field of a report that has lost its form.
_SAID = re.compile(
    r"""(?: (?<![\w.])([245])\d\d[ \t\xa0-]\(?\#?(?=\1\.) | (?<!\w)\#
          | ^[ \t]*(?:Diagnostic-Code|Status):[^\n]{0,200}?(?<![\w.])
        )([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())  # what it stumbles over is ours to tell


def read(mail: Mail) -> list[Finding]:
    """One finding for each address that failed; one without an address where only a code tells of a failure."""
    if not mail.is_from_a_daemon:
        return []
    words = _QUOTED.sub("", _COPY.split(mail.words)[0])
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
    said = words[start : start + _NEAR]
    status = _code(said)
    return Finding(kind or failure(status), address, status, shortened(_line_with(status, said)))


def _by_code(words: str) -> list[Finding]:
    status = _code(words)
    if status[:1] in {"4", "5"}:
        return [Finding(failure(status), "", status, shortened(_line_with(status, words)))]
    return []


def _code(words: str) -> str:
    found = _SAID.search(words)
    return found[2] if found else ""


def _line_with(status: str, text: str) -> str:
    at = text.find(status) if status else -1
    if at < 0:
        return ""
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]

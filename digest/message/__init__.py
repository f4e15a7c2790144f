"""Letters and messages: a rendition encoded once, cut at its marks, and joined with one reader's own values. Pure.

The MIME is written here byte by byte rather than by ``email.message``: that library writes long URIs as encoded-words
inside angle brackets (and its parser hides it), lets crafted text through as header fields on some Python versions,
and costs a hundred times the time. Each finished letter is parsed back and its header names compared.

``headers`` writes header fields, ``body`` parts and quoted-printable, ``letters`` puts them together; ``notes`` does for
mail to one person alone.
"""

from __future__ import annotations

from digest.message.body import quoted_printable
from digest.message.headers import ascii_domain, header_text
from digest.message.letters import HEADERS, Letter, letter, message, message_id, return_path
from digest.message.notes import note

__all__ = [
    "HEADERS",
    "Letter",
    "ascii_domain",
    "header_text",
    "letter",
    "message",
    "message_id",
    "note",
    "quoted_printable",
    "return_path",
]

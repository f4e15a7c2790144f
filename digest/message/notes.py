"""Notes: mail to one person who waits for it, such as a link that confirms something. Written as letters are.

There are no fields of a list in it, as there is nothing to leave, and not the reader's name: whoever fills in a form may
write there what they like, and to whose mailbox this goes has not been proved yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from digest import dkim
from digest.links import ReaderLinks
from digest.message.body import body, content_type
from digest.message.headers import ascii_domain, note_headers
from digest.message.letters import return_path, verify
from digest.model import Message, Rendition, Sender

NOTE_HEADERS = (  # of one that nobody signs; a DKIM-Signature for each key stands before them
    *("Message-ID", "To", "From", "Subject", "Date", "Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type"),
)
_NO_LINKS = ReaderLinks("")


def note(
    rendition: Rendition, sender: Sender, *, to: str, unique: str, date: datetime, keys: Sequence[dkim.Key] = ()
) -> Message:
    """One person's message: the same bytes each time for the same arguments. ``unique`` is of its Message-ID: a word.

    The signatures cover the fields of a list too, which are not there, so that nobody can add them (RFC 6376, 5.4).
    Raises AddressError, and RenderError when the result, parsed back, is not exactly the message that was meant.
    """
    mailbox, domain = ascii_domain(to), ascii_domain(sender.address).rpartition("@")[2]
    message_id = f"<note.{unique}@{domain}>"
    own = f"Message-ID: {message_id}\r\nTo: {mailbox}\r\n".encode()
    headers = note_headers(rendition.subject, sender, date, content_type(rendition))
    content = b"".join(body(rendition).filled("", _NO_LINKS))
    signatures = (dkim.Seal(keys, headers=headers, body=content, date=date).sign(own, ()),) if keys else ()
    finished = Message(
        envelope_from=return_path(sender, ""),
        to=mailbox,
        message_id=message_id,
        pieces=(*signatures, own, headers, b"\r\n", content),
        smtputf8=not mailbox.isascii(),
    )
    names = [name for name in NOTE_HEADERS if name != "Reply-To" or sender.reply_to]
    verify(finished, ["DKIM-Signature"] * len(keys) + names)
    return finished

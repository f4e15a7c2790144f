"""dkimpy: a signature over the mail still holds once the mail has travelled.

The mail is signed with a key made for the occasion, then changed as relays may change it (RFC 6376, 3.4: header fields
folded anew, a Received field, empty lines at the end), and verified against a DNS that holds this one key.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

import dkim  # type: ignore[import-untyped] # it has no types
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from said import Mails, Said, Tool, parsed, written

SELECTOR = b"check"
# RFC 6376, 5.4.1 and, for the last two, RFC 8058, 4. From is signed once more than it stands: nobody may add one.
NEEDED = (b"from", b"subject", b"date", b"to", b"message-id", b"mime-version", b"content-type", b"list-id")
UNSUBSCRIBE = (b"list-unsubscribe", b"list-unsubscribe-post")
LINE_MAXIMUM = 998  # RFC 5321, 4.5.3.1.6, without its CRLF


def read(mails: Mails) -> Iterator[Said]:
    private, resolver = _key()
    return (Said("dkim", name, tuple(_faults(data, private, resolver))) for name, data in mails.items())


def _faults(data: bytes, private: bytes, resolver: Callable[..., bytes]) -> Iterator[str]:
    mail = parsed(data)
    yield from _rewritten(data)
    needed = NEEDED + (UNSUBSCRIBE if "https:" in (mail["List-Unsubscribe"] or "") else UNSUBSCRIBE[:1])
    missing = [name.decode() for name in needed if name.decode() not in mail]
    if missing:
        yield f"nothing to sign: {', '.join(missing)}"
    domain = str(mail["From"]).rpartition("@")[2].rstrip(">").encode()
    try:
        arrived = _travelled(dkim.sign(data, SELECTOR, domain, private, include_headers=[b"from", *needed]) + data)
        if not dkim.verify(arrived, dnsfunc=resolver):
            yield "the signature does not hold after the mail has travelled"
        for what, forged in _forged(arrived):
            if forged != arrived and dkim.verify(forged, dnsfunc=resolver):
                yield f"the signature holds over {what}"
    except dkim.DKIMException as error:
        yield f"cannot be signed: {error}"


def _rewritten(data: bytes) -> Iterator[str]:
    """What a relay must or will rewrite, whatever has been signed."""
    if not data.isascii():
        yield "bytes above 127: a relay without 8BITMIME encodes the body anew"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", data):
        yield "a line ends in a lone CR or LF, which relays mend or refuse"
    longest = max(map(len, data.split(b"\r\n")))
    if longest > LINE_MAXIMUM:
        yield f"a line of {longest} octets, which relays break"


def _travelled(data: bytes) -> bytes:
    head, _, rest = data.partition(b"\r\n\r\n")
    folded = re.sub(rb"\r\n[ \t]+", b"\r\n\t  ", head)
    return b"Received: from a by b; Mon, 08 Dec 2025 07:00:01 +0000\r\n" + folded + b"\r\n\r\n" + rest + b"\r\n\r\n"


def _forged(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What no signature may hold over, so that one which holds means something."""
    yield "another body", data + b"And one more thing.\r\n"
    yield "another From", b"From: Somebody <else@example.net>\r\n" + data
    yield "another unsubscribe address", data.replace(b"\nList-Unsubscribe:", b"\nList-Unsubscribe: <mailto:a@b.c>,", 1)


def _key() -> tuple[bytes, Callable[..., bytes]]:
    """A private key, and what asks a DNS that knows its public half alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def resolver(_name: bytes, timeout: float = 0) -> bytes:
        return record

    return private, resolver


TOOL = Tool(
    "dkim",
    read,
    broken=written("<p>Hello.</p>", headers={"List-Unsubscribe": "", "List-Id": "", "Message-ID": ""})
    .replace(b"<p>Hello.</p>", "<p>Grüße.</p>".encode())
    .replace(b"\r\n\r\nHello.", b"\r\n\r\nHello.\nHello."),
    complaints=("nothing to sign: message-id, list-id, list-unsubscribe", "bytes above 127", "a lone CR or LF"),
)

"""DKIM signatures (RFC 6376, RFC 8463) on prepared letters. Pure.

Canonicalised ``relaxed/simple``: header fields survive being folded anew on the way, the body is taken as it is. What
all messages of a letter share is hashed once, in a ``Seal``; a message costs the hash of the rest, and one signature
for each key. Both algorithms are deterministic (PKCS #1 v1.5, and EdDSA: RFC 8032), and ``t=`` is the letter's own
date: with the same keys a message has the same bytes on every try.

There is no ``l=`` (anything could be put below the text), and no ``x=`` (mail is read late).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import idna
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from digest.errors import ConfigError

# All that we write, but for what relays and lists set to their own liking: Precedence, Auto-Submitted, X-….
SHARED = (
    *(b"from", b"subject", b"date", b"reply-to", b"list-id", b"list-help", b"list-post"),  # RFC 6376, 5.4.1
    *(b"feedback-id", b"mime-version", b"content-type", b"content-transfer-encoding"),
)
OWN = (b"message-id", b"to", b"list-unsubscribe", b"list-unsubscribe-post")  # the last two: RFC 8058, 4
# Named once more than they stand there, so that none can be added (RFC 6376, 8.15): what decides on what is shown
# and on where a click leads.
OVERSIGNED = (
    *(b"from", b"to", b"subject", b"date", b"reply-to", b"list-unsubscribe", b"list-unsubscribe-post"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding"),
)

RSA_BITS = range(2048, 4097)  # RFC 8301, 3.2: signers should use 2048 at least; verifiers must know 4096 at most
STRING_MAXIMUM = 255  # RFC 1035, 3.3: of one string in a TXT record
_LINE = 72
_LABEL = r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?"  # of 63 characters at most (RFC 1035, 2.3.4)
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE)
_NAME_MAXIMUM = 253  # characters: 255 octets on the wire (RFC 1035, 2.3.4)
_PADDING, _DIGEST = PKCS1v15(), Prehashed(SHA256())


class Kind(StrEnum):
    RSA2048 = "rsa2048"  # what everybody verifies
    ED25519 = "ed25519"  # short and quick; few verify it yet, so it goes beside the other (RFC 8463, 5)


@dataclass(frozen=True, slots=True)
class Record:
    """The TXT record that lets the world verify what a key has signed."""

    name: str
    value: str

    @property
    def strings(self) -> tuple[str, ...]:
        """The value in the pieces of which a zone file makes it."""
        return tuple(self.value[at : at + STRING_MAXIMUM] for at in range(0, len(self.value), STRING_MAXIMUM))


@dataclass(frozen=True, slots=True)
class Key:
    """A private key, and where its public half is found: ``selector`` below ``_domainkey`` in ``domain``."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record(self) -> Record:
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind, octets = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:  # RFC 8463, 4.2: the 32 octets alone
            kind, octets = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        value = f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}"
        return Record(f"{self.selector}._domainkey.{self.domain}", value)

    @property
    def pem(self) -> bytes:
        """The private key, as ``load`` reads it."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest (RFC 8463, 3: Ed25519 signs the digest, not the text)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _DIGEST)
        return self.private.sign(digest)


def generate(kind: Kind, *, domain: str, selector: str) -> Key:
    """A new key. Raises ConfigError for what is no name in the DNS."""
    match kind:
        case Kind.RSA2048:
            return _key(domain, selector, generate_private_key(public_exponent=65537, key_size=2048))
        case Kind.ED25519:
            return _key(domain, selector, Ed25519PrivateKey.generate())


def load(pem: bytes, file: str, *, domain: str, selector: str) -> Key:
    """The private key that ``pem`` holds, which was read from ``file``. Raises ConfigError, which says what it is."""
    hint = "`digest dkim keygen` writes one that can be used"
    try:
        private = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ConfigError(
            f"{file}: the key has a password, and nobody is there to type it", hint="store it without one"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{file}: this is not a private key in PEM", hint=hint) from error
    if isinstance(private, RSAPrivateKey):
        if private.key_size not in RSA_BITS:
            bits = f"{RSA_BITS.start} to {RSA_BITS.stop - 1}"
            raise ConfigError(f"{file}: an RSA key of {private.key_size} bits, where DKIM wants {bits}", hint=hint)
        return _key(domain, selector, private)
    if isinstance(private, Ed25519PrivateKey):
        return _key(domain, selector, private)
    raise ConfigError(f"{file}: DKIM knows RSA and Ed25519 keys, and this is another kind", hint=hint)


def _key(domain: str, selector: str, private: RSAPrivateKey | Ed25519PrivateKey) -> Key:
    key = Key(_in_dns(domain), _in_dns(selector), private)
    if len(key.record.name) > _NAME_MAXIMUM:
        raise ConfigError(
            f"{key.record.name!r} is not a name in the DNS: it has {len(key.record.name)} characters",
            hint=f"{_NAME_MAXIMUM} are allowed: take a shorter selector",
        )
    return key


def _in_dns(name: str) -> str:
    """A name as the DNS knows it, and as every verifier reads it (RFC 8616, 4 would allow the other form to some)."""
    try:
        written = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        written = ""
    if not _NAME.fullmatch(written):
        raise ConfigError(f"{name!r} is not a name in the DNS", hint='domain = "example.org", selector = "digest1"')
    return written


class Seal:
    """The keys of a letter, and what all of its messages share, hashed.

    ``headers`` are the shared header fields, ``body`` the beginning of every body, ``date`` when the letter was made.
    """

    def __init__(self, keys: Sequence[Key], *, headers: bytes, body: bytes, date: datetime) -> None:
        shared = [text for text in relaxed(headers) if text.partition(b":")[0] in SHARED]
        names = (*(text.partition(b":")[0] for text in shared), *OWN, *OVERSIGNED)
        self.keys = tuple(keys)
        self._headers = hashlib.sha256(b"".join(text + b"\r\n" for text in shared))
        self._body = hashlib.sha256(body)
        self._beginnings = tuple(_beginning(key, names, date) for key in keys)
        self._relaxed = tuple(relaxed(text)[0] for text in self._beginnings)

    def sign(self, own: bytes, rest: Iterable[bytes]) -> bytes:
        """A DKIM-Signature field for each key.

        ``own`` are the message's own fields, in the order of ``OWN``; ``rest`` is its body after the shared beginning.
        """
        body = self._body.copy()
        for piece in rest:
            body.update(piece)
        body_hash = base64.b64encode(body.digest())
        headers = self._headers.copy()
        headers.update(b"".join(text + b"\r\n" for text in relaxed(own)))
        signed = []
        for key, beginning, canonical in zip(self.keys, self._beginnings, self._relaxed, strict=True):
            state = headers.copy()
            state.update(canonical + body_hash + b"; b=")  # RFC 6376, 3.7: its own field last, b= empty, without CRLF
            signature = base64.b64encode(key.sign(state.digest()))
            lines = [signature[at : at + _LINE] for at in range(0, len(signature), _LINE)]
            signed.append(beginning + body_hash + b";\r\n b=" + b"\r\n ".join(lines) + b"\r\n")
        return b"".join(signed)


def _beginning(key: Key, names: Iterable[bytes], date: datetime) -> bytes:
    """A DKIM-Signature field up to ``bh=``; the list of names is folded at its colons (RFC 6376, 3.5)."""
    lines = [b""]
    for name in names:
        if len(lines[-1]) + len(name) >= _LINE:
            lines.append(b"")
        lines[-1] += name + b":"
    fields = b"\r\n ".join(lines).removesuffix(b":")
    return (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/simple; d={key.domain};\r\n"
        f" s={key.selector}; t={int(date.timestamp())};\r\n h="
    ).encode() + (fields + b";\r\n bh=")


def relaxed(fields: bytes) -> list[bytes]:
    """Whole header fields in the form that survives folding (RFC 6376, 3.4.2), without their CRLF."""
    unfolded = fields.replace(b"\t", b" ").replace(
        b"\r\n ", b" "
    )  # not by an expression: this is done for each message
    while b"  " in unfolded:
        unfolded = unfolded.replace(b"  ", b" ")
    found = (line.partition(b":") for line in unfolded.split(b"\r\n") if line)
    return [name.rstrip(b" ").lower() + b":" + value.strip(b" ") for name, _, value in found]

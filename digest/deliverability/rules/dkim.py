"""DKIM: that each key which signs is published, as the key that it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from digest.deliverability import tags
from digest.deliverability.facts import Facts, KeyFacts
from digest.deliverability.findings import BULK, GMAIL, Finding, Level, cut, txt, unanswered
from digest.resolving import Status

RSA_MINIMUM = 1024  # bits: receivers refuse less (RFC 8301, 3.2)
RSA_GOOD = 2048
_RECORD = "RFC 6376, 3.6.1"
_SEQUENCE, _INTEGER, _BITS = 0x30, 0x02, 0x03
_LONG = 0x80  # a DER length of more than one byte


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a record publishes; ``identity`` is the same for the same key, however it is wrapped."""

    kind: str
    identity: bytes
    bits: int


def judge(facts: Facts) -> Iterator[Finding]:
    if not facts.keys:
        advice = "let the relay sign in the name of your domain, or name a key in [[dkim]]: `digest dkim keygen`"
        yield Finding("DKIM", Level.WARNING, "no key is configured, so the relay must sign", BULK, advice)
    for fact in facts.keys:
        yield from _judged(fact)
    published = [key_of(tags.parse(fact.key.record)) for fact in facts.keys]
    if published and all(key and key.kind == "ed25519" for key in published):
        found = "all keys are ed25519, which many receivers cannot verify yet"
        yield Finding("DKIM", Level.WARNING, found, "RFC 8463, 6", "add an rsa key beside it: both sign")


def _judged(fact: KeyFacts) -> Iterator[Finding]:
    subject, record = f"DKIM {fact.key.name}", txt(fact.key.name, fact.key.record)

    def fault(found: str, advice: str = "publish the key that signs", source: str = _RECORD) -> Finding:
        return Finding(subject, Level.FAULT, found, source, advice, record)

    if not fact.answer.known:
        yield unanswered(subject, fact.answer, _RECORD)
    elif fact.answer.status is not Status.FOUND:
        yield fault("there is no such record, so no signature can be verified")
    elif len(fact.answer.values) > 1:
        found = f"there are {len(fact.answer.values)} records, of which receivers take any"
        yield fault(found, "leave only the one of the key that signs", "RFC 6376, 3.6.2.2")
    else:
        published = tags.parse(fact.answer.values[0])
        if broken := _broken(published):
            yield fault(f"{cut(broken)}: {cut(fact.answer.values[0])}")
        elif not _same(published, tags.parse(fact.key.record)):
            yield fault("it publishes another key than the one that signs")
        else:
            yield from _strength(subject, published)


def _broken(published: tags.Tags) -> str:
    """Why receivers would not take a record; "" if they would."""
    return published.fault or next(_faults(published), "")


def _faults(published: tags.Tags) -> Iterator[str]:
    if "v" in published.values and (published.first != "v" or published.get("v") != "DKIM1"):
        yield "v=DKIM1 has to stand first"
    if published.get("k", "rsa") not in {"rsa", "ed25519"}:
        yield f"k={published.get('k')} is no kind of key"
    if "h" in published.values and "sha256" not in published.words("h"):
        yield "h= does not allow sha256"
    if not {"*", "email"} & set(published.words("s", "*")):
        yield "s= does not allow mail"
    if not published.get("p"):
        yield "p= is empty, which revokes the key" if "p" in published.values else "there is no p="
    elif not key_of(published):
        yield "p= holds no such key"


def _same(published: tags.Tags, own: tags.Tags) -> bool:
    there, here = key_of(published), key_of(own)
    return there is not None and here is not None and (there.kind, there.identity) == (here.kind, here.identity)


def _strength(subject: str, published: tags.Tags) -> Iterator[Finding]:
    key = key_of(published)
    if key is None:
        return
    small = key.kind == "rsa" and key.bits < RSA_GOOD
    if small and key.bits < RSA_MINIMUM:
        advice = "make a new key: `digest dkim keygen`"
        yield Finding(subject, Level.FAULT, f"{key.bits} bits are too few", "RFC 8301, 3.2", advice)
    elif small:
        advice = f"make a new key of {RSA_GOOD} bits: `digest dkim keygen`"
        yield Finding(subject, Level.WARNING, f"{key.bits} bits are few", f"RFC 8301, 3.2; {GMAIL}", advice)
    if "y" in published.words("t"):
        advice = "take t=y away when the signatures verify"
        found = "t=y says that this is a test, and receivers may ignore the signature"
        yield Finding(subject, Level.WARNING, found, _RECORD, advice)
    elif not small:
        kind = f"rsa, {key.bits} bits" if key.kind == "rsa" else key.kind
        yield Finding(subject, Level.WELL, f"publishes the key that signs ({kind})", _RECORD)


# --- keys ------------------------------------------------------------------------------------------------------------


def key_of(record: tags.Tags) -> PublicKey | None:
    """The key that a record holds; None where there is none that can be read. Never raises."""
    try:
        data = base64.b64decode("".join(record.get("p").split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if record.get("k", "rsa") == "ed25519":  # the 32 bytes alone (RFC 8463, 4.2)
        return PublicKey("ed25519", data, 256) if len(data) == 32 else None  # noqa: PLR2004 - octets (RFC 8463, 4)
    numbers = rsa_numbers(data)
    return PublicKey("rsa", numbers, int.from_bytes(_integer(numbers)).bit_length()) if numbers else None


def rsa_numbers(data: bytes) -> bytes:
    """Modulus and exponent in DER, bare (RFC 8017, A.1.1) or wrapped (RFC 5280, 4.1), as both are in use; or b""."""
    inner = _content(data, _SEQUENCE)
    if _integer(inner):
        return inner
    _, rest = _next(inner)  # the algorithm
    bits = _content(rest, _BITS)
    wrapped = _content(bits[1:], _SEQUENCE)
    return wrapped if _integer(wrapped) else b""


def _integer(data: bytes) -> bytes:
    return _content(data, _INTEGER)


def _content(data: bytes, kind: int) -> bytes:
    """The content of the first element, if it is of this kind; else b""."""
    return _next(data)[0] if data[:1] == bytes((kind,)) else b""


def _next(data: bytes) -> tuple[bytes, bytes]:
    """The content of the first element of DER, and what follows it; b"" and b"" where it is cut off (X.690, 8.1)."""
    head = 2
    length = data[1] if len(data) > 1 else 0
    if length >= _LONG:
        head += length - _LONG
        length = int.from_bytes(data[2:head])
    end = head + length
    return (data[head:end], data[end:]) if end <= len(data) else (b"", b"")

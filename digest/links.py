"""The URLs that act for one reader, and the return paths that name a delivery: signed here, read here.

A token is bound to its purpose, edition and subscriber, holds no address, and works for years: people unsubscribe
from mails that they find at the bottom of a mailbox. The one for preferences ends when the subscriber moves to another
address: whoever has the old mailbox shall not follow them. Signed with HMAC-SHA-256 in the form of itsdangerous, which reads
them and compares in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from itsdangerous import BadData, BadSignature, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from digest.errors import LinkError
from digest.model import Sender

ID_OCTETS = 8  # of a delivery, as databases number their rows
_LARGEST_ID = 2 ** (8 * ID_OCTETS - 1) - 1  # they keep a bit for the sign
TAG_OCTETS = 6
CLIENT_DIGITS = 32  # of a hash, in hexadecimal: 128 bits
MAC_OCTETS = 12  # 96 bits; with the id 160, which base32 writes in 32 characters and no padding

# The edition of a delivery, by its name, and when it was frozen; None where there is no such delivery.
EditionOf = Callable[[int], tuple[str, datetime] | None]


_json = json.JSONEncoder(separators=(",", ":")).encode


class Purpose(StrEnum):
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ARCHIVE = "archive"
    CONFIRM = "confirm"  # a request
    UNDO = "undo"  # what was left at an instant
    FORM = "form"  # a page that was shown at an instant


@dataclass(frozen=True, slots=True)
class ReaderLinks:
    """One reader's own addresses. ``page`` ones are "" while there are no public pages."""

    unsubscribe_mail: str
    unsubscribe_page: str = ""
    preferences: str = ""
    archive: str = ""

    @property
    def unsubscribe(self) -> str:
        """The one for a person to follow."""
        return self.unsubscribe_page or self.unsubscribe_mail


def keyed_hash(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104). For a few of them in a row with one key; ``hmac.digest`` lets another thread in each time,
    and then waits for it.
    """
    prepared = _prepared(key).copy()
    prepared.update(data)
    return prepared.digest()


@lru_cache(maxsize=64)
def _prepared(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)


class Signer:
    """Signs with the newest of ``keys`` (the last), reads what any of them signed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._newest = keys[-1]
        self._return_keys = tuple(hmac.digest(key.encode(), b"digest.return", hashlib.sha256) for key in reversed(keys))
        self._client_key = hmac.digest(self._newest.encode(), b"digest.client", hashlib.sha256)
        self._by_purpose = {
            purpose: URLSafeSerializer(
                list(keys), salt=f"digest.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
            )
            for purpose in Purpose
        }
        self._derived = {  # once: itsdangerous derives its key anew for each token, which costs more than signing it
            purpose: serializer.make_signer().derive_key() for purpose, serializer in self._by_purpose.items()
        }

    def sign(self, purpose: Purpose, edition: str, subscriber: int) -> str:
        """A token for an edition's name (``weekly/2025-W40``) and a subscriber's id."""
        return self._signed(purpose, _payload(edition, subscriber))

    def sign_preferences(self, edition: str, subscriber: int, address: str) -> str:
        """A token for the preferences of a subscriber, as long as that is their address."""
        return self._signed(Purpose.PREFERENCES, _encoded([edition, subscriber, _tag(address)]))

    def read_preferences(self, token: str) -> tuple[str, int, str]:
        """The edition's name, the subscriber's id, and what ``is_of`` knows their address by. Raises LinkError."""
        edition, subscriber, tag = self._read(Purpose.PREFERENCES, token, 3)
        return str(edition), _row(subscriber), str(tag)

    @staticmethod
    def is_of(tag: str, address: str) -> bool:
        """Whether a token was signed for this address."""
        return hmac.compare_digest(tag.encode(), _tag(address).encode())

    def sign_request(self, request: int) -> str:
        """A token that confirms what was asked: for the mailbox it is sent to."""
        return self._signed(Purpose.CONFIRM, _encoded([request]))

    def read_request(self, token: str) -> int:
        """The request of a token. Raises LinkError."""
        return _row(self._read(Purpose.CONFIRM, token, 1)[0])

    def sign_undo(self, subscriber: int, left: datetime) -> str:
        """A token that takes back that this subscriber left at that instant, and nothing else."""
        return self._signed(Purpose.UNDO, _encoded([subscriber, left.astimezone(UTC).isoformat()]))

    def read_undo(self, token: str) -> tuple[int, datetime]:
        """The subscriber of a token, and when they left. Raises LinkError."""
        subscriber, left = self._read(Purpose.UNDO, token, 2)
        return _row(subscriber), _moment(left)

    def sign_form(self, shown: datetime) -> str:
        """A token for a form that is shown at that instant."""
        return self._signed(Purpose.FORM, _encoded([shown.astimezone(UTC).isoformat()]))

    def read_form(self, token: str) -> datetime:
        """When a form was shown. Raises LinkError."""
        return _moment(self._read(Purpose.FORM, token, 1)[0])

    def hashed_client(self, address: str) -> str:
        """Where somebody comes from on the internet, as it may be kept: a hash that only the holder of the key can make."""
        return keyed_hash(self._client_key, address.encode()).hex()[:CLIENT_DIGITS]

    def _signed(self, purpose: Purpose, payload: bytes) -> str:
        """What itsdangerous would make of the payload; it is the one who reads it."""
        signature = base64_encode(keyed_hash(self._derived[purpose], payload))
        return f"{payload.decode('ascii')}.{signature.decode('ascii')}"

    def read(self, purpose: Purpose, token: str) -> tuple[str, int]:
        """The edition's name and subscriber's id of a token; raises LinkError for a changed, cut or foreign one."""
        edition, subscriber = self._read(purpose, token, 2)
        return str(edition), _row(subscriber)

    def _read(self, purpose: Purpose, token: str, length: int) -> list[Any]:
        """The list of so many values that was signed."""
        try:
            payload: list[Any] = self._by_purpose[purpose].loads(token)
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)) != signature.encode():  # base64 has several ways to write it
                raise BadSignature("not as it was signed")
            if len(payload) != length:
                raise BadSignature("signed for something else")
        except (BadData, ValueError, TypeError) as error:
            raise LinkError("this link is not complete, or not one of ours") from error
        return payload

    def for_reader(self, sender: Sender, edition: str, subscriber: int, address: str = "") -> ReaderLinks:
        """All links of one reader in one edition, sent to that address."""
        payload = _payload(edition, subscriber)
        leave = self._signed(Purpose.UNSUBSCRIBE, payload)
        mail = f"mailto:{quote(sender.unsubscribe_to, safe='@')}?subject=unsubscribe%20{leave}"  # RFC 6068
        if not sender.web:
            return ReaderLinks(mail)
        web = sender.web.rstrip("/")
        return ReaderLinks(
            unsubscribe_mail=mail,
            unsubscribe_page=f"{web}/{Purpose.UNSUBSCRIBE}/{leave}",
            preferences=f"{web}/{Purpose.PREFERENCES}/{self.sign_preferences(edition, subscriber, address)}",
            archive=f"{web}/{Purpose.ARCHIVE}/{self._signed(Purpose.ARCHIVE, payload)}",
        )

    def return_token(self, delivery: int, edition: str, frozen: datetime) -> str:
        """What tags the return path of a delivery: 32 of the characters that survive every mail system, a-z and 2-7.

        It is good for the delivery of that edition, frozen at that instant: another database, or a restored one, numbers
        other people's deliveries alike.
        """
        number = delivery.to_bytes(ID_OCTETS)
        return base64.b32encode(number + _mac(self._return_keys[0], number, edition, frozen)).decode("ascii").lower()

    def read_return_token(self, token: str, edition_of: EditionOf) -> int:
        """The delivery of a token, in whatever case it came back (RFC 5321, 2.4, forbids changing it; some do).

        Raises LinkError for a changed, cut or foreign one.
        """
        foreign = LinkError("this return path is not one of ours")
        try:
            octets = base64.b32decode(token.encode("ascii"), casefold=True)
        except ValueError as error:
            raise foreign from error
        number, mac = octets[:ID_OCTETS], octets[ID_OCTETS:]
        delivery = int.from_bytes(number)
        edition = edition_of(delivery) if len(mac) == MAC_OCTETS and delivery <= _LARGEST_ID else None
        if not edition or not any(hmac.compare_digest(mac, _mac(key, number, *edition)) for key in self._return_keys):
            raise foreign
        return delivery

    def message_key(self, edition: str) -> str:
        """The key that an edition's Message-IDs are derived with; frozen with the edition, so that keys may rotate."""
        return hmac.new(self._newest.encode(), f"message-id|{edition}".encode(), hashlib.sha256).hexdigest()


def _payload(edition: str, subscriber: int) -> bytes:
    """Of a token: letters, digits, ``-`` and ``_`` alone, like all of it, so that nothing quotes them."""
    return _encoded([edition, subscriber])


def _encoded(values: list[str | int]) -> bytes:
    return base64_encode(_json(values))


def _tag(address: str) -> str:
    """Short, and the same for both cases of a letter. It stands in signed tokens alone, so it need not be secret."""
    return base64_encode(hashlib.sha256(address.lower().encode("utf-8", "replace")).digest()[:TAG_OCTETS]).decode()


def _row(number: Any) -> int:
    """The number of a row, as a database may have given it. Raises LinkError."""
    if type(number) is not int or not 0 <= number <= _LARGEST_ID:
        raise LinkError("this link names nobody")
    return number


def _moment(written: Any) -> datetime:
    """Raises LinkError."""
    try:
        return datetime.fromisoformat(written)
    except (ValueError, TypeError) as error:
        raise LinkError("this link names no moment") from error


def _mac(key: bytes, number: bytes, edition: str, frozen: datetime) -> bytes:
    return keyed_hash(key, number + f"{frozen.astimezone(UTC).isoformat()}|{edition}".encode())[:MAC_OCTETS]

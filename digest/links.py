"""The URLs that act for one reader: signed here, read here.

A token is bound to its purpose, edition and subscriber, holds no address, and works for years: people unsubscribe
from mails that they find at the bottom of a mailbox. Signed by itsdangerous (HMAC-SHA-256), compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from itsdangerous import BadData, BadSignature, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from digest.errors import LinkError
from digest.model import Sender


class Purpose(StrEnum):
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ARCHIVE = "archive"


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


class Signer:
    """Signs with the newest of ``keys`` (the last), reads what any of them signed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._newest = keys[-1]
        self._by_purpose = {
            purpose: URLSafeSerializer(
                list(keys), salt=f"digest.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
            )
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, edition: str, subscriber: int) -> str:
        """A token for an edition's name (``weekly/2025-W40``) and a subscriber's id."""
        token = self._by_purpose[purpose].dumps([edition, subscriber])
        return token if isinstance(token, str) else token.decode("ascii")

    def read(self, purpose: Purpose, token: str) -> tuple[str, int]:
        """The edition's name and subscriber's id of a token; raises LinkError for a changed, cut or foreign one."""
        try:
            edition, subscriber = self._by_purpose[purpose].loads(token)
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)) != signature.encode():  # base64 has several ways to write it
                raise BadSignature("not as it was signed")
        except (BadData, ValueError, TypeError) as error:
            raise LinkError("this link is not complete, or not one of ours") from error
        return str(edition), int(subscriber)

    def for_reader(self, sender: Sender, edition: str, subscriber: int) -> ReaderLinks:
        """All links of one reader in one edition."""
        leave = self.sign(Purpose.UNSUBSCRIBE, edition, subscriber)
        mail = f"mailto:{quote(sender.unsubscribe_to, safe='@')}?subject={quote(f'unsubscribe {leave}')}"  # RFC 6068
        if not sender.web:
            return ReaderLinks(mail)

        def page(purpose: Purpose, token: str) -> str:
            return f"{sender.web.rstrip('/')}/{purpose}/{token}"

        return ReaderLinks(
            unsubscribe_mail=mail,
            unsubscribe_page=page(Purpose.UNSUBSCRIBE, leave),
            preferences=page(Purpose.PREFERENCES, self.sign(Purpose.PREFERENCES, edition, subscriber)),
            archive=page(Purpose.ARCHIVE, self.sign(Purpose.ARCHIVE, edition, subscriber)),
        )

    def message_key(self, edition: str) -> str:
        """The key that an edition's Message-IDs are derived with; frozen with the edition, so that keys may rotate."""
        return hmac.new(self._newest.encode(), f"message-id|{edition}".encode(), hashlib.sha256).hexdigest()

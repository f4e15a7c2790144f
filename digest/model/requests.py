"""What somebody asks for on a page, and has to confirm by a link that is mailed to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model.editions import Selection


class RequestKind(StrEnum):
    SUBSCRIBE = "subscribe"  # to be mailed
    KNOWN = "known"  # the same, of somebody who is mailed already: they are told so
    MOVE = "move"  # of a subscriber: to be mailed at another address


@dataclass(frozen=True, slots=True)
class Choices:
    """What a subscriber has chosen, as in ``Subscriber``. ``digests`` and ``selection`` that are empty mean all."""

    name: str = ""
    digests: frozenset[str] = frozenset()
    selection: Selection = field(default_factory=Selection)
    language: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One of them, as the ledger keeps it; confirmed, it is the proof of consent.

    ``address_key`` is the key of the mailbox, ``inbox`` that of whoever would be bothered: the same for all tags of an
    address. ``former`` is the address that a move leaves. ``subscriber`` is 0 while there is none. ``page`` is where it was asked, ``wording`` what was agreed to,
    ``client`` a keyed hash of where on the internet it came from, ``confirmed_client`` of where it was confirmed from.
    ``mailed`` is when its letter was handed over, ``due`` when that is to be tried, ``reply`` what the server said.
    """

    id: int
    kind: RequestKind
    address: str
    address_key: str
    inbox: str
    created: datetime
    subscriber: int = 0
    choices: Choices = field(default_factory=Choices)
    page: str = ""
    wording: str = ""
    client: str = ""
    due: datetime | None = None
    mailed: datetime | None = None
    reply: str = ""
    confirmed: datetime | None = None
    confirmed_client: str = ""
    former: str = ""

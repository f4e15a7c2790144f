"""The nouns: frozen values that every layer speaks in. Datetimes are aware and UTC, collections are tuples.

The glossary with the words to avoid is in ``docs/glossary.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from digest.errors import AddressError

# --- what articles are made of -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A cover: the ``url`` it can be linked by, the local ``file`` it can be embedded from, or both.

    ``width`` and ``height`` are pixels of the picture itself where they are known, 0 where not.
    """

    url: str = ""
    file: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """One article as plain text and absolute URLs; nothing in it is HTML, nothing in it is escaped.

    ``key`` is its identity over edits and sources: the canonical form of its source's URL, or ``path:`` and its path
    below the source's folder. ``source`` is the page it came from, ``url`` where a reader is taken; both may be "".
    """

    key: str
    title: str
    published: datetime
    url: str = ""
    source: str = ""
    category: str = ""
    excerpt: str = ""
    author: str = ""
    image: Image | None = None
    tags: tuple[str, ...] = ()
    path: str = ""
    draft: bool = False
    pinned: bool = False
    minutes: int = 0  # that reading it takes; 0 where nobody knows


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an article or a feed: shown, never fatal. ``hint`` says what to do."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.hint})" if self.hint else "")


# --- when ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open window ``[start, end)`` that an edition covers, with the name it is asked for by (``2025-W40``)."""

    start: datetime
    end: datetime
    name: str

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


# --- editions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selection:
    """The categories one subscriber wants, as category keys (``digest.identity.category_key``); empty means all."""

    categories: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Selection:
        """The reverse of ``str()``: keys separated by ``;``."""
        return cls(frozenset(part for part in (piece.strip() for piece in text.split(";")) if part))

    def __str__(self) -> str:
        return ";".join(sorted(self.categories))


@dataclass(frozen=True, slots=True)
class Section:
    """A group of an edition. ``key`` and ``aliases`` are what selections name, ``category`` what readers see.

    ``more`` counts the articles of this category that did not fit; ``more_url`` is where they are, or "".
    """

    key: str
    category: str
    articles: tuple[Article, ...]
    more: int = 0
    more_url: str = ""
    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Edition:
    """One numbered publication of a digest for one period."""

    digest: str
    number: int
    title: str
    period: Period
    sections: tuple[Section, ...]
    intro: str = ""

    @property
    def name(self) -> str:
        return f"{self.digest}/{self.period.name}"

    @property
    def articles(self) -> tuple[Article, ...]:
        return tuple(article for section in self.sections for article in section.articles)

    def only(self, selection: Selection) -> Edition:
        """The same edition with the selected sections alone; an empty selection keeps all."""
        if not selection.categories:
            return self
        wanted = selection.categories
        return replace(self, sections=tuple(s for s in self.sections if s.key in wanted or s.aliases & wanted))


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image that travels inside the message; ``cid`` is its Content-ID without angle brackets (RFC 2392)."""

    cid: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a mail shows it: ``src`` is an https address, or ``cid:`` and then the ``attachment`` travels along.

    ``width`` and ``height`` are the pixels it has, 0 where they are not known.
    """

    src: str
    width: int = 0
    height: int = 0
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """An article's image made fit for mail: ``small`` beside its text, ``large`` across the whole mail.

    Covers with the same ``photo`` show the same picture, from whatever addresses.
    """

    small: Picture
    large: Picture
    photo: str


Covers = Mapping[Image, Cover | None]  # None is an image that is not to be shown

# Bytes of HTML that every program shows: Gmail hides what stands behind 102 KB, the link to unsubscribe first of all.
HTML_MAXIMUM = 100_000


@dataclass(frozen=True, slots=True)
class Rendition:
    """An edition rendered for one selection. Its texts still hold marks (``digest.marks``).

    ``trimmed`` are the keys of the articles that it had no room for.
    """

    selection: Selection
    subject: str
    preheader: str
    html: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    trimmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an edition comes from; frozen with it, so that a retry sends the same bytes.

    ``address`` is the From address, ``unsubscribe_to`` the mailbox for unsubscribing by mail, ``web`` the base URL of
    the public pages or "".
    """

    name: str
    address: str
    list_id: str
    unsubscribe_to: str
    reply_to: str = ""
    web: str = ""


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """An edition as the ledger keeps it: frozen, with ``deliveries`` rows, and ``exclusions`` (reason, how many)."""

    id: int
    digest: str
    number: int
    title: str
    period: Period
    frozen: datetime
    stopped: datetime | None
    deliveries: int
    articles: int
    exclusions: tuple[tuple[str, int], ...]
    sender: Sender
    message_key: str

    @property
    def name(self) -> str:
        return f"{self.digest}/{self.period.name}"


@dataclass(frozen=True, slots=True)
class History:
    """What earlier editions of a digest say to the next one. ``placed``: article key or path -> edition's name."""

    number: int = 0
    first_start: datetime | None = None
    previous_end: datetime | None = None
    placed: Mapping[str, str] = field(default_factory=dict)


# --- people --------------------------------------------------------------------------------------------------------


class SubscriberStatus(StrEnum):
    PENDING = "pending"  # has asked, has not confirmed
    ACTIVE = "active"  # is mailed
    UNSUBSCRIBED = "unsubscribed"  # has left by their own will
    SUPPRESSED = "suppressed"  # must not be mailed: a dead mailbox, a complaint, our decision


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person on the list. ``digests`` names the digests they get; empty means every one."""

    id: int
    address: str
    name: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    digests: frozenset[str] = frozenset()
    selection: Selection = Selection()
    language: str = ""
    timezone: str = ""
    reason: str = ""  # why the status is what it is, when somebody said so
    created: datetime | None = None
    changed: datetime | None = None


# RFC 5321, 4.5.3.1.1-3: 64 octets of local part, 255 of domain, 254 of path without its angle brackets.
LOCAL_PART_MAXIMUM = 64
ADDRESS_MAXIMUM = 254
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff<>,;:\\\"()\[\]]")


@dataclass(frozen=True, slots=True)
class Address:
    r"""An address that is safe to put into a command and a header; whether it exists is another question.

    Refused before any library sees it: control characters, blanks, a second ``@``, an empty part, quoting and comment
    characters. Some versions of the e-mail libraries below us cut ``a@b.c\nx`` to ``a@b.c`` instead of refusing it.

    Raises AddressError.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Address:
        if found := _FORBIDDEN.search(text):
            raise AddressError(f"{text!r} is not an e-mail address: it holds {found.group()!r}")
        local, at, domain = text.partition("@")
        if not at or not local or not domain or "@" in domain:
            raise AddressError(f"{text!r} is not an e-mail address: it needs one @ with something on both sides")
        if len(local.encode()) > LOCAL_PART_MAXIMUM or len(text.encode()) > ADDRESS_MAXIMUM:
            raise AddressError(f"{text[:80]!r} is too long for an e-mail address")
        return cls(local, domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


# --- messages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """An RFC 5321 envelope around RFC 5322 bytes: CRLF lines, none that starts with a dot, ready for DATA."""

    envelope_from: str
    to: str
    message_id: str
    data: bytes
    smtputf8: bool = False


class Stage(StrEnum):
    """How far the dialogue had come when the server spoke, or fell silent."""

    RCPT = "RCPT"  # the recipient was judged
    DATA = "DATA"  # DATA was refused: the content never left
    FINAL = "final"  # after the final dot
    CUT = "cut"  # no answer that can be trusted came after the content began to leave


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said about one message; ``code`` is 0 at stage CUT. ``server`` names who said it."""

    code: int
    text: str
    stage: Stage
    server: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip() if self.code else self.text


# --- deliveries ----------------------------------------------------------------------------------------------------


class DeliveryStatus(StrEnum):
    """Where a delivery stands; the drawing is in ``digest.delivery``."""

    QUEUED = "queued"  # nobody has tried yet, or a claim was handed back
    CLAIMED = "claimed"  # a sender has taken it for the time of its lease
    HANDING = "handing"  # the content may leave at any moment now
    ACCEPTED = "accepted"  # the server took responsibility for it
    DEFERRED = "deferred"  # the server said "later"
    FAILED = "failed"  # the server said "never", or said "later" until patience ended
    UNCERTAIN = "uncertain"  # perhaps taken; only a person may settle it
    SKIPPED = "skipped"  # not sent: the subscriber had left before hand-over


FINAL_STATUSES = frozenset(
    {DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED}
)


class Settlement(StrEnum):
    """How a person settles what is uncertain."""

    RESEND = "resend"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one subscriber, as the ledger knows it. ``subscriber`` is 0 once the person was erased."""

    id: int
    edition: int
    rendition: int
    subscriber: int
    address: str
    name: str
    status: DeliveryStatus
    attempts: int = 0
    first_tried: datetime | None = None
    due: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one edition for one subscriber, as told to whoever asks what is known about them."""

    edition: str
    number: int
    status: DeliveryStatus
    attempts: int = 0
    first_tried: datetime | None = None
    changed: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries that one sender may hand over while its lease lasts; ``token`` proves it in every later write."""

    token: str
    deliveries: tuple[Delivery, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery as it stands after a try; ``suppress`` is the reason to mail this subscriber no more, or ""."""

    delivery: Delivery
    token: str
    server: str = ""
    suppress: str = ""

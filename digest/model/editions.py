"""Periods, editions, and what is made of them for each selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.model.articles import Article, Image


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open window ``[start, end)`` that an edition covers, with the name it is asked for by (``2025-W40``)."""

    start: datetime
    end: datetime
    name: str

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


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
    """A group of an edition. ``key`` is what selections name, ``category`` what readers see.

    ``more`` counts the articles of this category that did not fit; ``more_url`` is where they are, or "". ``keys`` say
    of each article what else it is found by: the category that it has wherever it stands, and what means the same.
    """

    key: str
    category: str
    articles: tuple[Article, ...]
    more: int = 0
    more_url: str = ""
    keys: tuple[frozenset[str], ...] = ()

    def only(self, wanted: frozenset[str]) -> Section:
        """What is found by these keys: all of it, or some of its articles; then nothing is said of any further ones."""
        if self.key in wanted:
            return self
        found = [(a, keys) for a, keys in zip(self.articles, self.keys, strict=False) if keys & wanted]
        if len(found) == len(self.articles):
            return self
        articles, keys = tuple(article for article, _ in found), tuple(keys for _, keys in found)
        return replace(self, articles=articles, keys=keys, more=0, more_url="")


@dataclass(frozen=True, slots=True)
class Edition:
    """One numbered publication of a digest for one period.

    ``subject`` and ``preheader`` are an editor's; "" leaves them to the templates.
    """

    digest: str
    number: int
    title: str
    period: Period
    sections: tuple[Section, ...]
    intro: str = ""
    subject: str = ""
    preheader: str = ""

    @property
    def name(self) -> str:
        return f"{self.digest}/{self.period.name}"

    @property
    def articles(self) -> tuple[Article, ...]:
        return tuple(article for section in self.sections for article in section.articles)

    def only(self, selection: Selection) -> Edition:
        """The same edition with the articles of the selected categories alone, wherever they stand; an empty selection
        keeps all.
        """
        if not selection.categories:
            return self
        found = (section.only(selection.categories) for section in self.sections)
        return replace(self, sections=tuple(section for section in found if section.articles))


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
class Variant:
    """What the mails of one edition differ by: the categories, and the ``language`` of its own words, "" for the site's."""

    selection: Selection = field(default_factory=Selection)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rendition:
    """An edition rendered for one selection. Its texts still hold marks (``digest.marks``).

    ``trimmed`` are the keys of the articles that it had no room for. ``language`` is the one its own words are in, ""
    for the site's.
    """

    selection: Selection
    subject: str
    preheader: str
    html: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    trimmed: tuple[str, ...] = ()
    language: str = ""

    @property
    def variant(self) -> Variant:
        return Variant(self.selection, self.language)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an edition comes from; frozen with it, so that a retry sends the same bytes.

    ``address`` is the From address, ``unsubscribe_to`` the mailbox for unsubscribing by mail, ``web`` the base URL of
    the public pages or "". ``bounces`` is the mailbox for what comes back, tagged for each message; "" where what comes
    back goes to ``address``.
    """

    name: str
    address: str
    list_id: str
    unsubscribe_to: str
    reply_to: str = ""
    web: str = ""
    bounces: str = ""


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
    """What earlier editions of a digest say to the next one.

    ``placed`` maps the key and path of each article that had its turn to the edition's name; ``told`` are the keys and
    paths of those that were in it.
    """

    number: int = 0
    first_start: datetime | None = None
    previous_end: datetime | None = None
    placed: Mapping[str, str] = field(default_factory=dict)
    told: frozenset[str] = frozenset()

"""What a template sees: an edition, the look of the site and the reader, as plain clean text and safe addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.look import Density

# The grounds that text stands on, in a light and in a dark mail; the style sheets use the same.
PAPER = "#ffffff"
NIGHT = "#1b1d20"
GROUND = "#f4f3ef"
DARK_GROUND = "#121315"

_BESIDE = 164, 200  # pixels: the room of a picture beside the text
_SPECK = 40  # pixels
_WIDE = 480  # pixels: a picture as wide as this can open the mail at full width


@dataclass(frozen=True, slots=True)
class PictureView:
    """``src`` is an https address or ``cid:``; ``width`` and ``height`` are 0 where they are not known."""

    src: str
    width: int
    height: int

    @property
    def wide(self) -> bool:
        """Whether it can be shown across the whole mail; a picture of unknown size is taken for a usual cover."""
        return not self.width or (self.width >= _WIDE and self.width > self.height)

    @property
    def speck(self) -> bool:
        """Whether too little of it would be seen: an icon, a line, a strip."""
        width, height = self.fit(*_BESIDE)
        return bool(self.width and self.height) and min(width, height) < _SPECK

    def fit(self, width: int, height: int = 0) -> tuple[int, int]:
        """Its width and height when shown at most so large; a height of 0 is no limit, and in the result not known."""
        if not (self.width and self.height):
            return (min(width, self.width) if self.width else width), 0
        scale = min(1, width / self.width, height / self.height if height else 1)
        return round(self.width * scale), round(self.height * scale)


@dataclass(frozen=True, slots=True)
class ArticleView:
    """``image`` stands beside the text, ``hero`` is the same picture where it is wide enough to open the mail."""

    title: str
    url: str
    excerpt: str
    author: str
    date: str
    host: str
    source: str
    published: datetime
    minutes: int
    tags: tuple[str, ...]
    image: PictureView | None = None
    hero: PictureView | None = None


@dataclass(frozen=True, slots=True)
class SectionView:
    anchor: str
    category: str
    articles: tuple[ArticleView, ...]
    more: int
    more_url: str


@dataclass(frozen=True, slots=True)
class EditionView:
    """``subject`` and ``preheader`` are an editor's; where they are "", the templates write them."""

    digest: str
    number: int
    title: str
    dates: str
    intro: tuple[str, ...]
    sections: tuple[SectionView, ...]
    subject: str = ""
    preheader: str = ""

    @property
    def articles(self) -> tuple[ArticleView, ...]:
        return tuple(article for section in self.sections for article in section.articles)


@dataclass(frozen=True, slots=True)
class LookView:
    """``start`` and ``end`` are the sides that lines of this language begin and end at: left and right, or the reverse.

    ``accent`` can be read on the paper of a light mail, ``dark_accent`` on that of a dark one; ``brand`` is the accent
    as the site wrote it, for what is no text. ``plain_font`` and ``plain_headings`` are for Outlook on Windows.
    """

    site_title: str
    site_url: str
    language: str
    dir: str
    start: str
    end: str
    postal_address: tuple[str, ...]
    reason: str
    brand: str
    accent: str
    dark_accent: str
    font: str
    headings: str
    plain_font: str
    plain_headings: str
    corner: int
    width: int
    density: Density
    logo: PictureView | None = None
    paper: str = PAPER
    night: str = NIGHT
    ground: str = GROUND
    dark_ground: str = DARK_GROUND


@dataclass(frozen=True, slots=True)
class ReaderView:
    """What is the reader's own: marks, or "" for what does not exist without public pages."""

    name: str
    unsubscribe: str
    preferences: str
    archive: str

"""What a template sees: an edition, the look of the site and the reader, as plain clean text and safe addresses.

Everything foreign is cleaned here, once (``digest.render.text``, ``digest.render.addresses``), so a template only has to
lay it out: whatever it writes with ``{{ }}`` is free of marks and control characters, and every address may be linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel import Locale

from digest.marks import Mark
from digest.model import Article, Attachment, Edition, Image, Section
from digest.render import addresses, colour, dates, text
from digest.render.look import Look

# The grounds that text stands on, in a light and in a dark mail; the style sheets use the same.
PAPER = "#ffffff"
NIGHT = "#1b1d20"
GROUND = "#f4f3ef"
DARK_GROUND = "#121315"

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

    def fit(self, width: int) -> tuple[int, int]:
        """Its width and height when shown at most ``width`` wide; a height of 0 is not known."""
        shown = min(width, self.width) if self.width else width
        return shown, round(self.height * shown / self.width) if self.width and self.height else 0


@dataclass(frozen=True, slots=True)
class ArticleView:
    title: str
    url: str
    excerpt: str
    author: str
    date: str
    host: str
    source: str
    published: datetime
    tags: tuple[str, ...]
    image: PictureView | None


@dataclass(frozen=True, slots=True)
class SectionView:
    anchor: str
    category: str
    articles: tuple[ArticleView, ...]
    more: int
    more_url: str


@dataclass(frozen=True, slots=True)
class EditionView:
    digest: str
    number: int
    title: str
    dates: str
    intro: tuple[str, ...]
    sections: tuple[SectionView, ...]

    @property
    def articles(self) -> tuple[ArticleView, ...]:
        return tuple(article for section in self.sections for article in section.articles)


@dataclass(frozen=True, slots=True)
class LookView:
    """``start`` and ``end`` are the sides that lines of this language begin and end at: left and right, or the reverse.

    ``accent`` can be read on the paper of a light mail, ``dark_accent`` on that of a dark one.
    """

    site_title: str
    site_url: str
    language: str
    dir: str
    start: str
    end: str
    postal_address: tuple[str, ...]
    reason: str
    accent: str
    dark_accent: str
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


class Viewer:
    """Turns editions into what templates see, in one look. Raises RenderError for a look that cannot be used."""

    def __init__(self, look: Look) -> None:
        self._zone = look.zone
        self._locale = dates.locale(look.language)
        self.look = _look(look, self._locale)
        self.reader = ReaderView(
            name=Mark.NAME,
            unsubscribe=Mark.UNSUBSCRIBE,
            preferences=Mark.PREFERENCES if look.web else "",
            archive=Mark.ARCHIVE if look.web else "",
        )

    def edition(self, edition: Edition, covers: Mapping[str, Attachment]) -> EditionView:
        return EditionView(
            digest=text.line(edition.digest),
            number=edition.number,
            title=text.line(edition.title),
            dates=dates.span(edition.period, self._zone, self._locale),
            intro=text.paragraphs(edition.intro),
            sections=tuple(self._section(place, s, covers) for place, s in enumerate(edition.sections, 1)),
        )

    def _section(self, place: int, section: Section, covers: Mapping[str, Attachment]) -> SectionView:
        return SectionView(
            anchor=f"s{place}",
            category=text.line(section.category),
            articles=tuple(self._article(article, covers) for article in section.articles),
            more=section.more,
            more_url=addresses.link(section.more_url),
        )

    def _article(self, article: Article, covers: Mapping[str, Attachment]) -> ArticleView:
        return ArticleView(
            title=text.line(article.title),
            url=addresses.link(article.url),
            excerpt=text.line(article.excerpt),
            author=text.line(article.author),
            date=dates.day(article.published, self._zone, self._locale),
            host=text.line(addresses.host(article.source)),
            source=addresses.link(article.source),
            published=article.published.astimezone(self._zone),
            tags=tuple(text.line(tag) for tag in article.tags),
            image=_picture(article.image, covers) if article.image else None,
        )


def _picture(image: Image, covers: Mapping[str, Attachment]) -> PictureView | None:
    cover = covers.get(image.file)
    src = f"cid:{cover.cid}" if cover else addresses.picture(image.url)
    return PictureView(src, image.width, image.height) if src else None


def _look(look: Look, locale: Locale) -> LookView:
    rtl = locale.text_direction == "rtl"
    address = (text.line(piece) for piece in look.postal_address.splitlines())
    return LookView(
        site_title=text.line(look.site_title),
        site_url=addresses.link(look.site_url),
        language=look.language.replace("_", "-"),
        dir="rtl" if rtl else "ltr",
        start="right" if rtl else "left",
        end="left" if rtl else "right",
        postal_address=tuple(piece for piece in address if piece),
        reason=text.line(look.reason),
        accent=colour.readable(look.accent, PAPER),
        dark_accent=colour.readable(look.accent, NIGHT),
    )

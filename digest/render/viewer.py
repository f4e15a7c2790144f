"""Turns editions into what templates see (``digest.render.view``).

Everything foreign is cleaned here, once (``digest.render.text``, ``digest.render.addresses``), so a template only has to
lay it out: whatever it writes with ``{{ }}`` is free of marks and control characters, and every address may be linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from babel import Locale

from digest import colour
from digest.errors import RenderError
from digest.look import CORNERS, WIDTHS, Look, font
from digest.marks import Mark
from digest.model import Article, Attachment, Cover, Covers, Edition, Image, Picture, Section
from digest.render import addresses, dates, text
from digest.render.view import (
    NIGHT,
    PAPER,
    ArticleView,
    EditionView,
    LookView,
    PictureView,
    ReaderView,
    SectionView,
)

ARTICLES_KEPT = 4096


class Viewer:
    """Views of editions in one look. Raises RenderError for a look that cannot be used."""

    def __init__(self, look: Look) -> None:
        self._site = look
        self._zone = look.zone
        self._locale = dates.locale(look.language)
        self._look = _look(look, self._locale)
        self._words = lru_cache(ARTICLES_KEPT)(self._worded)
        self.reader = ReaderView(
            name=Mark.NAME,
            unsubscribe=Mark.UNSUBSCRIBE,
            preferences=Mark.PREFERENCES if look.web else "",
            archive=Mark.ARCHIVE if look.web else "",
        )

    def look(self, covers: Covers) -> LookView:
        """The look, with the logo in the form that ``covers`` has it."""
        logo = _cover(self._site.logo, covers)
        return replace(self._look, logo=_picture(logo.large) if logo else None)

    def edition(self, edition: Edition, covers: Covers, anchors: Mapping[str, str], author: str = "") -> EditionView:
        """The edition, in which no photo is shown twice: a repeat tells a reader nothing, and looks like a mistake.

        ``anchors`` names each section by its key: the same in the mails of all readers. ``author`` is one that is not
        named, since all articles are theirs.
        """
        shown: set[str] = set()
        return EditionView(
            digest=text.line(edition.digest),
            number=edition.number,
            title=text.line(edition.title),
            dates=dates.span(edition.period, self._zone, self._locale),
            intro=text.paragraphs(edition.intro),
            sections=tuple(self._section(s, covers, anchors[s.key], shown, author) for s in edition.sections),
            subject=text.line(edition.subject),
            preheader=text.line(edition.preheader),
        )

    def _section(self, section: Section, covers: Covers, anchor: str, shown: set[str], author: str) -> SectionView:
        return SectionView(
            anchor=anchor,
            category=text.line(section.category),
            articles=tuple(self._article(article, covers, shown, author) for article in section.articles),
            more=section.more,
            more_url=addresses.link(section.more_url),
        )

    def _article(self, article: Article, covers: Covers, shown: set[str], author: str) -> ArticleView:
        small, large = _unseen(_cover(article.image, covers), shown)
        words = self._words(article)
        return replace(
            words,
            author="" if article.author == author else words.author,
            image=small,
            hero=large if large and large.wide else None,
        )

    def _worded(self, article: Article) -> ArticleView:
        author = text.line(article.author)
        return ArticleView(
            title=text.line(article.title),
            url=addresses.link(article.url),
            excerpt=text.line(article.excerpt),
            author="" if author == self._look.site_title else author,  # the masthead says so already
            date=dates.day(article.published, self._zone, self._locale),
            host=text.line(_host(article)),
            source=addresses.link(article.source),
            published=article.published.astimezone(self._zone),
            minutes=article.minutes,
            tags=tuple(text.line(tag) for tag in article.tags),
        )


def only_author(edition: Edition) -> str:
    """The author of all articles that have one, if these are several and most; to name them each time tells nothing."""
    articles = edition.articles
    named = [article.author for article in articles if article.author]
    return named[0] if len(set(named)) == 1 < len(named) and len(named) * 2 > len(articles) else ""


def _host(article: Article) -> str:
    """Whose it is: the site of its source, or what its feed is called, if that has a name and is the source itself."""
    host = addresses.host(article.source)
    is_of_feed = not article.path and article.source in {"", article.url}
    return article.origin if is_of_feed and article.origin and not addresses.host(article.origin) else host


def _cover(image: Image | None, covers: Covers) -> Cover | None:
    """The cover that an image was made into; one that nobody has looked at is linked as it is."""
    if image is None:
        return None
    if image in covers:
        return covers[image]
    linked = Picture(image.url, image.width, image.height)
    return Cover(linked, linked, image.url)


def _unseen(cover: Cover | None, shown: set[str]) -> tuple[PictureView | None, PictureView | None]:
    """Its two pictures, unless its photo is among those ``shown``, of which it is one afterwards."""
    if cover is None or cover.photo in shown:
        return None, None
    small, large = _picture(cover.small), _picture(cover.large)
    if small is None or small.speck:
        return None, None
    shown.add(cover.photo)
    return small, large


def _picture(picture: Picture) -> PictureView | None:
    src = picture.src if picture.attachment else addresses.picture(picture.src)
    return PictureView(src, picture.width, picture.height) if src else None


def _look(look: Look, locale: Locale) -> LookView:
    rtl = locale.text_direction == "rtl"
    address = (text.line(piece) for piece in look.postal_address.splitlines())
    if look.width not in WIDTHS or look.corner not in CORNERS:
        raise RenderError(
            f"a mail {look.width} pixels wide with corners of {look.corner}",
            hint=f"width goes from {WIDTHS[0]} to {WIDTHS[-1]}, corner from {CORNERS[0]} to {CORNERS[-1]}",
        )
    return LookView(
        site_title=text.line(look.site_title),
        site_url=addresses.link(look.site_url),
        language=look.language.replace("_", "-"),
        dir="rtl" if rtl else "ltr",
        start="right" if rtl else "left",
        end="left" if rtl else "right",
        postal_address=tuple(piece for piece in address if piece),
        reason=text.line(look.reason),
        brand=look.accent,
        accent=colour.readable(look.accent, PAPER),
        dark_accent=colour.readable(look.accent, NIGHT),
        font=font(look.font),
        headings=font(look.headings),
        plain_font=_plain(font(look.font)),
        plain_headings=_plain(font(look.headings)),
        corner=look.corner,
        width=look.width,
        density=look.density,
    )


def _plain(stack: str) -> str:
    """What Outlook on Windows has of a list of fonts: it takes Times where it does not know the first."""
    return {"sans-serif": "Arial, sans-serif", "serif": "Georgia, serif"}.get(
        stack.rpartition(",")[2].strip(), "Courier New, monospace"
    )


def attachments(covers: Covers) -> dict[str, Attachment]:
    """All that could travel inside a mail, by its Content-ID."""
    pictures = [picture for cover in filter(None, covers.values()) for picture in (cover.small, cover.large)]
    return {found.cid: found for picture in pictures if (found := picture.attachment)}

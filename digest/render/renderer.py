"""An edition and a selection in, a rendition out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest import marks
from digest.errors import RenderError
from digest.look import Look
from digest.model import (
    HTML_MAXIMUM,
    Article,
    Attachment,
    Covers,
    Edition,
    Image,
    Period,
    Rendition,
    Section,
    Selection,
)
from digest.render import fitting, text
from digest.render.inline import Inliner
from digest.render.templates import Templates
from digest.render.view import ArticleView, EditionView, LookView
from digest.render.viewer import Viewer, attachments, only_author
from digest.render.words import words

SUBJECT_MAXIMUM = 120  # what any list of mails shows, with some to spare
PREHEADER_MAXIMUM = 130
CARDS_KEPT = 4096

ALL = Selection()
NO_COVERS: Covers = MappingProxyType({})
_EMBEDDED = re.compile(r'"cid:([^"]+)"')
# What differs from page to page in the midst of what does not: it is put in when the styles are inlined.
_SUBJECT, _PREHEADER = "digest.mark.subject.", "digest.mark.preheader."
_WRITE_OUT = "write {{ subject }}, {{ preheader }} and {{ reader.name }} out as they are: they are put in later"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A rendered page with the two lines that stand before it in a list of mails, and its text part."""

    subject: str
    preheader: str
    html: str
    text: str


class Renderer:
    """Renders editions in one look and some languages, the site's and ``further`` ones, with the templates in ``folder``
    taking the place of the built-in ones.

    It remembers the cards it has rendered and their inlined styles: the first edition costs about two milliseconds a
    card, and each further selection of it a fraction of that. Raises RenderError for a folder that is not there, and
    for a colour, language, font or size that is none.
    """

    def __init__(self, look: Look, folder: Path | None = None, further: Sequence[str] = ()) -> None:
        self._voices = {
            "": _Voice(look, folder),
            **{language: _Voice(replace(look, language=language), folder) for language in further},
        }

    def render(
        self, edition: Edition, selection: Selection = ALL, covers: Covers = NO_COVERS, language: str = ""
    ) -> Rendition:
        """The edition as the readers with this selection get it; the same arguments give the same bytes.

        ``covers`` maps images to what was made of them: None is not shown, and an image that is not among them is linked
        as it is. ``language`` is a further one, "" for the site's. Where the page would be larger than mail programs
        show, articles give way (``digest.render.fitting``). Raises RenderError.
        """
        return replace(self._voices[language].render(edition, selection, covers), language=language)

    def check(self) -> None:
        """Renders a tiny edition that uses every part of the templates, and looks for blocks that fill nothing.

        Raises RenderError.
        """
        for voice in self._voices.values():
            voice.check()


class _Voice:
    """Renders editions in one language."""

    def __init__(self, look: Look, folder: Path | None) -> None:
        self._viewer = Viewer(look)
        self._templates = Templates(folder)
        self._templates.speak(words(look.language, self._templates.folders))
        self._templates.offer("card", self._card)
        self._cards = lru_cache(CARDS_KEPT)(self._made_card)
        self._inliner = Inliner()

    def render(self, edition: Edition, selection: Selection, covers: Covers) -> Rendition:
        wanted = edition.only(selection)
        anchors = {section.key: f"s{place}" for place, section in enumerate(edition.sections, 1)}
        look, author = self._viewer.look(covers), only_author(edition)
        sheets: dict[int, _Sheet] = {}

        def fits(dropped: int) -> bool:
            view = self._viewer.edition(fitting.without(wanted, dropped)[0], covers, anchors, author)
            sheets[dropped] = self._sheet(view, look)
            return fitting.fits(sheets[dropped].html)

        dropped = 0 if fits(0) else fitting.fewest(max(0, len(wanted.articles) - 1), fits)
        if dropped not in sheets and not fits(dropped):
            raise _too_large(sheets[dropped].html)
        sheet = sheets[dropped]
        return Rendition(
            selection=selection,
            subject=sheet.subject,
            preheader=sheet.preheader,
            html=sheet.html,
            text=sheet.text,
            attachments=tuple(_used(sheet.html, covers)),
            trimmed=tuple(article.key for article in fitting.without(wanted, dropped)[1]),
        )

    def check(self) -> None:
        self._templates.check_blocks()
        self.render(_SAMPLE, ALL, NO_COVERS)

    def _sheet(self, edition: EditionView, look: LookView) -> _Sheet:
        values: dict[str, object] = {"edition": edition, "look": look, "reader": self._viewer.reader}
        subject = text.shorten(edition.subject or self._templates.render("subject.txt", **values), SUBJECT_MAXIMUM)
        written = edition.preheader or self._templates.render("preheader.txt", **values)
        preheader = text.shorten(written, PREHEADER_MAXIMUM)
        marked = self._templates.render("edition.html", **values, subject=_SUBJECT, preheader=_PREHEADER)
        page = self._inliner.page(_without_margins(marked))
        for mark, line in ((_SUBJECT, subject), (_PREHEADER, preheader)):
            page = page.replace(mark, html.escape(line))
        plain = self._templates.render("edition.txt", **values, subject=subject, preheader=preheader)
        sheet = _Sheet(subject, preheader, page, text.wrapped(plain))
        for part in (sheet.subject, sheet.preheader, sheet.html, sheet.text):
            if torn := next(marks.torn(part), ""):
                raise RenderError(f"{torn!r} is left of a value that a template has changed", hint=_WRITE_OUT)
        return sheet

    def _card(self, context: Mapping[str, Any], article: ArticleView, *, lead: bool = False) -> str:
        """What templates call ``card``."""
        return self._cards(article, context["look"], lead)

    def _made_card(self, article: ArticleView, look: LookView, lead: bool) -> str:
        values = {"article": article, "lead": lead, "look": look, "reader": self._viewer.reader}
        return self._templates.piece(_without_margins(self._templates.render("card.html", **values)))


def _too_large(page: str) -> RenderError:
    return RenderError(
        f"the mail has {fitting.weight(page):,} bytes with a single article, and {HTML_MAXIMUM:,} are shown everywhere",
        hint="shorten the intro, or the templates and styles",
    )


def _without_margins(page: str) -> str:
    """The page without the indentation and empty lines of its templates, which readers would pay for."""
    lines = (line.strip() for line in page.split("\n"))
    return "\n".join(line for line in lines if line)


def _used(page: str, covers: Covers) -> Iterator[Attachment]:
    """What the page shows of the pictures that travel along, each once, in order of use."""
    by_cid = attachments(covers)
    return (by_cid[cid] for cid in dict.fromkeys(_EMBEDDED.findall(page)) if cid in by_cid)


_WEEK = Period(datetime(2025, 9, 29, tzinfo=UTC), datetime(2025, 10, 6, tzinfo=UTC), "2025-W40")
_FULL = Article(
    key="example.org/full",
    title="An article with everything",
    published=_WEEK.start,
    url="https://example.org/full",
    source="https://example.com/full",
    excerpt="It has an excerpt, an author, tags, a source and a cover.",
    author="Newsroom",
    image=Image(url="https://example.org/cover.png", width=1200, height=600),
    tags=("sample",),
    minutes=3,
)
_BARE = Article(key="path:bare.md", title="An article with nothing", published=_WEEK.start)
_SAMPLE = Edition(
    digest="sample",
    number=1,
    title="Sample",
    period=_WEEK,
    intro="A word before.",
    sections=(
        Section("first", "First", (_FULL, _BARE, _FULL), more=2, more_url="https://example.org/first"),
        Section("second", "Second", (_BARE,), more=1),
    ),
)

"""An edition and a selection in, a rendition out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from digest.model import Article, Attachment, Edition, Image, Period, Rendition, Section, Selection
from digest.render import text
from digest.render.inline import inlined
from digest.render.look import Look
from digest.render.templates import Templates
from digest.render.view import Viewer

SUBJECT_MAXIMUM = 120  # what any list of mails shows, with some to spare
PREHEADER_MAXIMUM = 130

ALL = Selection()
NO_COVERS: Mapping[str, Attachment] = MappingProxyType({})
_EMBEDDED = re.compile(r'"cid:([^"]+)"')


class Renderer:
    """Renders editions in one look, with the templates in ``folder`` taking the place of the built-in ones.

    Raises RenderError for a folder that is not there, a colour or language that is none.
    """

    def __init__(self, look: Look, folder: Path | None = None) -> None:
        self._viewer = Viewer(look)
        self._templates = Templates(folder)

    def render(
        self, edition: Edition, selection: Selection = ALL, covers: Mapping[str, Attachment] = NO_COVERS
    ) -> Rendition:
        """The edition as the readers with this selection get it; the same arguments give the same bytes.

        ``covers`` maps ``Image.file`` to what is to travel inside the message; those that the templates show are in
        ``Rendition.attachments``, each once, in order of use. Raises RenderError.
        """
        values: dict[str, object] = {
            "edition": self._viewer.edition(edition.only(selection), covers),
            "look": self._viewer.look,
            "reader": self._viewer.reader,
        }
        values["subject"] = text.shorten(self._templates.render("subject.txt", **values), SUBJECT_MAXIMUM)
        values["preheader"] = text.shorten(self._templates.render("preheader.txt", **values), PREHEADER_MAXIMUM)
        html = inlined(_without_margins(self._templates.render("edition.html", **values)))
        return Rendition(
            selection=selection,
            subject=str(values["subject"]),
            preheader=str(values["preheader"]),
            html=html,
            text=text.wrapped(self._templates.render("edition.txt", **values)),
            attachments=tuple(_used(html, covers)),
        )

    def check(self) -> None:
        """Renders a tiny edition that uses every part of the templates. Raises RenderError."""
        self.render(_SAMPLE)


def _without_margins(html: str) -> str:
    """The page without the indentation and empty lines of its templates, which readers would pay for."""
    lines = (line.strip() for line in html.split("\n"))
    return "\n".join(line for line in lines if line)


def _used(html: str, covers: Mapping[str, Attachment]) -> Iterator[Attachment]:
    by_cid = {cover.cid: cover for cover in covers.values()}
    return (by_cid[cid] for cid in dict.fromkeys(_EMBEDDED.findall(html)) if cid in by_cid)


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

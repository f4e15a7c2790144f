"""The notes that readers wait for, in the look of a digest: please confirm, and that somebody is on the list already.

A note is an edition's page without sections: same frame, styles, dark mode and footer. Its templates stand in
``notes/``; a site's own folder comes before the built-in one, file by file. Its words are those of the mails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from digest.look import Look
from digest.model import Covers, Rendition, RequestKind, Selection, spoken
from digest.render import addresses, dates, text
from digest.render.inline import inlined
from digest.render.renderer import PREHEADER_MAXIMUM, SUBJECT_MAXIMUM
from digest.render.templates import Templates
from digest.render.viewer import Viewer, attachments
from digest.render.words import words

_NO_COVERS: Covers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NoteView:
    """What templates know as ``note``: ``digests`` are titles, ``until`` is when the link ends, "" where it does not."""

    kind: RequestKind
    digests: tuple[str, ...]
    link: str
    until: str


class Notes:
    """Renders notes in one look and some languages: the site's, and those that readers may choose.

    ``covers`` says what the logo was made into. Raises RenderError for a folder, language, colour or font that is none.
    """

    def __init__(
        self, look: Look, languages: Sequence[str] = (), folder: Path | None = None, covers: Covers = _NO_COVERS
    ) -> None:
        self._site = look.language
        offered = dict.fromkeys((look.language, *languages))
        self._voices = {language: _Voice(replace(look, language=language), folder, covers) for language in offered}

    def render(
        self, kind: RequestKind, language: str, *, digests: Sequence[str], link: str, until: datetime | None = None
    ) -> Rendition:
        """The note in that language, or the site's where it is not offered; the same arguments give the same bytes.

        ``digests`` are the titles of what was asked for, ``until`` is when the link ends. Raises RenderError.
        """
        return self._voices[spoken(language, self._voices) or self._site].render(kind, digests, link, until)

    def check(self) -> None:
        """Renders each kind of note in each language. Raises RenderError."""
        for language in self._voices:
            for kind in RequestKind:
                self.render(
                    kind,
                    language,
                    digests=("Sample",),
                    link="https://example.org/confirm/sample",
                    until=datetime(2025, 10, 6, tzinfo=UTC),
                )


class _Voice:
    """Renders notes in one language."""

    def __init__(self, look: Look, folder: Path | None, covers: Covers) -> None:
        self._templates = Templates(folder)
        self._templates.speak(words(look.language, self._templates.folders))
        self._locale = dates.locale(look.language)
        self._zone = look.zone
        self._look = Viewer(look).look(covers)
        self._attachments = attachments(covers)

    def render(self, kind: RequestKind, digests: Sequence[str], link: str, until: datetime | None) -> Rendition:
        note = NoteView(
            kind=kind,
            digests=tuple(text.line(title) for title in digests),
            link=addresses.link(link),
            until=dates.moment(until, self._zone, self._locale) if until and kind is not RequestKind.KNOWN else "",
        )
        subject = text.shorten(self._made("subject.txt", note), SUBJECT_MAXIMUM)
        preheader = text.shorten(self._made("preheader.txt", note), PREHEADER_MAXIMUM)
        page = inlined(self._made("note.html", note, subject=subject, preheader=preheader))
        return Rendition(
            selection=Selection(),
            subject=subject,
            preheader=preheader,
            html=page,
            text=text.wrapped(self._made("note.txt", note, subject=subject, preheader=preheader)),
            attachments=tuple(found for cid, found in self._attachments.items() if f'"cid:{cid}"' in page),
        )

    def _made(self, name: str, note: NoteView, **values: str) -> str:
        return self._templates.render(f"notes/{name}", note=note, look=self._look, **values)

"""The public pages in the site's look, in each language that readers may choose.

A page is a template below ``web/``; a site's own folder comes before the built-in one, file by file, as for mails. Its
words stand in ``web/words/LANGUAGE.po``. A language that has no catalogue there is spoken in English, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel.dates import format_date

from digest.look import Look
from digest.model import Covers, spoken
from digest.render import dates
from digest.render.templates import Templates
from digest.render.view import LookView
from digest.render.viewer import Viewer
from digest.render.words import words

_SPOKEN_ANYWAY = "en"
_NO_COVERS: Covers = MappingProxyType({})


class Pages:
    """Renders pages in one look. Raises RenderError for a language, colour or font that is none."""

    def __init__(self, look: Look, languages: Sequence[str] = (), folder: Path | None = None) -> None:
        self.languages = tuple(dict.fromkeys((look.language, *languages)))
        self._speakers = {language: _Speaker(look, language, folder) for language in self.languages}

    def choose(self, wanted: Iterable[str]) -> str:
        """The first of the wanted languages that is offered, ``de-AT`` as ``de``; the site's where none is."""
        return next(filter(None, (spoken(tag, self.languages) for tag in wanted)), self.languages[0])

    def named(self) -> Mapping[str, str]:
        """The languages, each with what it calls itself."""
        return {language: dates.locale(language).get_language_name() or language for language in self.languages}

    def render(self, name: str, language: str, **values: object) -> str:
        """The template of that name; it also knows ``look``, ``languages`` and ``date``. Raises RenderError."""
        return self._speakers[language].render(name, languages=self.named(), **values)

    def check(self) -> None:
        """Raises RenderError for a page of the site's own that cannot be rendered."""
        self._speakers[self.languages[0]].check()


class _Speaker:
    """Renders pages in one language."""

    def __init__(self, look: Look, language: str, folder: Path | None) -> None:
        self._templates = Templates(folder)
        found = words(language, [place / "web" for place in self._templates.folders])
        spoken = language if type(found) is not NullTranslations else _SPOKEN_ANYWAY
        self._locale: Locale = dates.locale(spoken)
        self._templates.speak(found)
        self._templates.offer("date", self._date)
        self._look: LookView = Viewer(replace(look, language=spoken)).look(_NO_COVERS)

    def render(self, name: str, **values: object) -> str:
        return self._templates.render(name, look=self._look, **values)

    def check(self) -> None:
        self._templates.check_blocks()
        self._templates.check_values("web")

    def _date(self, _context: Mapping[str, Any], instant: datetime) -> str:
        return format_date(instant, "long", locale=self._locale)

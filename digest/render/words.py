"""The words of a mail that no article brings along, in the language of its readers: GNU gettext catalogues.

A catalogue is ``words/LANGUAGE.po`` among the templates: ``words/pt-BR.po`` before ``words/pt.po``, and for a language in
another script than usual that script's (``words/zh-Hant.po``) or none. A site's own folder comes before the built-in
one. A language without a catalogue, and a word without a translation, are in English.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.core import get_global, parse_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from digest.errors import RenderError
from digest.render.dates import locale


def words(language: str, folders: Iterable[Path]) -> NullTranslations:
    """The words of a language (a BCP 47 tag), from the first folder that has some. Raises RenderError."""
    for folder in folders:
        for name in _names(locale(language)):
            path = folder / "words" / f"{name}.po"
            if path.is_file():
                return _read(path)
    return NullTranslations()


def _names(wanted: Locale) -> Iterator[str]:
    """What a catalogue for this locale may be called, the best first."""
    if wanted.territory:
        yield f"{wanted.language}-{wanted.territory}"
    script = wanted.script or _usual_script(f"{wanted.language}_{wanted.territory}") or _usual_script(wanted.language)
    yield wanted.language if script == _usual_script(wanted.language) else f"{wanted.language}-{script}"


def _usual_script(tag: str) -> str | None:
    """The script that a language is written in, there (Unicode's likely subtags); None where nothing is known."""
    likely = get_global("likely_subtags")
    return parse_locale(likely[tag])[2] if tag in likely else None


def _read(path: Path) -> GNUTranslations:
    compiled = BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, abort_invalid=True))
    except (PoFileError, UnicodeError, ValueError) as error:
        raise RenderError(f"{path}: {error}", hint="mend the catalogue; `msgfmt --check` says more") from error
    return GNUTranslations(BytesIO(compiled.getvalue()))

"""The words of a mail that no article brings along, in the language of its readers: GNU gettext catalogues.

A catalogue is ``words/LANGUAGE.po`` among the templates (``words/pt-BR.po`` before ``words/pt.po``); a site's own folder
comes before the built-in one. A language without a catalogue, and a word without a translation, are in English.
"""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from digest.errors import RenderError


def words(language: str, folders: Iterable[Path]) -> NullTranslations:
    """The words of a language (a BCP 47 tag), from the first folder that has some. Raises RenderError."""
    tag = language.replace("_", "-")
    names = dict.fromkeys((tag, tag.partition("-")[0]))
    for folder in folders:
        for name in names:
            path = folder / "words" / f"{name}.po"
            if path.is_file():
                return _read(path)
    return NullTranslations()


def _read(path: Path) -> GNUTranslations:
    compiled = BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, abort_invalid=True))
    except (PoFileError, UnicodeError, ValueError) as error:
        raise RenderError(f"{path}: {error}", hint="mend the catalogue; `msgfmt --check` says more") from error
    return GNUTranslations(BytesIO(compiled.getvalue()))

"""The words that no article brings along, in the readers' language."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from digest.errors import RenderError
from digest.look import Look
from digest.model import Edition
from digest.render import Renderer
from digest.render.words import words

TEMPLATES = Path(__file__).parents[2] / "templates"
MAILS, PAGES = TEMPLATES, TEMPLATES / "web"
CATALOGUES = sorted(path for folder in (MAILS, PAGES) for path in (folder / "words").glob("*.po"))
MORE = "%(num)s more in %(category)s"


def wanted(folder: Path) -> set[str]:
    """Every word that the built-in templates of mails, or of pages, ask for."""
    found: set[str] = set()
    parts = (folder, folder / "notes") if folder == MAILS else (folder,)
    for template in (file for part in parts for file in part.iterdir()):
        if template.is_file():
            for _, message, *_ in extract(
                "jinja2.ext:babel_extract", BytesIO(template.read_bytes()), {"_": None, "ngettext": (1, 2)}
            ):
                found.add(message if isinstance(message, str) else message[0])
    return found


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_catalogue_has_every_word_with_every_placeholder(path: Path):
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem.replace("-", "_"))
    assert {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue if entry.id} == wanted(
        path.parents[1]
    )
    for entry in catalogue:
        ids, strings = (text if isinstance(text, tuple) else (text,) for text in (entry.id, entry.string))
        known = set(re.findall(r"%\(\w+\)s", " ".join(ids)))
        assert all(strings)
        for string in strings if entry.id else ():
            used = set(re.findall(r"%\(\w+\)s", string))
            assert known - {"%(num)s"} <= used <= known  # a form for one or two may say its number in words
        assert len(strings) == (catalogue.num_plurals if isinstance(entry.id, tuple) else 1)


@pytest.mark.parametrize(
    ("language", "number", "written"),
    [
        ("de", 1, "1 weiterer Beitrag in X"),
        ("de-AT", 2, "2 weitere Beiträge in X"),
        ("ru", 21, "ещё 21 статья в разделе «X»"),
        ("ru", 3, "ещё 3 статьи в разделе «X»"),
        ("pl", 5, "5 artykułów więcej w: X"),
        ("ar", 2, "مقالان آخران في X"),
        ("ar", 11, "11 مقالًا آخر في X"),
        ("pt-BR", 4, "mais 4 em X"),
        ("en", 1, "1 more in X"),
        ("sw", 7, "7 more in X"),
        ("zh-TW", 7, "X還有7篇"),
        ("zh-Hant", 7, "X還有7篇"),
        ("zh-HK", 7, "X還有7篇"),
        ("zh-CN", 7, "X还有7篇"),
        ("zh-Hans", 7, "X还有7篇"),
    ],
)
def test_numbers_take_the_form_that_the_language_gives_them(language: str, number: int, written: str):
    spoken = words(language, [TEMPLATES]).ngettext(MORE, MORE, number)
    assert spoken % {"num": number, "category": "X"} == written


def test_both_parts_speak_the_language(edition: Edition, look: Look):
    rendition = Renderer(replace(look, language="de")).render(edition)
    for part in (rendition.html.replace("\u00a0", " "), rendition.text):
        assert "Nr. 12" in part
        assert "12 weitere Beiträge in Cities" in part
        assert "4 Min. Lesezeit" in part
        assert "Abbestellen" in part
        assert "Unsubscribe" not in part


def test_a_site_has_words_of_its_own(edition: Edition, look: Look, tmp_path: Path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.po").write_text('msgid "Unsubscribe"\nmsgstr "No more, please"\n')
    rendition = Renderer(look, tmp_path).render(edition)
    assert ">No more, please</a>" in rendition.html
    assert ">Preferences</a>" in rendition.html


@pytest.mark.parametrize("content", [b"msgid \xff", b"nonsense"])
def test_a_broken_catalogue_is_named(content: bytes, look: Look, tmp_path: Path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "de.po").write_bytes(content)
    with pytest.raises(RenderError, match=r"words/de\.po") as caught:
        Renderer(replace(look, language="de"), tmp_path)
    assert "msgfmt" in caught.value.hint

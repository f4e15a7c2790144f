"""The notes that readers wait for, as they come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.errors import RenderError
from digest.look import Look
from digest.message import note
from digest.model import Attachment, Cover, Image, Picture, Rendition, RequestKind, Sender
from digest.proof import proofread
from digest.render.notes import Notes
from digest.render.text import WIDTH
from tests.render.conftest import Read
from tests.render.test_words import CATALOGUES

Compare = Callable[[str, str], None]
UNTIL = datetime(2025, 12, 15, 13, tzinfo=UTC)
LINK = "https://news.example.org/confirm/WzEyXQ.wWWpGmq2kYbLVRYUiQnWDGmIDkZ7rEzqPXkzaOZ6TJs"
TITLES = ("Fieldnotes Weekly", "Fieldnotes Daily")
SENDER = Sender("Fieldnotes", "weekly@example.org", "weekly.example.org", "leave@example.org")
LANGUAGES = ("en", *(path.stem for path in CATALOGUES))
OF_A_LIST = {"list-id", "list-unsubscribe", "unsubscribe-link", "text-unsubscribe"}  # a note is no list's
every_kind = pytest.mark.parametrize("kind", RequestKind)


@pytest.fixture
def notes(look: Look) -> Notes:
    return Notes(look, LANGUAGES)


def rendered(notes: Notes, kind: RequestKind = RequestKind.SUBSCRIBE, language: str = "en") -> Rendition:
    titles = () if kind is RequestKind.MOVE else TITLES
    return notes.render(kind, language, digests=titles, link=LINK, until=UNTIL)


@every_kind
def test_each_kind_of_note(kind: RequestKind, notes: Notes, same_as_golden: Compare) -> None:
    made = rendered(notes, kind)
    same_as_golden(f"note-{kind}.html", made.html)
    same_as_golden(f"note-{kind}.txt", f"{made.subject}\n{made.preheader}\n\n{made.text}")


@every_kind
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_proofreader_finds_nothing_but_that_it_is_no_list(kind: RequestKind, language: str, notes: Notes) -> None:
    made = note(rendered(notes, kind, language), SENDER, to="reader@example.net", unique="1", date=UNTIL)
    report = proofread(made.data)
    assert {finding.rule.name for finding in report.findings} <= OF_A_LIST, report.findings


@every_kind
def test_the_link_is_a_button_and_plain_in_both_parts(kind: RequestKind, notes: Notes, page: Read) -> None:
    made = rendered(notes, kind)
    button, plain = page(made.html).xpath(f'//a[@href="{LINK}"]')
    assert button.text == ("Preferences" if kind is RequestKind.KNOWN else "Confirm")
    assert plain.text == LINK
    assert LINK in made.text.splitlines()


def test_word_gets_a_button_of_a_coloured_cell(notes: Notes, page: Read) -> None:
    (cell,) = page(rendered(notes).html).xpath('//td[@class="button"]')
    assert cell.get("bgcolor") == "#0f5b66"
    assert "mso-padding-alt:14px 28px" in cell.get("style")


@pytest.mark.parametrize("kind", [RequestKind.SUBSCRIBE, RequestKind.KNOWN])
def test_what_was_asked_for_is_named(kind: RequestKind, notes: Notes) -> None:
    made = rendered(notes, kind)
    for part in (made.html, made.text):
        assert all(title in part for title in TITLES)


def test_the_preheader_does_not_run_the_titles_into_what_comes_next(notes: Notes) -> None:
    assert "your address: Fieldnotes Weekly · Fieldnotes Daily – If it was" in rendered(notes).preheader
    assert "from now on. If it was not you" in rendered(notes, RequestKind.MOVE).preheader


def test_it_says_how_long_the_link_works_on_the_site_s_clocks(look: Look) -> None:
    there = Notes(replace(look, zone=ZoneInfo("Europe/Berlin")), ["de"])
    made = rendered(there, language="de")
    for part in (made.html, made.text):
        assert "bis zum 15. Dezember 2025, 14:00 MEZ." in part


def test_a_link_to_preferences_does_not_end(notes: Notes) -> None:
    assert "until" not in rendered(notes, RequestKind.KNOWN).text


@every_kind
def test_whoever_did_not_ask_is_told_to_do_nothing(kind: RequestKind, notes: Notes) -> None:
    made = rendered(notes, kind)
    assert all("If it was not you, do nothing" in part for part in (made.html, made.text))


@every_kind
def test_the_postal_address_stands_in_both_parts(kind: RequestKind, notes: Notes) -> None:
    made = rendered(notes, kind)
    assert all("1 Sample Street" in part and "12345 Sampleton" in part for part in (made.html, made.text))


@pytest.mark.parametrize(
    ("wanted", "lang"), [("de", "de"), ("de-AT", "de"), ("PT-br", "pt-BR"), ("", "en"), ("sw", "en"), ("x" * 99, "en")]
)
def test_it_speaks_the_language_asked_for_if_that_is_offered(wanted: str, lang: str, notes: Notes, page: Read) -> None:
    assert page(rendered(notes, language=wanted).html).get("lang") == lang


def test_a_language_that_is_not_offered_is_not_spoken_though_there_are_words(look: Look) -> None:
    assert rendered(Notes(look), language="de").subject == rendered(Notes(look)).subject


def test_from_right_to_left(notes: Notes, page: Read) -> None:
    root = page(rendered(notes, language="ar").html)
    assert root.get("dir") == "rtl"
    (plain,) = root.xpath('//a[@class="whole tint"]')
    assert plain.get("dir") == "ltr"


def test_what_sites_and_digests_are_called_is_text(look: Look) -> None:
    named = Notes(replace(look, site_title="A & <b>B</b>"))
    made = named.render(RequestKind.SUBSCRIBE, "", digests=["<i>x</i>\nBcc: y"], link=LINK, until=UNTIL)
    assert "A &amp; &lt;b&gt;B&lt;/b&gt;" in made.html
    assert "<bdi>&lt;i&gt;x&lt;/i&gt; Bcc: y</bdi>" in made.html
    assert "- <i>x</i> Bcc: y" in made.text.splitlines()
    assert made.subject == "Please confirm your subscription · A & <b>B</b>"


@every_kind
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_part_is_narrow_and_has_no_deserts(kind: RequestKind, language: str, notes: Notes) -> None:
    text = rendered(notes, kind, language).text
    assert all(len(line) <= WIDTH for line in text.splitlines() if LINK not in line)
    assert "\n\n\n" not in text
    assert not re.search(r"[{}%]|None", text.replace(LINK, ""))


def test_a_logo_travels_inside_and_stands_for_the_name(look: Look, page: Read) -> None:
    logo = Image(file="logo.svg")
    file = Attachment("logo@covers", "image/png", b"png")
    unused = Attachment("small@covers", "image/png", b"png")
    cover = Cover(Picture("cid:small@covers", 60, 20, unused), Picture("cid:logo@covers", 480, 160, file), "logo")
    made = rendered(Notes(replace(look, logo=logo), covers={logo: cover}))
    (image,) = page(made.html).xpath("//img")
    assert (image.get("src"), image.get("alt"), image.get("height")) == ("cid:logo@covers", "Fieldnotes", "48")
    assert made.attachments == (file,)


# --- a site's own ---------------------------------------------------------------------------------------------------


def own(look: Look, folder: Path, **files: str) -> Notes:
    (folder / "notes").mkdir()
    for name, content in files.items():
        (folder / "notes" / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return Notes(look, folder=folder)


def test_a_file_of_the_site_s_own_takes_the_place_of_one(look: Look, tmp_path: Path) -> None:
    made = rendered(own(look, tmp_path, subject_txt="{{ note.kind }} to {{ note.digests[0] }}\n"))
    assert made.subject == "subscribe to Fieldnotes Weekly"
    assert "<title>subscribe to Fieldnotes Weekly</title>" in made.html


def test_a_site_can_fill_one_block_anew(look: Look, tmp_path: Path) -> None:
    page = (
        '{% extends "digest/notes/note.html" %}{% block footer %}<p>The harbour office</p>{{ super() }}{% endblock %}'
    )
    made = rendered(own(look, tmp_path, note_html=page))
    assert "The harbour office" in made.html
    assert ">Confirm</a>" in made.html
    assert "1 Sample Street" in made.html


def test_the_site_s_own_styles_hold_for_notes_too(look: Look, tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text('{% include "digest/style.css" %} h1 { font-size: 50px; }')
    assert "font-size:50px" in rendered(Notes(look, folder=tmp_path)).html


def test_the_built_in_notes_pass_their_check(notes: Notes) -> None:
    notes.check()


def test_a_fault_names_its_file_and_line(look: Look, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"notes/note\.txt:2: .* has no attribute 'titel'"):
        own(look, tmp_path, note_txt="\n{{ note.titel }}").check()

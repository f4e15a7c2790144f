"""Covers on their way to the reader: linked, inside of the mail, and as copies that the site serves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image as Pixels

from tests.journeys.conftest import PostOffice, Site, article
from tests.journeys.steps import body, configure, opened, subscribe

HOST = '[images]\nfolder = "public/mail"\nurl = "https://quay.example.org/mail"\nfetch = false\n[smtp]'


@pytest.fixture
def pictured(site: Site) -> Site:
    """The site, whose newest article has a cover beside it, in a form that few mail programs show."""
    Pixels.effect_mandelbrot((1200, 600), (-2, -1, 1, 1), 60).save(site.folder / "content" / "quay.webp")
    site.write("wages.md", article("Wages", "2025-12-04", coverImage="quay.webp"))
    configure(site, "[smtp]", f'images = "host"\n{HOST}')
    return site


def published(site: Site) -> set[str]:
    folder = site.folder / "public" / "mail"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def page(post_office: PostOffice, address: str) -> str:
    return body(opened(post_office.message_for(address)), "html")


def test_a_hosted_cover_is_seen_in_a_preview_that_writes_nothing(pictured: Site) -> None:
    out = pictured.folder / "out"
    result = pictured.run("preview", "--out", str(out), "--no-screenshots")
    assert result.exit_code == 0, result.output
    assert 'src="data:image/jpeg;base64,' in (out / "weekly-2025-W49.html").read_text(encoding="utf-8")
    assert b"https://quay.example.org/mail/" in (out / "weekly-2025-W49.eml").read_bytes().replace(b"=\r\n", b"")
    assert published(pictured) == set()


@pytest.mark.parametrize(("images", "told"), [("link", True), ("embed", False)])
def test_a_cover_that_the_site_does_not_have_yet_is_told_in_the_preview(site: Site, images: str, *, told: bool) -> None:
    (site.folder / "static").mkdir()
    Pixels.effect_mandelbrot((1200, 600), (-2, -1, 1, 1), 60).save(site.folder / "static" / "quay.png")
    site.write("wages.md", article("Wages", "2025-12-04", coverImage="/quay.png"))
    configure(site, "[smtp]", f'images = "{images}"\n[smtp]')
    configure(site, "[site]", '[site]\nstatic = ["static"]')
    result = site.run("preview", "--strict")
    assert result.exit_code == 0, result.output
    assert ('such as https://quay.example.org/quay.png; `images = "embed"`' in result.stderr) is told


@pytest.mark.parametrize("words", [("--test", "me@example.org"), ("--yes",)])
def test_a_hosted_cover_is_on_the_site_before_a_mail_names_it(
    pictured: Site, post_office: PostOffice, words: tuple[str, ...]
) -> None:
    subscribe(pictured)
    result = pictured.run("send", *words)
    assert result.exit_code == 0, result.output
    address = next(iter(post_office.received))
    (name,) = re.findall(r'src="https://quay\.example\.org/mail/([^"]+)"', page(post_office, address))
    assert name in published(pictured)
    with Pixels.open(pictured.folder / "public" / "mail" / name) as picture:
        assert picture.size == (1072, 536)  # two pixels for one that is shown


def test_nothing_is_frozen_when_the_site_s_folder_cannot_be_written_to(pictured: Site, post_office: PostOffice) -> None:
    subscribe(pictured)
    (pictured.folder / "public").write_text("a file", encoding="utf-8")
    result = pictured.run("send", "--yes")
    assert result.exit_code == 1
    assert "pictures cannot be written into" in result.stderr
    assert post_office.messages == []
    assert pictured.lines("editions", "list") == []


def test_an_embedded_cover_travels_along_as_a_jpeg(pictured: Site, post_office: PostOffice) -> None:
    configure(pictured, 'images = "host"', 'images = "embed"')
    subscribe(pictured)
    assert pictured.run("send", "--yes").exit_code == 0
    (cid,) = re.findall(r'src="cid:([^"]+)"', page(post_office, "first@example.org"))
    parts = {part["Content-ID"]: part for part in opened(post_office.message_for("first@example.org")).walk()}
    assert parts[f"<{cid}>"].get_content_type() == "image/jpeg"


def test_a_cover_that_is_broken_leaves_no_hole(pictured: Site, post_office: PostOffice) -> None:
    Path(pictured.folder / "content" / "quay.webp").write_bytes(b"no picture")
    subscribe(pictured)
    result = pictured.run("send", "--yes")
    assert result.exit_code == 0
    assert "wages.md" in result.stderr
    assert "<img" not in page(post_office, "first@example.org")
    assert ">Wages</a>" in page(post_office, "first@example.org")

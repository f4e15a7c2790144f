"""Whole mails, compared with what was looked at and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.look import Look
from digest.model import Edition, Section, Selection
from digest.render import Renderer
from tests.samples import SAMPLES

Compare = Callable[[str, str], None]


def test_an_edition_with_everything(edition: Edition, renderer: Renderer, same_as_golden: Compare):
    rendition = renderer.render(edition)
    same_as_golden("everything.html", rendition.html)
    same_as_golden("everything.txt", f"{rendition.subject}\n{rendition.preheader}\n\n{rendition.text}")


def test_an_edition_with_as_little_as_can_be(edition: Edition, same_as_golden: Compare):
    bare = replace(edition, intro="", sections=(replace(edition.sections[1], more=0),))
    rendition = Renderer(Look("Fieldnotes")).render(bare)
    same_as_golden("little.html", rendition.html)
    same_as_golden("little.txt", f"{rendition.subject}\n{rendition.preheader}\n\n{rendition.text}")


def test_an_edition_from_right_to_left(edition: Edition, look: Look, same_as_golden: Compare):
    first, second = edition.sections[0].articles
    arabic = (replace(first, title="عودة مكتبة المدينة", excerpt="أعارت الفروع أدوات أكثر من الروايات."), second)
    turned = replace(edition, sections=(Section("cities", "مدن", arabic, more=3), edition.sections[1]))
    rendition = Renderer(replace(look, language="ar")).render(turned)
    same_as_golden("right-to-left.html", rendition.html)


@pytest.mark.parametrize("name", ["five", "compact", "headlines", "arabic", "hebrew", "chinese", "traps"])
def test_sample_editions(name: str, same_as_golden: Compare):
    rendition = SAMPLES[name]().rendition(Selection(frozenset({"c0", "c1"})))
    same_as_golden(f"{name}.html", rendition.html)
    same_as_golden(f"{name}.txt", f"{rendition.subject}\n{rendition.preheader}\n\n{rendition.text}")


@pytest.mark.parametrize("name", ["no-images", "chinese-without-images"])
def test_finished_messages(name: str, same_as_golden: Compare):
    sample = SAMPLES[name.removesuffix("-without-images")]()
    bare = replace(sample.edition, sections=tuple(map(without_images, sample.edition.sections)))
    same_as_golden(f"{name}.eml", replace(sample, edition=bare).mail().decode("ascii").replace("\r\n", "\n"))


def without_images(section: Section) -> Section:
    return replace(section, articles=tuple(replace(article, image=None) for article in section.articles))

"""Pages in the site's look: its languages, its own templates over the built-in ones, and what is wrong with those."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.look import Look
from digest.render.pages import Pages

LOOK = Look("Fieldnotes", language="en")


def own(folder: Path, name: str, content: str) -> Pages:
    path = folder / "web" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return Pages(LOOK, folder=folder)


def test_the_first_wanted_language_that_is_offered_is_spoken() -> None:
    pages = Pages(LOOK, ("de", "ar"))
    assert [pages.choose(wanted) for wanted in (["fr", "de-AT"], ["ar"], ["fy"], [])] == ["de", "ar", "en", "en"]
    assert pages.named() == {"en": "English", "de": "Deutsch", "ar": "العربية"}


def test_a_language_without_words_is_english_and_says_so() -> None:
    html = Pages(LOOK, ("fy",)).render("web/base.html", "fy", url="", root="", privacy_url="", request_path="/")
    assert '<html lang="en" dir="ltr">' in html


@pytest.mark.parametrize("block", ["title", "head", "header", "content", "footer"])
def test_a_page_may_fill_the_blocks_of_whatever_it_extends(tmp_path: Path, block: str) -> None:
    content = '{% extends "digest/web/subscribe.html" %}{% block BLOCK %}Ours{% endblock %}'
    own(tmp_path, "subscribe.html", content.replace("BLOCK", block)).check()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{% extends "digest/web/subscribe.html" %}{% block foter %}{% endblock %}', "subscribe.html:1: digest/web/subscribe.html has no block 'foter'"),
        ("{{ oops.", "subscribe.html:1: "),
        ("\n{% if said %}\n{{ sayd }}{% endif %}", "subscribe.html: 'sayd' is undefined"),
        ('{% extends "digest/web/subscribe.html" %}{% block title %}{{ digest }}{% endblock %}', "subscribe.html: 'digest' is undefined"),
        ('{% include "web/none.html" %}', "there is no template 'web/none.html'"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_rendered_is_found_before_a_reader_asks_for_it(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(RenderError) as caught:
        own(tmp_path, "subscribe.html", content).check()
    assert said in caught.value.message
    assert caught.value.hint


def test_a_page_may_ask_for_all_that_the_built_in_one_is_given(tmp_path: Path) -> None:
    own(
        tmp_path, "confirm.html", "{{ address }} {{ url }} {{ look.site_title }} {{ _('Confirm') }} {{ languages }}"
    ).check()


def test_a_part_that_is_the_sites_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own(tmp_path, "aside.html", "{{ whatever }}")
    own(tmp_path, "subscribe.html", '{% extends "digest/web/subscribe.html" %}').check()

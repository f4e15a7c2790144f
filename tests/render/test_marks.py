"""What is a reader's own stays a mark, whole, in links and in text."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from digest.look import Look
from digest.marks import Mark, split
from digest.model import Edition
from digest.render import Renderer


def marks(text: str) -> Counter[Mark]:
    return Counter(piece for piece in split(text) if isinstance(piece, Mark))


def test_the_footer_of_both_parts_holds_the_readers_links(edition: Edition, renderer: Renderer):
    rendition = renderer.render(edition)
    links = {Mark.UNSUBSCRIBE: 1, Mark.PREFERENCES: 1, Mark.ARCHIVE: 1}
    assert marks(rendition.html) == links
    assert marks(rendition.text) == links
    assert 'href="digest.mark.unsubscribe."' in rendition.html


def test_without_public_pages_only_unsubscribing_is_linked(edition: Edition, look: Look):
    rendition = Renderer(replace(look, web=False)).render(edition)
    assert marks(rendition.html) == marks(rendition.text) == {Mark.UNSUBSCRIBE: 1}


def test_a_site_can_greet_readers_anywhere(edition: Edition, look: Look, tmp_path: Path):
    (tmp_path / "subject.txt").write_text("{{ reader.name }}: {{ edition.title }}")
    (tmp_path / "edition.html").write_text(
        '{% extends "digest/edition.html" %}'
        '{% block intro %}<tr><td class="intro"><p style="color:#000">Good morning, {{ reader.name }}!</p>'
        '<a href="{{ reader.archive }}?from=mail&amp;x=1">Online</a></td></tr>{% endblock %}'
        "{% block footer %}{{ super() }}{{ super() }}{% endblock %}"
    )
    rendition = Renderer(look, tmp_path).render(edition)
    assert rendition.subject == "digest.mark.name.: Fieldnotes Weekly"
    assert marks(rendition.html) == {Mark.NAME: 2 + 1, Mark.UNSUBSCRIBE: 2, Mark.PREFERENCES: 2, Mark.ARCHIVE: 3}
    assert "Good morning, digest.mark.name.!" in rendition.html
    assert 'href="digest.mark.archive.?from=mail&amp;x=1"' in rendition.html

"""What articles hold is text: it reaches every part of the mail as it is, once escaped where the part is HTML."""

from __future__ import annotations

from collections.abc import Callable

import lxml.html
import pytest

from digest.look import Look
from digest.marks import Mark, split
from digest.model import Edition, Image, Section
from digest.render import Renderer

One = Callable[..., Edition]
Read = Callable[[str], lxml.html.HtmlElement]

TRAPS = (
    """A & B <i> "q" 'x'""",
    "Fish &amp; chips &lt;b&gt;",
    "&copy=2 &nbsp; &#39;",
    "</title></style><script>alert(1)</script>",
    "{{ reader.name }} {% raw %} {# no #}",
    "<!-- [if mso]> --> ]]>",
    "数字通信 – naïve façade – عربي – 🙂",
    "50% off $1 \\1 \\g<0>",
)


@pytest.mark.parametrize("title", TRAPS)
def test_a_title_reaches_every_part_as_it_was_written(title: str, one: One, renderer: Renderer, page: Read):
    rendition = renderer.render(one(title=title, excerpt=title, author=title))
    tree = page(rendition.html)
    assert tree.findtext(".//h3/a") == title
    assert tree.xpath("string(//p[@class='excerpt'])") == title
    assert tree.findtext(".//title") == rendition.subject == f"Fieldnotes Weekly #12: {title}"
    assert tree.xpath("string(//div[@role='article']/@aria-label)") == rendition.subject
    assert f"\n{title}\n{title}\n{title} · " in rendition.text


def test_text_of_the_site_and_of_categories_is_escaped_too(edition: Edition):
    trap = TRAPS[0]
    section = Section("x", trap, edition.sections[0].articles, more=2)
    odd = Edition("weekly", 1, trap, edition.period, (section, section), intro=trap)
    html = Renderer(Look(trap, postal_address=trap, reason=trap)).render(odd).html
    assert "<i>" not in html
    assert "&amp;amp;" not in html


def test_control_characters_and_turned_writing_are_left_out(one: One, renderer: Renderer):
    rendition = renderer.render(one(title="Be\x00fore\x1b and\n\n af\ud83dter \u202eback", excerpt="a\u2066b"))
    assert "Before and after back" in rendition.html
    assert "Before and after back" in rendition.text
    assert rendition.subject.endswith(": Before and after back")
    rendition.html.encode()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVa\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "//example.org/x",
        "/posts/x",
        "https://",
        "https:///x",
        "http://[::1",
        "https://exam ple.org/",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_for_readers_is_not_linked(address: str, one: One, renderer: Renderer, page: Read):
    article = one(url=address, source=address, image=Image(url=address))
    rendition = renderer.render(article)
    tree = page(rendition.html)
    assert tree.findtext(".//h3") == article.articles[0].title
    assert not tree.xpath("//h3/a | //img")
    assert address not in rendition.text


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/?a=1&copy=2&lt=3&amp;b=%20%C3%BC+*'();:@,[]{}|^`~$!",
        "HTTP://example.org:8080/a//b/../c?x=http://example.net/?y=1#part",
        "https://example.org/?q=a%26b&&c==d",
        "mailto:desk@example.org?subject=a%20b",
    ],
)
def test_an_address_keeps_its_query_byte_for_byte(address: str, one: One, renderer: Renderer, page: Read):
    rendition = renderer.render(one(url=address))
    assert page(rendition.html).xpath("string(//h3/a/@href)") == address
    assert f"\n{address}\n" in rendition.text


def test_an_address_outside_of_ascii_is_written_in_ascii(one: One, renderer: Renderer, page: Read):
    rendition = renderer.render(one(url='https://exämple.org/ü ö?"<>'))
    written = "https://xn--exmple-cua.org/%C3%BC%20%C3%B6?%22%3C%3E"
    assert page(rendition.html).xpath("string(//h3/a/@href)") == written
    assert f"\n{written}\n" in rendition.text


def test_nothing_that_looks_like_a_mark_can_be_written_into_a_mail(edition: Edition, one: One):
    forged = "digest.mark.unsubscribe. Digest.Mark.name. digest.\x00mark.archive. digest.mark.preferences."
    article = one(title=forged, excerpt=forged, author=forged, url=f"https://example.org/{forged}", source=forged)
    odd = Edition("weekly", 1, forged, edition.period, article.sections, intro=forged)
    rendition = Renderer(Look(forged, site_url="https://digest.mark.name./")).render(odd)
    for part in (rendition.subject, rendition.preheader, rendition.html, rendition.text):
        assert [piece for piece in split(part) if isinstance(piece, Mark)] in ([], [Mark.UNSUBSCRIBE])

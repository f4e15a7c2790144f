"""What mail clients, screen readers and spam filters look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import lxml.html
import pytest

from digest.colour import contrast
from digest.look import Look
from digest.marks import Mark
from digest.model import Attachment, Cover, Edition, Image, Picture, Selection
from digest.render import Renderer
from tests.render.conftest import LIBRARY, TRAINS

One = Callable[..., Edition]
Tree = lxml.html.HtmlElement
Read = Callable[[str], Tree]


def embedded(name: str, width: int = 0) -> Picture:
    attachment = Attachment(f"{name}@digest", "image/png", name.encode())
    return Picture(f"cid:{attachment.cid}", width, width // 2, attachment)


COVERS = {
    LIBRARY.image: Cover(embedded("library", 328), embedded("library-large", 1072), "library"),
    TRAINS.image: Cover(embedded("trains"), embedded("trains"), "trains"),
    Image(file="unused.png"): Cover(embedded("unused"), embedded("unused"), "unused"),
}


@pytest.fixture
def tree(edition: Edition, renderer: Renderer, page: Read) -> Tree:
    return page(renderer.render(edition).html)


def test_headings_descend_one_by_one(tree: Tree):
    headings = [(node.tag, node.text_content()) for node in tree.iter("h1", "h2", "h3")]
    assert headings == [
        ("h1", "Fieldnotes Weekly"),
        ("h2", "Cities"),
        ("h3", "The quiet return of the town library"),
        ("h3", "Why the night trains are full again"),
        ("h2", "Home & Garden"),
        ("h3", "Small kitchens, large pots"),
        ("h3", "A note without a page of its own"),
    ]


def test_the_page_says_its_language_direction_and_title(edition: Edition, look: Look, page: Read):
    html = Renderer(replace(look, language="pt-BR")).render(edition).html
    assert html.startswith("<!DOCTYPE html>\n<html")
    assert page(html).get("lang") == "pt-BR"
    assert page(html).get("dir") == "ltr"
    assert "1 – 7 de dezembro de 2025" in html.replace("\u2009", " ")


@pytest.mark.parametrize("language", ["ar", "he", "fa", "ur"])
def test_writing_from_right_to_left_turns_the_page(language: str, edition: Edition, look: Look, page: Read):
    tree = page(Renderer(replace(look, language=language)).render(edition).html)
    assert tree.get("dir") == "rtl"
    assert "padding-left:20px" in tree.xpath("string(//td[@class='cover']/@style)")


def test_every_table_is_for_layout_only(tree: Tree):
    assert {table.get("role") for table in tree.iter("table")} == {"presentation"}


def test_every_link_has_words_or_is_hidden_beside_one_that_has(tree: Tree):
    for link in tree.iter("a"):
        if link.get("aria-hidden"):
            assert link.get("tabindex") == "-1"
            assert tree.xpath("//h3/a[@href=$href]", href=link.get("href"))
        else:
            assert link.text_content().strip()


def test_links_and_images_have_allowed_schemes_only(tree: Tree):
    marks = {str(mark) for mark in Mark}
    for link in tree.iter("a"):
        assert link.get("href").startswith(("https://", "http://", "mailto:", "#")) or link.get("href") in marks
    assert {image.get("src")[:8] for image in tree.iter("img")} == {"https://"}
    assert not tree.xpath("//link | //script | //iframe | //@background")


def test_the_contents_lead_to_every_section(tree: Tree):
    jumps = [link.get("href")[1:] for link in tree.xpath("//a[starts-with(@href, '#')]")]
    assert jumps == tree.xpath("//h2/@id")
    assert "Cities 2 Home & Garden 2" in " ".join(tree.text_content().split())


def test_a_single_section_needs_no_contents(one: One, renderer: Renderer):
    assert 'href="#' not in renderer.render(one()).html


def test_what_did_not_fit_is_counted_and_linked_when_it_has_a_page(tree: Tree):
    more = tree.xpath("//p[contains(@class, 'more')]")
    assert [" ".join(node.text_content().split()) for node in more] == [
        "12 more in Cities →",
        "1 more in Home & Garden",
    ]
    assert [node.xpath("string(a/@href)") for node in more] == ["https://example.org/categories/cities", ""]


def test_pictures_have_a_numeric_size_and_no_words_beside_their_title(tree: Tree):
    wide, beside = tree.iter("img")
    assert [wide.get(name) for name in ("alt", "width", "height")] == ["", "536", "281"]
    assert [beside.get(name) for name in ("alt", "width", "height")] == ["", "164", None]
    for image in (wide, beside):
        assert image.get("style").startswith("display:block; border:0;")
        assert image.getparent().get("href")


def test_a_picture_is_never_shown_larger_than_it_is(one: One, renderer: Renderer, page: Read):
    for width, limited in ((120, True), (900, False)):
        image = Image(url="https://example.org/x.png", width=width, height=width)
        style = page(renderer.render(one(image=image)).html).xpath("string(//img/@style)")
        assert ("max-width:120px" in style) is limited


def test_a_small_or_tall_picture_does_not_open_the_mail(one: One, renderer: Renderer, page: Read):
    for width, height, shown in ((120, 90, "120"), (800, 1200, "133")):
        image = Image(url="https://example.org/x.png", width=width, height=height)
        tree = page(renderer.render(one(image=image)).html)
        assert tree.xpath("//td[@class='cover']//img/@width") == [shown]


@pytest.mark.parametrize("image", [None, Image(), Image(file="covers/lost.png"), Image(url="http://example.org/x.png")])
def test_a_picture_that_cannot_be_shown_leaves_nothing_behind(
    image: Image | None, one: One, renderer: Renderer, page: Read
):
    tree = page(renderer.render(one(image=image)).html)
    assert not tree.xpath("//img")
    assert not [cell for cell in tree.iter("td") if not len(cell) and not cell.text_content().strip()]


def test_covers_travel_in_the_size_they_are_shown_in(edition: Edition, renderer: Renderer, page: Read):
    rendition = renderer.render(edition, covers=COVERS)
    assert [part.cid for part in rendition.attachments] == ["library-large@digest", "trains@digest"]
    assert page(rendition.html).xpath("//img/@src") == ["cid:library-large@digest", "cid:trains@digest"]
    first, second = edition.sections
    turned = replace(edition, sections=(replace(first, articles=first.articles[::-1]), second))
    assert page(renderer.render(turned, covers=COVERS).html).xpath("//img/@src") == [
        "cid:trains@digest",
        "cid:library@digest",
    ]


def test_a_dead_image_is_no_image(edition: Edition, renderer: Renderer, page: Read):
    rendition = renderer.render(edition, covers={**COVERS, TRAINS.image: None})
    assert page(rendition.html).xpath("//img/@src") == ["cid:library-large@digest"]


def test_no_photo_is_shown_twice_whatever_its_address(edition: Edition, renderer: Renderer, page: Read):
    image = Image(url="https://example.org/covers/trains.png?w=80")
    first, second = edition.sections
    again = replace(second, articles=tuple(replace(article, image=image) for article in second.articles))
    covers = {image: Cover(Picture(image.url), Picture(image.url), "trains"), TRAINS.image: COVERS[TRAINS.image]}
    rendition = renderer.render(replace(edition, sections=(first, again)), covers=covers)
    assert page(rendition.html).xpath("//img/@src") == [LIBRARY.image.url, "cid:trains@digest"]
    alone = renderer.render(replace(edition, sections=(first, again)), Selection(frozenset({"home"})), covers)
    assert page(alone.html).xpath("//img/@src") == [image.url]


def test_a_logo_stands_in_place_of_the_name(edition: Edition, look: Look, page: Read):
    logo = Image(url="https://example.org/logo.png", width=960, height=96)
    tree = page(Renderer(replace(look, logo=logo)).render(edition).html)
    (image,) = tree.xpath("//p[contains(@class, 'wordmark')]/a[@href='https://example.org']/img")
    assert [image.get(name) for name in ("src", "alt", "width", "height")] == [logo.url, "Fieldnotes", "240", "24"]
    assert "; width:240px;" in image.get("style")  # clients follow the style, where there is one


def test_a_selection_gets_its_own_sections_alone(edition: Edition, renderer: Renderer):
    selection = Selection(frozenset({"home"}))
    rendition = renderer.render(edition, selection, COVERS)
    assert rendition.selection == selection
    assert rendition.subject == "Fieldnotes Weekly #12: Small kitchens, large pots"
    assert "library" not in rendition.html.replace("begins in a library", "")
    assert "night trains" not in rendition.text
    assert rendition.attachments == ()


def test_the_same_edition_gives_the_same_bytes(edition: Edition, look: Look):
    assert Renderer(look).render(edition, covers=COVERS) == Renderer(look).render(edition, covers=COVERS)


def test_no_trace_of_the_making_is_left(edition: Edition, renderer: Renderer):
    rendition = renderer.render(edition)
    for part in (rendition.html, rendition.text, rendition.subject, rendition.preheader):
        assert not re.search(r"\bNone\b|\{\{|\{%|\{#|premailer|&amp;amp;", part)


def test_styles_for_dark_and_small_screens_keep_their_strength(edition: Edition, renderer: Renderer):
    html = renderer.render(edition).html
    (kept,) = re.findall(r"(?s)<style>(:root.*?)</style>", html)
    assert "@media (max-width:520px)" in kept
    assert "@media (prefers-color-scheme:dark)" in kept
    assert "[data-ogsc] .ink{color:#f2f1ee!important}" in kept
    assert "/*" not in kept
    assert all(rule.endswith("!important") for rule in re.findall(r"\.[a-z]+\{(.*?)\}", kept))


def test_what_outlook_reads_is_whole(edition: Edition, renderer: Renderer):
    html = renderer.render(edition).html
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 3
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in html
    assert '<table role="presentation" width="600"' in html


def styles(tree: Tree, name: str) -> Iterator[str]:
    return (found for style in tree.xpath("//@style") for found in re.findall(rf"(?<![-\w]){name}:([^;]+)", style))


def test_all_text_can_be_read(tree: Tree):
    assert min(int(size.removesuffix("px")) for size in styles(tree, "font-size")) >= 12
    assert "font-size:16px" in tree.xpath("string(//td[@class='around']/@style)")
    for ground in ("#ffffff", "#f4f3ef"):
        assert min(contrast(colour, ground) for colour in set(styles(tree, "color"))) >= 4.5


def test_the_footer_says_why_and_from_where(edition: Edition, look: Look, tree: Tree):
    words = " ".join(tree.text_content().split())
    assert "You get this because you signed up for Fieldnotes Weekly." in words
    assert "Fieldnotes, 1 Sample Street" in words
    assert "12345 Sampleton" in words
    assert "Because I say so." in Renderer(replace(look, reason="Because I say so.")).render(edition).html


def test_the_footer_names_the_site_where_the_digest_s_title_does_not(edition: Edition, look: Look):
    made = Renderer(look).render(replace(edition, title="The Week"))
    for part in (made.html, made.text):
        assert "because you signed up for The Week at Fieldnotes." in part


def test_the_preheader_goes_on_where_the_subject_ends(edition: Edition, one: One, renderer: Renderer, page: Read):
    rendition = renderer.render(edition)
    assert rendition.preheader.startswith("Why the night trains are full again · Small kitchens")
    assert page(rendition.html).xpath("string(//div[@class='preheader']/@style)") == "display:none; mso-hide:all"
    for other in (one(), one(excerpt=""), one(excerpt="word " * 80), edition):
        assert 40 <= len(renderer.render(other).preheader) <= 130


def test_a_long_subject_ends_at_a_word(one: One, renderer: Renderer):
    subject = renderer.render(one(title="word " * 60)).subject
    assert len(subject) <= 120
    assert subject.endswith(" word…")


def test_forty_articles_stay_far_below_what_gmail_cuts_off(edition: Edition, renderer: Renderer):
    section = replace(edition.sections[0], articles=edition.sections[0].articles * 20)
    assert len(renderer.render(replace(edition, sections=(section,))).html.encode()) < 40 * 2_000


def test_a_tall_picture_stands_no_taller_than_the_words_beside_it(one: One, renderer: Renderer, page: Read):
    image = Image(url="https://example.org/x.png", width=400, height=1600)
    (shown,) = page(renderer.render(one(image=image)).html).iter("img")
    assert (shown.get("width"), shown.get("height")) == ("50", "200")
    assert f"max-width:{shown.get('width')}px" in shown.get("style")  # on phones too


@pytest.mark.parametrize(("width", "height"), [(16, 16), (2400, 200), (20, 900), (300, 1600)])
def test_a_picture_of_which_nothing_would_be_seen_is_not_shown(
    width: int, height: int, one: One, renderer: Renderer, page: Read
):
    image = Image(url="https://example.org/x.png", width=width, height=height)
    assert not page(renderer.render(one(image=image)).html).xpath("//img")


def test_the_words_of_an_editor_take_the_place_of_the_usual_subject_and_preheader(edition: Edition, renderer: Renderer):
    edited = replace(edition, subject="Trams,\nat <last>", preheader="And boats & more")
    rendition = renderer.render(edited)
    assert (rendition.subject, rendition.preheader) == ("Trams, at <last>", "And boats & more")
    assert "Trams, at &lt;last&gt;" in rendition.html
    assert "And boats &amp; more" in rendition.html
    usual = renderer.render(edition)
    assert "Trams" not in usual.subject
    assert renderer.render(replace(edited, subject="")).subject == usual.subject
    long = renderer.render(replace(edition, subject="word " * 60)).subject
    assert len(long) <= 120
    assert long.endswith("…")

"""A mail as a page on the web: without what was its reader's own, without anything that could act.

    Rendition.html ──names blanked──▶ tree ──scripts, handlers, Outlook's comments out──▶ ──the reader's links,──▶ Online
      with marks                       lxml   foreign schemes out; cid: to addresses         preheader, data-mail out

Nothing here knows the built-in template: a site's own edition.html is read alike. Nothing but the mail decides what its
page shows, so that it is the same after years. What comes out holds no mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from lxml.etree import Comment, ProcessingInstruction
from lxml.html import HtmlElement
from lxml.html.defs import link_attrs
from markupsafe import Markup

from digest.errors import RenderError
from digest.marks import Mark
from digest.render import text

_OWN = tuple(mark for mark in Mark if mark is not Mark.NAME)  # where only the reader may go
_MAIL_ALONE = "data-mail"  # on what is true of those who got it, such as why they did

# --- a name: with the emphasis around it, and with the comma of "Ann, good morning" or of "Good morning, Ann"
_BLANK = r"(?:\s|&nbsp;|&#160;|&#xa0;)"
_NAMED = r"(?:<(?P<{0}>b|strong|em|i|span|bdi|font)\b[^<>]*>)?\s*" + re.escape(Mark.NAME) + r"\s*(?({0})</(?P={0})>)"
_NAME = re.compile(
    rf"(?P<opens>^|[>\"])\s*{_NAMED.format('first')}[,:;!.]?{_BLANK}*|(?:{_BLANK}|,)*{_NAMED.format('later')}"
)

# --- a link: with what stands between it and its neighbours
_SEPARATORS = r"\s\u00b7\u2022\u2219|\u2013\u2014/,"
_LEADING, _TRAILING = re.compile(rf"^[.!?)\]]?[{_SEPARATORS}]*"), re.compile(rf"[{_SEPARATORS}(\[]+$")
_BARE = re.compile(rf"[{_SEPARATORS}.:;!?()\[\]]*")
_ENDS_IN_A_WORD = re.compile(r"[\w,]\s*$")
_THINGS = ".//img | .//hr | .//input | .//video | .//svg"
_INLINE = ("span", "strong", "em", "b", "i", "small", "font")
_EMPTIED = frozenset(("p", "li", "ul", "ol", "div", "center", "td", "tr", "tbody", "table", *_INLINE))

_HIDDEN = re.compile(r"display\s*:\s*none|max-height\s*:\s*0|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*[01]px|mso-hide")

_ACTIVE = ("script", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "link", "meta")
_LINKS = frozenset(link_attrs) | {"xlink:href", "srcset", "formaction", "ping", "poster"}
_UNREAD = re.compile(r"[\x00-\x20]+")  # browsers read a scheme without them (WHATWG URL, 4.4)
_UNSAFE = re.compile(r"(?!https?:|mailto:|tel:|sms:|cid:|data:image/)[a-z][a-z0-9+.-]*:", re.IGNORECASE)

_SOURCES = frozenset({"src", "background", "poster"})
_CANDIDATE = re.compile(r"([^\s,]\S*)(?:\s+[\d.]+[wx])?\s*(?:,|$)")  # of a srcset
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Online:
    """The parts of a page: ``styles`` go into its head, ``attributes`` into its body tag, ``content`` between its tags.

    ``picture`` is the address of the largest picture, "" without one; ``hosts`` are the sites that pictures come from.
    """

    language: str
    dir: str
    styles: Markup
    attributes: Markup
    content: Markup
    picture: str
    hosts: tuple[str, ...]


def nameless(line: str) -> str:
    """A line, or HTML, that greets nobody: "Good morning, Ann!" becomes "Good morning!"."""
    return _NAME.sub(lambda found: found["opens"] or "", line)


def online(html: str, picture: Callable[[str], str], *, preheader: str = "") -> Online:
    """What a page shows of a mail. ``picture`` gives the address of an embedded picture by its Content-ID.

    The ``preheader`` goes where it is hidden; so does what is marked as the mail's alone. Raises RenderError.
    """
    tree: Any = lxml.html.document_fromstring(nameless(html))  # its methods are unknown to the types of lxml
    body = tree.find("body")
    if body is None:
        raise RenderError("the mail has no <body>", hint="it was frozen with a template that makes no page")
    _take_out_what_acts(tree)
    _take_out_preheader(body, text.line(nameless(preheader)))
    _take_out_mail_alone(body)
    _take_out_own_links(body)
    tree.rewrite_links(lambda link: picture(link[4:]) if link.startswith("cid:") else link, resolve_base_href=False)
    hosts = tuple(dict.fromkeys(filter(None, map(_host, _pictures(tree)))))
    styles = [_taken(element) for element in [*tree.iter("meta"), *tree.iter("style")]]
    for inner in body.iter("main"):
        inner.tag = "div"  # the page around it has one
    return Online(
        language=tree.get("lang", ""),
        dir=tree.get("dir", ""),
        styles=_markup("\n".join(styles)),
        attributes=_markup("".join(f' {name}="{escape(value)}"' for name, value in body.attrib.items())),
        content=_markup(escape(body.text or "", quote=False) + "".join(map(_written, body))),
        picture=_largest(body),
        hosts=hosts,
    )


def _markup(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - of a frozen mail, whose templates have escaped what is foreign


def _written(element: HtmlElement, *, tail: bool = True) -> str:
    return str(lxml.html.tostring(element, encoding="unicode", with_tail=tail))


def _taken(element: HtmlElement) -> str:
    """An element written out, and no longer in its tree."""
    element.drop_tree()
    return _written(element, tail=False)


# --- what a page must not have ------------------------------------------------------------------------------------


def _take_out_what_acts(tree: HtmlElement) -> None:
    """Scripts and the like, handlers, schemes that run something; and comments, which speak to Outlook alone."""
    for node in list(tree.iter(Comment, ProcessingInstruction)):
        node.drop_tree()
    for element in list(tree.iter(*_ACTIVE)):
        if element.get("name", "").lower() != "color-scheme":  # the one word about itself that counts on a page, too
            _drop(element)
    for element in tree.iter():
        for name, value in element.attrib.items():
            if name.startswith("on") or name in {"srcdoc", "http-equiv"} or (name in _LINKS and _runs(value)):
                del element.attrib[name]


def _drop(element: HtmlElement) -> None:
    if element.tag == "embed":  # it has no end, and the parser takes what follows for its content
        element.drop_tag()
    else:
        element.drop_tree()


def _runs(address: str) -> bool:
    return bool(_UNSAFE.match(_UNREAD.sub("", address)))


def _take_out_preheader(body: HtmlElement, preheader: str) -> None:
    """The line that only lists of mails show."""
    for element in list(body.iterdescendants()):
        hidden = preheader and _HIDDEN.search(element.get("style", ""))
        if hidden and text.line(element.text_content()).startswith(preheader):
            element.drop_tree()


def _take_out_mail_alone(body: HtmlElement) -> None:
    for element in body.xpath(f".//*[@{_MAIL_ALONE}]"):
        parent = element.getparent()
        element.drop_tree()
        _take_out_if_bare(parent)


# --- the reader's own links ---------------------------------------------------------------------------------------


def _take_out_own_links(body: HtmlElement) -> None:
    for element in list(body.iter()):
        own = [name for name, value in element.attrib.items() if any(mark in value for mark in _OWN)]
        if "href" in own:
            _take_out(element)
        for name in own:
            del element.attrib[name]
    for element in body.iter():
        for mark in _OWN:  # an address that was written out
            element.text = element.text and element.text.replace(mark, "")
            element.tail = element.tail and element.tail.replace(mark, "")


def _take_out(link: HtmlElement) -> None:
    """Takes a link out with what parted it from its neighbours; in the midst of a sentence its words stay."""
    before, after = _text_before(link), link.tail or ""
    if _ends_in_a_word_that_goes_on(before, link.text_content()) or after.lstrip()[:1].islower():
        link.drop_tag()
        return
    link.tail = _LEADING.sub("", after)
    if link.tail == after or _is_last(link):  # what parted it stands before it
        _set_text_before(link, _TRAILING.sub("", before))
    parent = link.getparent()
    link.drop_tree()
    _take_out_if_bare(parent)


def _ends_in_a_word_that_goes_on(before: str, words: str) -> bool:
    return bool(_ENDS_IN_A_WORD.search(before)) and words.lstrip()[:1].islower()


def _is_last(link: HtmlElement) -> bool:
    return not link.tail and link.getnext() is None


def _text_before(link: HtmlElement) -> str:
    previous = link.getprevious()
    return (link.getparent().text if previous is None else previous.tail) or ""


def _set_text_before(link: HtmlElement, written: str) -> None:
    previous = link.getprevious()
    if previous is None:
        link.getparent().text = written
    else:
        previous.tail = written


def _take_out_if_bare(element: HtmlElement) -> None:
    """An element that has nothing left goes, and so does what held nothing else; a cell only with its row."""
    while element.tag in _EMPTIED and _BARE.fullmatch(element.text_content()) and not element.xpath(_THINGS):
        parent = element.getparent()
        if parent is None:  # it has gone already, with something else that stood in it
            return
        if element.tag == "td" and len(parent) > 1:
            return
        element.drop_tree()
        element = parent


# --- pictures -----------------------------------------------------------------------------------------------------


def _pictures(tree: HtmlElement) -> Iterator[str]:
    """The addresses of all that is shown, in style sheets too."""
    for element, attribute, address, _ in tree.iterlinks():
        if attribute in _SOURCES or attribute == "style" or element.tag == "style":
            yield address
    for element in tree.iter("img", "source"):
        yield from _CANDIDATE.findall(element.get("srcset", ""))


def _host(address: str) -> str:
    """Scheme and host as a policy names them (CSP 3, 2.3.1), "" for what is here or travels along."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    named = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc)
    return f"{parts.scheme}://{parts.netloc.lower()}" if named else ""


def _largest(body: HtmlElement) -> str:
    """The address of the first of the largest pictures, as far as their sizes are told."""
    images = list(body.iter("img"))
    return str(max(images, key=_area).get("src", "")) if images else ""


def _area(image: HtmlElement) -> int:
    width, height = (_pixels(image.get(name, "")) for name in ("width", "height"))
    return width * (height or width)


def _pixels(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() else 0

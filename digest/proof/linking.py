"""Judges the links: what they are called, where they lead, and that the one to leave is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from digest.proof import domains
from digest.proof.page import Page
from digest.proof.rules import Finding, Rule, cut, error, warning

LINK_NAME = error(
    "link-name",
    "WCAG 2.2, 2.4.4 and 4.1.2",
    'give it words, or its image an alt; a second link to the same page: tabindex="-1" aria-hidden="true"',
)
LINK_VAGUE = warning("link-vague", "WCAG 2.2, 2.4.4", "say in the link where it leads")
LINK_HTTP = warning("link-http", "Spam filters and browsers distrust http", "link to https")
LINK_SCHEME = error("link-scheme", "Clients and filters block it", "link to https or mailto only")
LINK_MISMATCH = error(
    "link-mismatch", "Phishing looks like this, and filters know", "show words, or the address that it leads to"
)
LINK_RELATIVE = error("link-relative", "RFC 3986, 5.1: a mail has no base", "write the whole address, with https://")
LINK_EMPTY = error("link-empty", "WCAG 2.2, 2.4.4", "fill in the address, or take the link away")
LINK_ANCHOR = error("link-anchor", "HTML, 7.4.6.4", "name a target with this id, or take the link away")
UNSUBSCRIBE_LINK = error(
    "unsubscribe-link", "Gmail and Yahoo, rules for senders; CAN-SPAM, 15 U.S.C. 7704", "show a link to unsubscribe"
)
VIEW_ONLINE = warning(
    "view-online", "Clients cut and change mails", "link to the mail on the web, there is one for unsubscribing too"
)
LINK_DEAD = error("link-dead", "RFC 9110, 15.5", "mend the address, or take the link away")
LINK_UNSURE = warning(
    "link-unsure", "RFC 9110, 15.5 and 15.6", "open it in a browser: it may be closed to programs only"
)

_GONE = frozenset({404, 410})
_VAGUE = re.compile(r"\W*(?:click(?: here)?|here|(?:read |learn |see )?more|(?:this )?link|this)\W*", re.IGNORECASE)
_BLOCKED = frozenset({"javascript", "data", "vbscript", "file", "about", "blob"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"digest\.mark\.|\{[{%]|%7B%7B", re.IGNORECASE)
_SHOWN_ADDRESS = re.compile(
    r"(?:https?://|www\.)(?P<full>[^\s/?#]+)\S*|(?P<bare>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov))(?:/\S*)?"
)
# The word to leave by, in the languages that mails are most often written in.
LEAVE = re.compile(
    r"\bunsubscri|\bunsub\b|\bopt[\s_-]?out\b|abmeld|abbestell|austrag|d[ée]sabonn|d[ée]sinscri|darse de baja|date de baja|desuscri|cancelar|descadastr|disiscri"
    r"|annulla|uitschrij|afmeld|avmeld|avregistr|avprenumer|peruuta|wypisz|rezygn|odhl[áa]s|leiratkoz|dezabon|отпис"
    r"|відпис|διαγραφ|abonelik|退订|取消订阅|退訂|配信停止|購読解除|구독|수신거부|إلغاء|הסר|لغو",
    re.IGNORECASE,
)
_ONLINE = re.compile(r"online|browser|web\s?version|on the web|web\s?page|archive|webversion", re.IGNORECASE)


def judge(page: Page) -> Iterator[Finding]:
    ids = {element.get("id") for element in page.elements} | {one.get("name") for one in page.root.iter("a")}
    for link in page.body.iter("a", "area"):
        if link.get("href") is None:
            continue
        yield from _name(page, link)
        yield from _target(page, link, ids)
        yield from _promise(page, link)


def leaving(page: Page, uris: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Judges whether a reader can leave; ``uris`` are those of List-Unsubscribe."""
    for link in page.body.iter("a", "area"):
        target = link.get("href", "").strip()
        if target in uris or LEAVE.search(f"{target} {_said(link)}"):
            return
    yield page.found(UNSUBSCRIBE_LINK, "no link in the mail unsubscribes", page.body)


def online(page: Page) -> Iterator[Finding]:
    """Judges, in an English mail, whether it can be read on the web as well."""
    if not page.root.get("lang", "en").lower().startswith("en"):
        return
    if not any(_ONLINE.search(f"{link.get('href', '')} {_said(link)}") for link in page.body.iter("a")):
        yield page.found(VIEW_ONLINE, "no link leads to the mail on the web", page.body)


def links(html: str) -> tuple[str, ...]:
    """Every http and https address of a page, once, in order; those of images too. A page of nothing has none."""
    try:
        page = Page(html)
    except (etree.LxmlError, ValueError):
        return ()
    found = (
        element.get(name, "").strip()
        for element in page.elements
        for name in ("href", "src", "background")
        if element.get(name)
    )
    return tuple(dict.fromkeys(one for one in found if one.lower().startswith(("http://", "https://"))))


def broken_by(status: int) -> Rule | None:
    """The rule that a link breaks whose address was answered with this status. Many sites refuse programs only."""
    if status in _GONE:
        return LINK_DEAD
    return LINK_UNSURE if status >= 400 else None  # noqa: PLR2004 - RFC 9110, 15.5: an error begins here


def _said(link: HtmlElement) -> str:
    """What a screen reader calls it (Accessible Name 1.2, shortened)."""
    alts = " ".join(image.get("alt", "") for image in link.iter("img"))
    return " ".join(f"{link.get('aria-label') or link.text_content()} {alts} {link.get('title', '')}".split())


def _name(page: Page, link: HtmlElement) -> Iterator[Finding]:
    if link.get("aria-hidden") == "true" and link.get("tabindex") == "-1":
        return
    said = _said(link) or link.get("alt", "").strip()
    if not said:
        yield page.found(LINK_NAME, f"a link without a name to {cut(link.get('href', ''))!r}", link)
    elif _VAGUE.fullmatch(said):
        yield page.found(LINK_VAGUE, f"{cut(said)!r} to {cut(link.get('href', ''))!r}", link)


def _target(page: Page, link: HtmlElement, ids: set[str | None]) -> Iterator[Finding]:
    target = link.get("href", "").strip()
    scheme = _SCHEME.match(re.sub(r"[\x00-\x20]", "", target))
    if target in {"", "#"}:
        yield page.found(LINK_EMPTY, f"{cut(_said(link))!r} leads nowhere", link)
    elif target.startswith("#"):
        if target[1:] not in ids and target.lower() != "#top":
            yield page.found(LINK_ANCHOR, f"nothing has the id of {cut(target)!r}", link)
    elif _PLACEHOLDER.search(target):
        return  # a placeholder: told as such
    elif not scheme:
        yield page.found(LINK_RELATIVE, cut(target), link)
    elif domains.leads_nowhere(target):
        yield page.found(LINK_EMPTY, f"{cut(_said(link))!r} leads to {cut(target)!r}, which is nowhere", link)
    elif scheme[1].lower() in _BLOCKED:
        yield page.found(LINK_SCHEME, cut(target), link)
    elif scheme[1].lower() == "http":
        yield page.found(LINK_HTTP, cut(target), link)


def _promise(page: Page, link: HtmlElement) -> Iterator[Finding]:
    """An address as the text of a link promises that this is where it leads."""
    said = " ".join(link.text_content().split())
    shown = _SHOWN_ADDRESS.fullmatch(said)
    target = link.get("href", "").strip()
    if not shown or not target.lower().startswith(("http:", "https:")):
        return
    promised = domains.host(f"https://{shown['full'] or shown['bare']}")
    there = domains.host(target)
    if promised and there and domains.registered(promised) != domains.registered(there):
        yield page.found(LINK_MISMATCH, f"{cut(said)!r} leads to {cut(there)}", link)

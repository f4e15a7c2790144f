"""Judges the header fields by which a mail program lets its reader leave (RFC 2369, RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.proof import domains
from digest.proof.head import Field, Head
from digest.proof.rules import Finding, Part, Rule, cut, error, warning

LIST_UNSUBSCRIBE = error(
    "list-unsubscribe", "RFC 2369, 3.2; RFC 8058, 3.1", "write one List-Unsubscribe with one https and one mailto URI"
)
LIST_UNSUBSCRIBE_BROKEN = error(
    "list-unsubscribe-broken", "RFC 2369, 2; RFC 2047, 5", "inside of < and > neither fold nor encode the URI"
)
ONE_CLICK = warning(
    "one-click",
    "RFC 8058; Gmail and Yahoo, rules for senders",
    "add an https URI that unsubscribes by POST: set web.url, and `digest serve` answers there",
)
UNSUBSCRIBE_MAIL = warning("unsubscribe-mail", "RFC 2369, 3.2", "add a mailto URI: some programs know no other")
LIST_UNSUBSCRIBE_POST = error(
    "list-unsubscribe-post", "RFC 8058, 3.1", "write exactly List-Unsubscribe-Post: List-Unsubscribe=One-Click"
)

_BETWEEN = re.compile(r"<([^<>]*)>")
ONE_CLICK_VALUE = b"List-Unsubscribe=One-Click"


def uris(head: Head) -> tuple[str, ...]:
    """All that List-Unsubscribe names, without the blanks that folds have left in them."""
    return tuple(
        re.sub(r"\s", "", uri) for field in head.all("List-Unsubscribe") for uri in _BETWEEN.findall(field.value)
    )


def judge(head: Head) -> Iterator[Finding]:
    fields = head.all("List-Unsubscribe")
    if len(fields) != 1:
        what = f"{len(fields)} times List-Unsubscribe" if fields else "there is no List-Unsubscribe"
        yield _found(LIST_UNSUBSCRIBE, what, fields[1] if fields else None)
    for field in fields[:1]:
        yield from _field(field)
    yield from _post(head, https=any(uri.lower().startswith("https://") for uri in uris(head)))


def _found(rule: Rule, what: str, field: Field | None) -> Finding:
    return Finding(rule, what, Part.MESSAGE, field.line if field else 0)


def _field(field: Field) -> Iterator[Finding]:
    raw = field.raw.decode("latin-1")
    if "=?" in raw:
        yield _found(LIST_UNSUBSCRIBE_BROKEN, "an encoded-word where a URI belongs", field)
        return
    if any(re.search(r"\s", uri) for uri in _BETWEEN.findall(raw)):
        yield _found(LIST_UNSUBSCRIBE_BROKEN, "a URI with a fold or a blank inside of it", field)
        return
    if _BETWEEN.sub("", raw).strip(" \t\r\n,"):
        yield _found(LIST_UNSUBSCRIBE_BROKEN, f"something stands outside of < and >: {cut(raw)!r}", field)
        return
    if re.search(r">\s*<", raw):
        yield _found(LIST_UNSUBSCRIBE_BROKEN, "no comma stands between the URIs", field)
        return
    for uri in filter(domains.leads_nowhere, _BETWEEN.findall(raw)):
        yield _found(LIST_UNSUBSCRIBE, f"nothing that leads anywhere in {cut(uri)!r}", field)
    schemes = [uri.partition(":")[0].lower() for uri in _BETWEEN.findall(raw)]
    yield from _schemes(schemes, field)


def _schemes(schemes: list[str], field: Field) -> Iterator[Finding]:
    for scheme in schemes:
        if scheme not in {"https", "mailto"}:
            yield _found(LIST_UNSUBSCRIBE, f"a URI of {cut(scheme)!r}", field)
    for scheme in ("https", "mailto"):
        if schemes.count(scheme) > 1:
            yield _found(LIST_UNSUBSCRIBE, f"{schemes.count(scheme)} URIs of {scheme}", field)
    if not schemes:
        yield _found(LIST_UNSUBSCRIBE, "List-Unsubscribe is empty", field)
    elif set(schemes) == {"mailto"}:
        yield _found(ONE_CLICK, "only by mail", field)
    elif set(schemes) == {"https"}:
        yield _found(UNSUBSCRIBE_MAIL, "only on the web", field)


def _post(head: Head, *, https: bool) -> Iterator[Finding]:
    field = head.first("List-Unsubscribe-Post")
    if field is None:
        if https:
            yield _found(LIST_UNSUBSCRIBE_POST, "there is no List-Unsubscribe-Post", None)
    elif field.raw.strip() != ONE_CLICK_VALUE:
        yield _found(LIST_UNSUBSCRIBE_POST, f"it says {cut(field.value)!r}", field)
    elif not https:
        yield _found(LIST_UNSUBSCRIBE_POST, "it promises one click, and there is no https URI", field)

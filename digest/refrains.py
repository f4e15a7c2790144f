"""What many articles of one source begin or end with, and no reader wants: breadcrumbs, bylines, calls to subscribe.

    excerpt ──▶ behind the title ──▶ behind refrains ──▶ behind labels ──▶ up to the byline ──▶ up to a call ──▶ cut
                "Home > Security │ The title │ …"        learned where a title     "Written by …"   "Read more…"
                                                         stands behind them

A refrain is a sentence that the excerpts of ``OFTEN`` articles with different titles begin with; behind it the next one
is looked for among those that share it, sentence by sentence. Five stories about one firm may all begin with its name:
only whole sentences are cut off, or what stands before the title of an article.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from digest.cutting import cut, is_finished, mended, sentence_ends
from digest.model import Article

OFTEN = 5  # different titles
TELLING = 40  # characters: an unfinished rest that is shorter tells nothing


def for_mail(articles: Iterable[Article], longest: int) -> tuple[Article, ...]:
    """The articles with excerpts as a mail shows them: without refrains, and at most ``longest`` characters.

    An excerpt of which nothing is left that tells something is "".
    """
    found = tuple(articles)
    sites: dict[str, list[int]] = defaultdict(list)
    for at, article in enumerate(found):
        sites[_site(article)].append(at)
    made = list(found)
    for members in sites.values():
        excerpts = [_Excerpt(found[at].title, found[at].excerpt) for at in members]
        _leave_what_is_shared(excerpts)
        calls = _calls(excerpts, longest)
        for at, excerpt, call in zip(members, excerpts, calls, strict=True):
            shown = _shown(found[at], excerpt.rest, call, longest)
            if shown != found[at].excerpt:
                made[at] = replace(found[at], excerpt=shown)
    return tuple(made)


def _site(article: Article) -> str:
    """Whose habits the article shows: those of the page that it came from, else of where it was found."""
    try:
        return urlsplit(article.source).hostname or article.origin
    except ValueError:
        return article.origin


def _shown(article: Article, rest: str, call: int, longest: int) -> str:
    """The rest of an excerpt as it is shown, up to the call at its end. A short one that is nothing but a refrain is what
    there is to say.
    """
    whole = article.excerpt
    shown = rest if call == len(rest) else mended(rest[:call].rstrip())
    if not rest and len(whole) <= longest and is_finished(whole) and article.title not in whole:
        return whole
    if rest != whole and len(shown) < TELLING and not is_finished(shown):
        return ""
    return cut(shown, longest)


# --- one site --------------------------------------------------------------------------------------------------------


class _Excerpt:
    """An article's title, what is left of its excerpt, and the label that was cut off before the title."""

    __slots__ = ("label", "rest", "title")

    def __init__(self, title: str, rest: str) -> None:
        self.title, self.rest, self.label = title, rest, ""


def _leave_what_is_shared(excerpts: Sequence[_Excerpt]) -> None:
    """Leaves of the excerpts of one site what each tells of its own."""
    _leave_titles(excerpts)
    had = _leave_refrains(excerpts)
    _leave_titles([excerpt for excerpt in excerpts if excerpt in had])
    _leave_labels(excerpts)
    _leave_bylines(excerpts)


# --- the title once more

_TITLE_BYTES = 24  # in UTF-8: a shorter title may well be the beginning of a sentence
_TITLE_REACH = 400  # characters in which a title is looked for
_SAME = str.maketrans("\u2018\u2019\u201c\u201d\u2010\u2011\u2013\u2014", "''\"\"----")
_BEHIND_TITLE = re.compile(r"(?P<sign>\s?[.:!?|\u00b7\u2022\u2013\u2014-]+)?(?:\s+|$)")


def _leave_titles(excerpts: Sequence[_Excerpt]) -> None:
    """The title goes where an excerpt repeats it, and what stands before, unless that is a finished sentence.

    Whether it is repeated, or a sentence begins with its words, is plain where a sign ends it, or where a label stands
    before it and a capital letter behind; anything else is a title if most of these excerpts are so.
    """
    unsure = []
    for excerpt in excerpts:
        if excerpt.rest == excerpt.title:
            excerpt.rest = ""
        elif found := _title_in(excerpt):
            at, behind = found
            if _is_repeated(excerpt.rest, at, behind):
                _cut_behind(excerpt, at, behind)
            else:
                unsure.append((excerpt, at, behind))
    if len({excerpt.title for excerpt, _, _ in unsure}) >= OFTEN and len(unsure) * 2 > len(excerpts):
        for excerpt, at, behind in unsure:
            _cut_behind(excerpt, at, behind)


def _title_in(excerpt: _Excerpt) -> tuple[int, re.Match[str]] | None:
    """Where the title stands in an excerpt, and what is behind it; None where it is plainly a part of a sentence."""
    title, text = excerpt.title, excerpt.rest
    if len(title.encode("utf-8", "replace")) < _TITLE_BYTES:
        return None
    at = _folded(text[:_TITLE_REACH]).find(_folded(title))
    behind = _BEHIND_TITLE.match(text, at + len(title)) if at >= 0 else None
    if not behind or text[behind.end() : behind.end() + 1].islower():
        return None
    return (at, behind) if not at or (not behind["sign"] and _is_label(text, at, behind)) else None


def _is_label(text: str, at: int, behind: re.Match[str]) -> bool:
    """Whether what stands before a title is none of the article's own sentences."""
    if text[at - 1] != " " or is_finished(text[: at - 1]):
        return False
    return behind.end() < len(text) or next(sentence_ends(text, 0, at), None) is None


def _is_repeated(text: str, at: int, behind: re.Match[str]) -> bool:
    """Whether a title plainly ends there. (Many scripts have no small letters that tell.)"""
    if behind.end() == len(text) or behind["sign"] or is_finished(text[at : behind.start()]):
        return True
    following = text[behind.end()]
    return at > 0 and (following.isupper() or not following.isalpha())


def _cut_behind(excerpt: _Excerpt, at: int, behind: re.Match[str]) -> None:
    excerpt.label, excerpt.rest = excerpt.rest[: max(0, at - 1)], excerpt.rest[behind.end() :]


def _folded(text: str) -> str:
    """For comparing, as long as it was."""
    folded = text.lower()
    if folded.isascii():
        return folded
    return (folded if len(folded) == len(text) else text).translate(_SAME)


# --- refrains

_SENTENCES = 30  # that one article has of them; bounds the work


def _leave_refrains(excerpts: Sequence[_Excerpt]) -> set[_Excerpt]:
    """Cuts off the sentences that many begin with; gives those that had one."""
    had: set[_Excerpt] = set()
    pending = [excerpt for excerpt in excerpts if excerpt.rest]
    for _ in range(_SENTENCES):
        # What is cut off behind the title may be the article's own.
        _leave_titles([excerpt for excerpt in pending if excerpt in had and _is_cut_off(excerpt.rest)])
        ends = [next(sentence_ends(excerpt.rest), len(excerpt.rest)) for excerpt in pending]
        named = [tuple(_names(excerpt.rest[:end], excerpt in had)) for excerpt, end in zip(pending, ends, strict=True)]
        titles: dict[str, set[str]] = defaultdict(set)
        for excerpt, names in zip(pending, named, strict=True):
            for name in names:
                titles[name].add(excerpt.title)
        shared = []
        for excerpt, end, names in zip(pending, ends, named, strict=True):
            # How a finished sentence begins is a breadcrumb, as like as not: it counts for those that were cut off.
            counting = names[:1] if excerpt in had and not _is_cut_off(excerpt.rest) else names
            if any(len(titles[name]) >= OFTEN for name in counting):
                excerpt.rest = excerpt.rest[end:].lstrip()
                shared.append(excerpt)
        had.update(shared)
        pending = [excerpt for excerpt in shared if excerpt.rest]
    return had


def _is_cut_off(rest: str) -> bool:
    """Whether the next sentence has no end."""
    return next(sentence_ends(rest), None) is None


_LABELS = 4  # words before a refrain that differ from one article to the next: "Home & Office Why you can trust us."
_REFRAIN_WORDS = 6  # behind such words


def _names(sentence: str, behind: bool) -> Iterator[str]:
    """What a sentence is known by: itself; the first of a text also without the labels that it begins with.

    Behind refrains it is also known by how it begins, for those of which no more is left.
    """
    yield sentence
    if behind:
        yield sentence[:TELLING] + "…"
        return
    words = sentence.split(" ", _LABELS + _REFRAIN_WORDS)
    for _ in range(min(_LABELS, len(words) - _REFRAIN_WORDS)):
        label, _, sentence = sentence.partition(" ")
        if label[:1].islower():
            break
        yield sentence


# --- labels

_LABEL_WORDS = 10
_SURE = 3  # words: a label that was seen before one title only is believed if it is so long
_DATE_REACH = 300  # characters
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DATE = rf"(?:{_MONTH}\ \d\d?,?\ \d{{4}}|\d\d?\.?\ {_MONTH}\ \d{{4}}|\d{{4}}-\d\d-\d\d)"
_TIME = r"\d\d?:\d\d(?:\ ?[AaPp]\.?[Mm]\b\.?)?(?:\ (?:[A-Z]{1,2}[SD]?T|UTC|CES?T)\b)?"
_DATE_LINE = re.compile(
    rf"(?:Posted|Published|Updated|Last\ [Uu]pdated)(?:\ on)?:?\ (?:{_TIME}\ [·|-]\ )?{_DATE}"
    rf"(?:,?\ (?:(?:at|[·|-])\ )?{_TIME})?(?=\s)",
    re.VERBOSE,
)


def _leave_labels(excerpts: Sequence[_Excerpt]) -> None:
    """Cuts off what stood before the titles of others, where the title of this article does not follow."""
    titles: dict[str, set[str]] = defaultdict(set)
    for excerpt in excerpts:
        if 0 < excerpt.label.count(" ") < _LABEL_WORDS:
            titles[excerpt.label].add(excerpt.title)
    sure = {label for label, seen in titles.items() if len(seen) > 1 or label.count(" ") + 1 >= _SURE}
    breadcrumbs = {label for label in sure if _names_sections(label.split(" "))}
    sections = {word for label in breadcrumbs for word in label.split(" ")}
    openings = tuple(f"{label} " for label in breadcrumbs)
    labels = breadcrumbs | {label for label in sure if label.startswith(openings)}
    for excerpt in excerpts if labels else ():
        excerpt.rest = excerpt.rest[_dated(excerpt.rest, sections) :]
        words = excerpt.rest.split(" ", _LABEL_WORDS)
        for count in range(len(words) - 1, 1, -1):
            if " ".join(words[:count]) in labels and not words[count][:1].islower():
                excerpt.rest = excerpt.rest.split(" ", count)[count]
                break


def _names_sections(words: Iterable[str]) -> bool:
    return not any(word.islower() for word in words)


def _dated(text: str, sections: set[str]) -> int:
    """How long the label is that a text begins with, if it is one of sections and date lines, and has both.

    Behind so many sections that it is sure, one more before a date line may be new.
    """
    named, begin, length = False, 0, 0
    for line in _DATE_LINE.finditer(text, 0, _DATE_REACH):
        words = text[begin : line.start()].split()
        known = words[:-1] if len(words) > _SURE and _names_sections(words) else words
        if not sections.issuperset(known):
            break
        named, begin = named or bool(words), line.end() + 1
        if named and not text[begin : begin + 1].islower():
            length = begin
    return length


# --- bylines

_BYLINE_REACH = 600  # characters
_BYLINE = re.compile(
    r"(?:^|(?<=[.!?'\"\u2019\u201d)])\s)(?:Written|Posted|Published|Reviewed|Edited) by(?:\s(?=[A-Z])|\u2026$)"
)


def _leave_bylines(excerpts: Sequence[_Excerpt]) -> None:
    """Cuts off a byline behind the first sentences, and what follows, where a site has the habit of it."""
    found = [(excerpt, _BYLINE.search(excerpt.rest, 0, _BYLINE_REACH)) for excerpt in excerpts if " by" in excerpt.rest]
    if len({excerpt.title for excerpt, byline in found if byline}) >= OFTEN:
        for excerpt, byline in found:
            excerpt.rest = excerpt.rest[: byline.start()] if byline else excerpt.rest


# --- calls to go on --------------------------------------------------------------------------------------------------

_CALL_REACH = 400  # characters from the end
_BEGIN = r"""(?:^|(?<=[.!?\u2026\])"\u201d]\s))"""
_ASKING = r"\ (?:to\ (?:find\ out|learn|see)|for)\ (?:more|all|how|what|when|where|which|who|why)\b[^.!?]*"
_FOOTER = re.compile(rf"{_BEGIN}The post\s.+\s(?:appeared first on|first appeared on)\s.+$")
_CALL = re.compile(
    rf"""{_BEGIN}
        (?: (?: (?:(?:Continue|Keep)\ reading|Read\ (?:more|on)) (?:{_ASKING})?
              | Read\ the\ (?:full|whole|rest|original|entire)(?:\ (?:article|interview|post|report|story)(?:\ here)?)?
              | Weiterlesen|Mehr\ lesen|Lire\ la\ suite|Leer\ más|Seguir\ leyendo|Continua\ a\ leggere
              | Lees\ (?:meer|verder)|Leia\ mais|Читать\ далее|Читать\ дальше
            )\b
          | 続きを読む|阅读更多|阅读全文
        )""",
    re.VERBOSE,
)
_CLOSING = " .!?:\u2026\u00bb\u203a\u2192>])\"'\u201c\u201d\u2018\u2019"
_ARROWS = ("\u00bb", "\u203a", "\u2192", ">")


def _calls(excerpts: Sequence[_Excerpt], longest: int) -> list[int]:
    """Where in each excerpt stands what asks to read on; its length where nothing does.

    "Keep reading aloud" may be what an article advises: that more words are a part of the call shows an arrow behind
    them, the title, or the habit of the site.
    """
    ends = [_without_footer(excerpt.rest, longest) for excerpt in excerpts]
    unsure: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, (excerpt, end) in enumerate(zip(excerpts, ends, strict=True)):
        for call in _found_calls(excerpt.rest, end, longest):
            named = excerpt.rest[call.end() : end].strip(_CLOSING)
            if _is_call(excerpt, named, end):
                ends[number] = call.start()
                break
            if next(sentence_ends(named), None) is None:
                unsure[call[0]].append((number, call.start()))
    for several in unsure.values():
        if len({excerpts[number].title for number, _ in several}) >= OFTEN:
            for number, begin in several:
                ends[number] = min(ends[number], begin)
    return ends


def _without_footer(text: str, longest: int) -> int:
    found = _FOOTER.search(text, max(0, len(text) - _CALL_REACH)) if len(text) <= longest + _CALL_REACH else None
    return len(text[: found.start()].rstrip()) if found else len(text)


def _found_calls(text: str, end: int, longest: int) -> Iterator[re.Match[str]]:
    """What may be calls. (What would be cut off anyway is not looked at.)"""
    return _CALL.finditer(text, max(0, end - _CALL_REACH), end) if end <= longest + _CALL_REACH else iter(())


def _is_call(excerpt: _Excerpt, named: str, end: int) -> bool:
    """Whether a call that names this, up to the ``end``, is one for sure."""
    if not named or _folded(excerpt.title).startswith(_folded(named)):
        return True
    return excerpt.rest.endswith(_ARROWS, 0, end) and next(sentence_ends(named), None) is None

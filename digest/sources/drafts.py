"""Whether an article may be shown at all. In doubt it may not: what was sent cannot be taken back.

    what fields say ─────────────┐
    what may have been one ──────┼──▶ show | hold: a draft | hide | unclear: a draft, and a problem
    what lies beside, unread ────┘

Whatever is said anywhere counts: at the top, in a container, in a file beside the article. One that says no more than the
others hides none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from digest.sources.dates import HOW_TO_WRITE, is_readable
from digest.sources.fields import Field, Fields, Path, is_no, is_switch, is_yes
from digest.sources.front_matter import plain_name
from digest.sources.overlooked import Stray, strays

HINT = "say draft: true or draft: false"

_ROWS = (Field.DRAFT, Field.PUBLISHED, Field.STATUS, Field.HIDDEN)
_DATES = (Field.APPEARS, Field.EXPIRY)
_ALL = (*_ROWS, Field.LISTED, *_DATES)
_USUAL = frozenset(plain_name(name) for field in _ALL for name in field.value)
_SWITCHES = frozenset(map(plain_name, Field.PUBLISHED.value))  # of which a date means no more than yes
# Names that mean other things elsewhere: what is said under them counts if it is plain.
_LOOSE = frozenset({"state", "hide", "archived"})
_NEVER = "9999"  # a year in which nothing expires
_SHOWN = 60


class Says(Enum):
    SHOW = auto()
    HOLD = auto()
    HIDE = auto()
    UNCLEAR = auto()


_ANSWERS = {
    (Field.DRAFT, True): Says.HOLD,
    (Field.DRAFT, False): Says.SHOW,
    (Field.PUBLISHED, True): Says.SHOW,
    (Field.PUBLISHED, False): Says.HOLD,
    (Field.HIDDEN, True): Says.HIDE,
    (Field.HIDDEN, False): Says.SHOW,
}
_STATUSES = {
    **dict.fromkeys(("published", "publish", "public", "live", "final", "active", "done"), Says.SHOW),
    **dict.fromkeys(("hidden", "unlisted"), Says.HIDE),
    **dict.fromkeys(("draft", "pending", "private", "unpublished", "archived", "trash", "scheduled"), Says.HOLD),
    **dict.fromkeys(("future", "review", "in review", "in-review", "wip"), Says.HOLD),
}


class Doubt(NamedTuple):
    """Why an article is taken for a draft though nothing says so plainly; ``line`` is 0 where it is not known."""

    what: str
    line: int
    hint: str = HINT


@dataclass(frozen=True, slots=True)
class Standing:
    draft: bool
    hidden: bool
    doubt: Doubt | None = None


class _Saying(NamedTuple):
    says: Says
    field: Field
    name: str
    text: str


def standing(fields: Fields) -> Standing:
    """What the fields of an article, and what was meant to be some, say of whether it may be shown."""
    said = tuple(_said(fields))
    found = {saying.says for saying in said}
    hidden = Says.HIDE in found
    if Says.HOLD in found:
        return Standing(draft=True, hidden=hidden)
    surely = any(saying.name == "draft" and saying.says is Says.SHOW for saying in said)  # settles other doubts
    doubt = next(chain(_unclear(fields, said, surely=surely), _overlooked(fields, surely=surely)), None)
    return Standing(draft=doubt is not None, hidden=hidden, doubt=doubt)


# --- what fields say -------------------------------------------------------------------------------------------------


def _said(fields: Fields) -> Iterator[_Saying]:
    for field in _ALL:
        for text, name in fields.stated(field):
            if field not in _DATES or name not in _SWITCHES:
                yield _Saying(_meaning(field, name, text), field, name, text)


def _meaning(field: Field, name: str, text: str) -> Says:
    if field is Field.LISTED:
        return Says.HIDE if is_no(text) else Says.SHOW
    if field in _DATES:
        return _timing(field, text)
    if field is Field.STATUS:
        found = _STATUSES.get(text.casefold(), Says.UNCLEAR)
    elif is_switch(text):
        found = _ANSWERS[field, is_yes(text)]
    else:
        found = Says.SHOW if field is Field.PUBLISHED and is_readable(text) else Says.UNCLEAR
    return Says.SHOW if found is Says.UNCLEAR and name in _LOOSE else found


def _timing(field: Field, text: str) -> Says:
    """What cannot be read may mean that it is too early, or too late."""
    never = field is Field.EXPIRY and (is_switch(text) or text.startswith(_NEVER))
    return Says.SHOW if never or not text or is_yes(text) or is_readable(text) else Says.UNCLEAR


def _unclear(fields: Fields, said: tuple[_Saying, ...], *, surely: bool) -> Iterator[Doubt]:
    for says, field, name, text in said:
        if says is Says.UNCLEAR and (field in _DATES or field is Field.DRAFT or not surely):
            what = f"it is taken for a draft: whether {name}: {text[:_SHOWN]!r} lets it be published is not clear"
            yield Doubt(what, fields.line(name), HOW_TO_WRITE if field in _DATES else HINT)


# --- what may have been meant to say something -----------------------------------------------------------------------


def _overlooked(fields: Fields, *, surely: bool) -> Iterator[Doubt]:
    for defect in fields.front.defects:
        if defect.unread and defect.where and not surely:
            yield Doubt(f"it is taken for a draft: {defect.where.name} cannot be read, and may say that it is one", 0)
    names = _names(tuple(fields.names[field] for field in _ALL))
    for stray in strays(fields, names, _USUAL):
        if doubt := _doubt(stray, names[plain_name(stray.name)], surely=surely):
            yield doubt


@lru_cache(maxsize=64)
def _names(rows: tuple[tuple[Path, ...], ...]) -> Mapping[str, Field]:
    """Which of ``_ALL`` a name at the top stands for; of several the first."""
    return {
        name: field
        for field, row in zip(reversed(_ALL), reversed(rows), strict=True)
        for name, below in row
        if not below
    }


def _doubt(stray: Stray, field: Field, *, surely: bool) -> Doubt | None:
    """A day that is not read is in doubt even if it could be."""
    is_day = field in _DATES and stray.text != ""
    says = Says.UNCLEAR if is_day else _meaning(field, plain_name(stray.name), stray.text)
    settled = surely and not is_day and field is not Field.DRAFT
    weak = stray.is_vague + (says is Says.UNCLEAR) + settled
    if says is Says.SHOW or weak > 1:
        return None
    what = f"it is taken for a draft: {stray.name}: {stray.text[:_SHOWN]!r} stands {stray.where}"
    return Doubt(what, stray.line, HOW_TO_WRITE if is_day else HINT)

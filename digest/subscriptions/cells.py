"""The words that people write about a subscriber, and the values they stand for; each is refused with a clear line."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Collection
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache, lru_cache

from digest.errors import UsageError
from digest.identity import category_key
from digest.model import FREQUENCIES, Selection, SubscriberStatus
from digest.subscriptions import vocabulary
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.entries import Entry, Pause

NAME_MAXIMUM = 200
SET_MAXIMUM = 2000  # characters of a cell that holds several names
_KEPT_FORMATS = "\u200c\u200d"  # joiners, which several scripts and emoji are written with
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)  # the shape of BCP 47
_SEPARATOR = re.compile("[;,]")
_YEARS = range(1970, 9000)  # of an instant: calendars end, and it is shown by every clock on earth


def entry(
    address: str,
    *,
    name: str | None = None,
    status: str | None = None,
    digests: str | None = None,
    categories: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    every: str | None = None,
    paused: str | None = None,
    known_digests: Collection[str] = (),
    reason: str = "",
) -> Entry:
    """An entry from words. None stays None: "leave it". Digests are looked up if the known ones are given.

    Raises AddressError for the address and UsageError for any other word.
    """
    return Entry(
        mailbox=mailbox(address),
        name=None if name is None else _name(name),
        status=None if status is None else _status(status),
        digests=None if digests is None else _digests(digests, tuple(known_digests)),
        selection=None if categories is None else selection(categories),
        language=None if language is None else _language(language),
        timezone=None if timezone is None else _timezone(timezone),
        every=None if every is None else frequency(every),
        pause=None if paused is None else _pause(paused),
        reason=clean(reason),
    )


def clean(text: str) -> str:
    """One line of printable text: whatever controls a terminal, a header or the direction of writing is gone."""
    if not text.isprintable():
        text = "".join(
            " " if character.isspace() or unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
            for character in text
            if character in _KEPT_FORMATS or unicodedata.category(character) not in ("Cf", "Cs")
        )
    return unicodedata.normalize("NFC", " ".join(text.split()))


@lru_cache(maxsize=1024)
def selection(text: str) -> Selection:
    """The categories of these names or keys. Raises UsageError."""
    names = _names(text, "categories")
    keys = {name: category_key(name) for name in names}
    if unnamed := sorted(name for name, key in keys.items() if not key):
        raise UsageError(f"{_shown(unnamed[0])} is not the name of a category")
    return Selection(frozenset(keys.values()))


@lru_cache(maxsize=64)
def frequency(text: str) -> int:
    """One of FREQUENCIES; each edition where nothing is said. Raises UsageError."""
    found = {str(every): every for every in FREQUENCIES}.get(text.strip() or "1")
    if found is None:
        raise UsageError(f"{_shown(text)} is not how often; one of: {', '.join(map(str, FREQUENCIES))}")
    return found


def nearest(word: str, known: Collection[str]) -> str:
    """`` (did you mean …?)`` if one of the known words is near."""
    found = get_close_matches(word, known, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _name(text: str) -> str:
    name = clean(text)
    if len(name) > NAME_MAXIMUM:
        raise UsageError(f"the name is longer than {NAME_MAXIMUM} characters")
    return name


def _status(text: str) -> SubscriberStatus:
    if found := vocabulary.status(text):
        return found
    known = ", ".join(SubscriberStatus)
    raise UsageError(f"unknown status {_shown(text)}; one of: {known}")


@lru_cache(maxsize=1024)
def _digests(text: str, known: tuple[str, ...]) -> frozenset[str]:
    names = _names(text, "digests")
    for name in sorted(names):
        if known and name not in known:
            raise UsageError(f"unknown digest {_shown(name)}{nearest(name, known)}; one of: {', '.join(known)}")
    return names


@lru_cache(maxsize=256)
def _language(text: str) -> str:
    language = text.strip().replace("_", "-")
    if language and not _LANGUAGE.fullmatch(language):
        raise UsageError(f"{_shown(text)} is not a language, such as en or pt-BR")
    return language


@lru_cache(maxsize=1024)
def _timezone(text: str) -> str:
    zone = text.strip()
    if zone and zone not in _zones():
        raise UsageError(f"unknown time zone {_shown(zone)}{nearest(zone, _zones())}; names are like Europe/Paris")
    return zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _pause(text: str) -> Pause:
    """A day, which begins at midnight UTC, or an instant; without a zone it is in UTC."""
    if not text.strip():
        return Pause(None)
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        moment = datetime.min  # in no year of ours
    if moment.year not in _YEARS:
        raise UsageError(f"{_shown(text)} is not a day or an instant, such as 2025-12-24 or 2025-12-24T08:00+01:00")
    return Pause(moment)


def _names(text: str, what: str) -> frozenset[str]:
    """Names separated by ``;`` or ``,``."""
    if len(text) > SET_MAXIMUM:
        raise UsageError(f"the {what} are longer than {SET_MAXIMUM} characters")
    return frozenset(name for piece in _SEPARATOR.split(text) if (name := clean(piece)))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")  # noqa: PLR2004 - as much as a line bears

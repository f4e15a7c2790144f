"""What the archive holds at one moment: which editions, under which paths, in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from digest.render.online import nameless
from digest.store.archive import Published

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Catalogue:
    """Editions, the newest first; ``turned`` is when somebody last took one out of it, or put it back."""

    editions: tuple[Published, ...] = ()
    turned: datetime | None = None

    @property
    def modified(self) -> datetime:
        """When the list was last another one."""
        instants = [edition.frozen for edition in self.editions[:1]]
        return max([*instants, self.turned or _BEGINNING])

    @cached_property
    def by_path(self) -> Mapping[str, Published]:
        return {path_of(edition): edition for edition in self.editions}

    @cached_property
    def by_name(self) -> Mapping[str, Published]:
        """By digest and period: ``weekly/2025-W40``."""
        return {f"{edition.digest}/{edition.period}": edition for edition in self.editions}

    @cached_property
    def _of_digest(self) -> Mapping[str, tuple[Published, ...]]:
        ordered = sorted(self.editions, key=lambda edition: (edition.digest, edition.number))
        return {digest: tuple(group) for digest, group in groupby(ordered, key=lambda edition: edition.digest)}

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(self._of_digest)

    @cached_property
    def _neighbours(self) -> Mapping[int, tuple[Published | None, Published | None]]:
        return {
            edition.id: (before, after)
            for row in self._of_digest.values()
            for before, edition, after in zip((None, *row[:-1]), row, (*row[1:], None), strict=True)
        }

    def around(self, edition: Published) -> tuple[Published | None, Published | None]:
        """The editions of the same digest before and after it."""
        return self._neighbours[edition.id]

    def modified_page(self, edition: Published) -> datetime:
        """When the page of an edition was last another one: it links to the next edition, too."""
        _, after = self.around(edition)
        return max(edition.frozen, after.frozen if after else _BEGINNING, self.turned or _BEGINNING)

    def years(self, zone: ZoneInfo) -> tuple[tuple[int, tuple[Published, ...]], ...]:
        """The editions by the year in which they came out in a zone, the newest first."""
        grouped = groupby(self.editions, key=lambda edition: edition.frozen.astimezone(zone).year)
        return tuple((year, tuple(group)) for year, group in grouped)


def path_of(edition: Published) -> str:
    """Where its page is for good: numbers are unique within a digest."""
    return f"{edition.digest}/{edition.number}"


def picture_name(cid: str, media_type: str) -> str:
    """The file of an embedded picture, beside its edition's page."""
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', cid.partition('@')[0])}.{media_type.partition('/')[2].partition('+')[0]}"


def headline(edition: Published) -> str:
    """The subject without what a list says anyway: "Fieldnotes #12: The library" becomes "The library"."""
    subject = nameless(edition.subject)
    said = re.compile(rf"{re.escape(edition.title)}\W*{edition.number}\s*[:\u2013\u2014\u00b7|-]\s*(?=\S)")
    return said.sub("", subject, count=1) if said.match(subject) else subject

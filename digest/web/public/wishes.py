"""What the form of the preferences shows, and what it sends: a wish, held against what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from digest.identity import category_key
from digest.model import FREQUENCIES, Choices, Selection, Subscriber
from digest.subscriptions.cells import NAME_MAXIMUM, SET_MAXIMUM
from digest.subscriptions.preferring import Preferences
from digest.web.public import zones
from digest.web.public.forms import Form

_PAUSE_MAXIMUM = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Offer:
    """What one person can choose from, at an instant, on their own clock. Names by key; ``person`` is as they are."""

    person: Subscriber
    digests: Mapping[str, str]
    categories: Mapping[str, str]
    languages: Mapping[str, str]
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def paused(self) -> date | None:
        """The day until which nothing is sent, if it is to come."""
        until = self.person.paused
        return until.astimezone(self.zone).date() if until and until > self.now else None

    @property
    def latest(self) -> date:
        """The last day that a pause may end on."""
        return self.today + _PAUSE_MAXIMUM


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields of the form, each as it is written there."""

    name: str
    digests: frozenset[str]
    categories: frozenset[str]
    every: str
    language: str
    timezone: str
    paused: str

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """What somebody has chosen up to now."""
        person = offer.person
        return cls(
            name=person.name,
            digests=person.digests or frozenset(offer.digests),
            categories=person.selection.categories,
            every=str(person.every),
            language=person.language,
            timezone=person.timezone,
            paused=offer.paused.isoformat() if offer.paused else "",
        )

    @classmethod
    def read(cls, form: Form) -> Self:
        return cls(
            name=form.text("name"),
            digests=frozenset(form.texts("digests")),
            categories=frozenset(filter(None, map(category_key, form.texts("categories")))),
            every=form.text("every"),
            language=form.text("language"),
            timezone=form.text("timezone"),
            paused=form.text("paused"),
        )

    def faults(self, offer: Offer) -> frozenset[str]:
        """The fields that cannot be kept as they are."""
        known = {"", offer.person.language, *offer.languages}
        wrong = {
            "name": len(self.name) > NAME_MAXIMUM,
            "digests": len(offer.digests) > 1 and not self.digests & set(offer.digests),
            "categories": len(";".join(self.categories)) > SET_MAXIMUM,
            "every": self.every not in map(str, FREQUENCIES),
            "language": self.language not in known,
            "timezone": self.timezone not in {"", offer.person.timezone} and not zones.offered(self.timezone),
            "paused": bool(self.paused) and not _within(self.paused, offer),
        }
        return frozenset(field for field, is_wrong in wrong.items() if is_wrong)

    def meant(self, offer: Offer) -> Preferences:
        """What it means, where it has no faults. What the form did not ask, because there is only one, stays."""
        person = offer.person
        choices = Choices(
            name=self.name,
            digests=self._digests(offer) if len(offer.digests) > 1 else person.digests,
            selection=Selection(self.categories),
            language=self.language if len(offer.languages) > 1 else person.language,
            timezone=self.timezone,
        )
        return Preferences(choices, int(self.every), self._until(offer))

    def _digests(self, offer: Offer) -> frozenset[str]:
        """All of them means every one there will be; what is not offered any more was chosen, and stays."""
        ticked = self.digests & set(offer.digests)
        return frozenset() if ticked == set(offer.digests) else ticked | (offer.person.digests - set(offer.digests))

    def _until(self, offer: Offer) -> datetime | None:
        """Midnight at the start of that day; the very instant where the day is the one it was."""
        if not self.paused:
            return None
        day = date.fromisoformat(self.paused)
        if day == offer.paused:
            return offer.person.paused
        until = datetime.combine(day, time(), offer.zone).astimezone(UTC)
        return until if until > offer.now else None


def _within(written: str, offer: Offer) -> bool:
    """Whether it is a day from today to the last one."""
    try:
        return offer.today <= date.fromisoformat(written) <= offer.latest
    except ValueError:
        return False

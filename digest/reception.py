"""What readers can do by themselves, behind the pages: asking, confirming, choosing, leaving, reading their own edition.

Everything that acts is named by a signed token: whoever holds none acts for nobody. Nothing here knows of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.app import App
from digest.config import Web, meaning
from digest.identity import category_key
from digest.links import Purpose
from digest.model import Selection, Subscriber
from digest.subscriptions import asking, leaving, preferring
from digest.subscriptions.asking import Answer, Ask, Standing
from digest.subscriptions.preferring import Preferences


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever follows a link of a mail: ``edition`` is its name, or "" for a link from elsewhere.

    ``subscriber`` is None for a sample reader, and for somebody of whom nothing is known any more.
    """

    edition: str
    subscriber: Subscriber | None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who has left, or None for nobody we know; ``undo`` is the token that takes it back, "" if nothing does."""

    subscriber: Subscriber | None
    undo: str = ""


class Reception:
    """Acts for readers. Every method may raise LinkError for a token and StoreError (busy: try again)."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._terms = meaning.terms(app.config)

    # --- asking to be mailed

    def form(self) -> str:
        """A token for a form that is shown now."""
        return self._app.signer.sign_form(self._app.now())

    def form_age(self, token: str) -> timedelta:
        """How long ago that form was shown."""
        return self._app.now() - self._app.signer.read_form(token)

    def ask(self, asked: Ask) -> Answer:
        """Raises AddressError. ``asked.client`` is an internet address, of which a hash is kept."""
        return asking.ask(self._app.requests, self._hashed(asked), self._terms, now=self._app.now())

    def request(self, token: str) -> Standing:
        """Where a request stands; nothing is changed."""
        request = self._app.signer.read_request(token)
        return asking.look(self._app.requests, request, self._terms, now=self._app.now())

    def confirm(self, token: str, client: str) -> Standing:
        """Does what was asked."""
        request = self._app.signer.read_request(token)
        hashed = self._app.signer.hashed_client(client)
        return asking.confirm(self._app.requests, request, self._terms, client=hashed, now=self._app.now())

    # --- leaving

    def visitor(self, purpose: Purpose, token: str) -> Visitor:
        """Who follows this link; nothing is changed."""
        if purpose is Purpose.PREFERENCES:
            return self._owner(token)
        edition, subscriber = self._app.signer.read(purpose, token)
        return Visitor(edition, self._app.subscribers.get(subscriber))

    def leave(self, token: str, words: str = "") -> Left:
        """Unsubscribes the reader of an unsubscribe link at once."""
        edition, subscriber = self._app.signer.read(Purpose.UNSUBSCRIBE, token)
        now = self._app.now()
        left = leaving.leave(self._app.subscribers, subscriber, edition=edition, words=words, now=now)
        if left is None or left.changed != now or not leaving.may_undo(left, now):
            return Left(left)  # who had left before is not brought back by whoever holds a link of theirs
        return Left(left, self._app.signer.sign_undo(left.id, now))

    def leaver(self, token: str) -> Subscriber | None:
        """Who follows the link that takes back that they left; nothing is changed."""
        return self._app.subscribers.get(self._app.signer.read_undo(token)[0])

    def undo(self, token: str) -> Subscriber | None:
        """Takes back that somebody left; None when it is too late for that."""
        subscriber, left = self._app.signer.read_undo(token)
        return leaving.undo(self._app.subscribers, subscriber, left=left, now=self._app.now())

    def fewer(self, token: str, *, every: int, categories: Selection, paused: datetime | None) -> Subscriber | None:
        """Fewer mails for the reader of an unsubscribe link."""
        _, subscriber = self._app.signer.read(Purpose.UNSUBSCRIBE, token)
        return leaving.fewer(
            self._app.subscribers, subscriber, every=every, categories=categories, paused=paused, now=self._app.now()
        )

    # --- choosing

    def preferences_token(self, subscriber: Subscriber) -> str:
        """The token of their preferences, for somebody who has just proved that the mailbox is theirs."""
        return self._app.signer.sign_preferences("", subscriber.id, subscriber.address)

    def unsubscribe_token(self, subscriber: Subscriber) -> str:
        """The token that they leave by, on the page of their preferences."""
        return self._app.signer.sign(Purpose.UNSUBSCRIBE, "", subscriber.id)

    def prefer(self, token: str, wanted: Preferences) -> Subscriber | None:
        """Keeps what the reader of a preferences link wants."""
        return preferring.prefer(self._app.subscribers, self._own(token), wanted, now=self._app.now())

    def move(self, token: str, asked: Ask) -> Answer:
        """Asks the new address to confirm. Raises AddressError."""
        asked = self._hashed(asked)
        return asking.ask_to_move(self._app.requests, self._own(token), asked, self._terms, now=self._app.now())

    def erase(self, token: str) -> bool:
        """Forgets the reader of a preferences link; False when nothing was known of them."""
        return preferring.erase(self._app.subscribers, self._own(token), now=self._app.now())

    def data(self, token: str) -> dict[str, Any] | None:
        """All that is known of the reader of a preferences link."""
        person = self._app.subscribers.get(self._own(token))
        if person is None:
            return None
        return preferring.data(
            person,
            self._app.subscribers.receipts(person.id),
            self._app.requests.asked_by(person.id),
            self._app.notices.of_subscriber(person.id),
        )

    def now(self) -> datetime:
        return self._app.now()

    def zone(self, timezone: str) -> ZoneInfo:
        """A reader's time zone; the site's where they have chosen none, or one that is not known here."""
        try:
            return ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(self._app.config.site.timezone)

    @property
    def web(self) -> Web:
        """What is configured for the pages."""
        return self._app.config.web

    @property
    def digests(self) -> Mapping[str, str]:
        """The digests that there are, by name, with their titles."""
        return {name: self._app.digest(name).title for name in self._app.digests}

    @property
    def categories(self) -> Mapping[str, str]:
        """The categories of the latest editions, by key, with their names."""
        found = {category_key(name): name for name in self._app.editions.categories()}
        return dict(sorted(found.items(), key=lambda item: item[1].casefold()))

    def _owner(self, token: str) -> Visitor:
        """Whose preferences a token opens: nobody's, once they have moved to another address."""
        edition, subscriber, tag = self._app.signer.read_preferences(token)
        person = self._app.subscribers.get(subscriber)
        return Visitor(edition, person if person and self._app.signer.is_of(tag, person.address) else None)

    def _own(self, token: str) -> int:
        """Their id; 0, which nobody has, for nobody."""
        owner = self._owner(token).subscriber
        return owner.id if owner else 0

    def _hashed(self, asked: Ask) -> Ask:
        return replace(asked, client=self._app.signer.hashed_client(asked.client))

"""Readers who ask on the pages and confirm, over a real database, and a postman who hands over at once what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model import Choices, Request, Selection, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.requests import Requests
from digest.store.subscribers import Subscribers
from digest.subscriptions import asking
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.asking import Answer, Ask, Standing, Terms
from digest.subscriptions.lettering import take

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
SECOND, HOUR, DAY, WEEK = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
TERMS = Terms(confirm_within=WEEK, per_client=10, blocked_domains=frozenset({"blocked.example", "münchen.example"}))
READER = "Reader@example.org"
CHOICES = Choices("First Reader", frozenset({"weekly"}), Selection(frozenset({"ai"})), "de", "Europe/Berlin")
PENDING, ACTIVE = SubscriberStatus.PENDING, SubscriberStatus.ACTIVE
UNSUBSCRIBED, SUPPRESSED = SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.SUPPRESSED


class Desk:
    """What readers ask for, in one database."""

    def __init__(self, database: Database) -> None:
        self.book, self.people = Requests(database), Subscribers(database)

    def is_there(self, address: str = READER, status: SubscriberStatus = ACTIVE, **more: Any) -> int:
        """Puts somebody on the list; they have been there for a month."""
        then = NOW - 30 * DAY
        with self.people.changing() as changes:
            key = mailbox(address).key
            changes.write([(key, Subscriber(0, address, **{"created": then, "changed": then, **more}, status=status))])
            return changes.known([key])[key].id

    def erase(self, address: str = READER) -> None:
        with self.people.changing() as changes:
            changes.erase(mailbox(address).key, NOW)

    def turn(self, status: SubscriberStatus, now: datetime, address: str = READER) -> None:
        with self.people.changing() as changes:
            changes.write([(mailbox(address).key, replace(self.person(address), status=status, changed=now))])

    def ask(self, address: str = READER, *, now: datetime = NOW, terms: Terms = TERMS, **more: Any) -> Answer:
        return asking.ask(self.book, Ask(address, **{"choices": CHOICES, "client": "c1", **more}), terms, now=now)

    def move(self, mover: int, address: str, *, now: datetime = NOW, terms: Terms = TERMS) -> Answer:
        return asking.ask_to_move(self.book, mover, Ask(address, page="page", client="c1"), terms, now=now)

    def post(self, now: datetime = NOW) -> list[Request]:
        """The letters that leave now."""
        letters: list[Request] = []
        while due := self.book.due(now):
            if letter := take(self.book, due.id, TERMS.confirm_within, now=now):
                letters.append(letter)
        return letters

    def letter(self, address: str = READER, *, now: datetime = NOW, **more: Any) -> Request:
        """Asks, and has the letter."""
        self.ask(address, now=now, **more)
        (letter,) = self.post(now)
        return letter

    def look(self, request: Request, now: datetime = NOW) -> Standing:
        return asking.look(self.book, request.id, TERMS, now=now)

    def confirm(self, request: Request, now: datetime = NOW + SECOND) -> Standing:
        return asking.confirm(self.book, request.id, TERMS, client="c2", now=now)

    def person(self, address: str = READER) -> Subscriber:
        found = self.people.find(mailbox(address).key)
        assert found
        return found

    def everything(self) -> tuple[object, ...]:
        return tuple(self.people.each()), tuple(filter(None, map(self.book.find, range(1, 50))))


def there(desk: Desk, who: str, address: str = READER) -> None:
    """Somebody who is a subscriber of that status, was erased, or is nobody."""
    if who in set(SubscriberStatus):
        desk.is_there(address, SubscriberStatus(who), name="Their Own", reason="as it was")
    elif who == "erased":
        desk.is_there(address)
        desk.erase(address)


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What becomes of it if so many do it at the same moment."""
    start, results = threading.Barrier(count), list[object]()

    def run(number: int) -> None:
        start.wait()
        results.append(act(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results

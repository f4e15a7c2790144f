"""Erasing: what is forgotten of a person, and the salted hash of their address that stays."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select, update

from digest.store.tables import deliveries, erased, meta, notices, requests, subscribers

SALT = "erasure_salt"
NO_CHOICES: dict[str, object] = {"name": "", "digests": [], "categories": [], "language": "", "timezone": ""}
# All that stays of a server's reply: the rest may hold the address in any spelling, a part of it, or a name.
_CODES = re.compile(r"\b[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?\b")


def salt(connection: Connection) -> str:
    """What erased addresses are hashed with; "" as long as nobody was erased."""
    return connection.execute(select(meta.c.value).where(meta.c.name == SALT)).scalar_one_or_none() or ""


def hashed(salted_with: str, key: str) -> str:
    return hashlib.sha256(f"{salted_with}{key}".encode()).hexdigest()


def is_erased(connection: Connection, key: str) -> bool:
    """Whether the person with that key was erased on request."""
    known = hashed(salt(connection), key)
    return bool(connection.execute(select(exists().where(erased.c.address_hash == known))).scalar_one())


def forget(connection: Connection, key: str, salted_with: str) -> None:
    """Empties what was kept of the person with that key, who is about to be erased: the reports about them or that name
    them, what servers said of them, and what was asked for them or by them.
    """
    person = connection.execute(
        select(subscribers.c.id, subscribers.c.address).where(subscribers.c.address_key == key)
    ).one_or_none()
    theirs = requests.c.address_key == key
    if person:
        theirs = or_(theirs, requests.c.subscriber == person.id)
        former = connection.execute(select(requests.c.address, requests.c.former).where(theirs)).all()
        for address in {person.address, *(name for row in former for name in row)} - {""}:
            naming = or_(notices.c.subscriber == person.id, notices.c.text.icontains(address, autoescape=True))
            connection.execute(update(notices).where(naming).values(text="", raw=None))
            _forget_raw(connection, address)
        _forget_replies(connection, person.id)
    _leave_counts(connection, theirs, salted_with)


def _leave_counts(connection: Connection, theirs: ColumnElement[bool], salted_with: str) -> None:
    """Of what was asked, that a client asked and an inbox was written to: or erasing would set both free to go on."""
    nameless = [
        {"row": row.id, "whose": hashed(salted_with, row.inbox) if row.inbox else ""}
        for row in connection.execute(select(requests.c.id, requests.c.inbox).where(theirs))
    ]
    if nameless:
        empty = dict.fromkeys(("address", "address_key", "former", "page", "wording", "reply"), "")
        connection.execute(
            update(requests)
            .where(requests.c.id == bindparam("row"))
            .values(inbox=bindparam("whose"), subscriber=None, choices=NO_CHOICES, due=None, **empty),
            nameless,
        )


def _forget_raw(connection: Connection, address: str) -> None:
    """Reports that were kept whole; they are few, and are kept for 90 days."""
    name = address.lower().encode()
    kept = connection.execute(select(notices.c.id, notices.c.raw).where(notices.c.raw.is_not(None)))
    naming = [{"row": row.id} for row in kept if name in row.raw.lower()]
    if naming:
        connection.execute(update(notices).where(notices.c.id == bindparam("row")).values(text="", raw=None), naming)


def _forget_replies(connection: Connection, person: int) -> None:
    """All of their deliveries are held, or a sender might write what a server says just now."""
    theirs = select(deliveries.c.id, deliveries.c.reply).where(deliveries.c.subscriber == person)
    said = connection.execute(theirs.order_by(deliveries.c.id).with_for_update())
    bare = [{"row": row.id, "codes": _without_words(row.reply)} for row in said if row.reply]
    if bare:
        connection.execute(
            update(deliveries).where(deliveries.c.id == bindparam("row")).values(reply=bindparam("codes")), bare
        )


def _without_words(reply: str) -> str:
    found = _CODES.search(reply)
    return found[0] if found else ""

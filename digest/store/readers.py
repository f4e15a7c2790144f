"""Who gets an edition, and which mail, as the database is asked: the same as ``digest.model.Audience``."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_

from digest.model import Audience, SubscriberStatus
from digest.store.tables import subscribers

PAUSED = "paused"

IS_ACTIVE = subscribers.c.status == SubscriberStatus.ACTIVE
IS_AWAKE = or_(subscribers.c.paused.is_(None), subscribers.c.paused <= bindparam("now"))
# What a person is when their message is about to leave: their status, or that they have paused.
STANDING = case((and_(IS_ACTIVE, ~IS_AWAKE), PAUSED), else_=subscribers.c.status)


def gets(digest: str) -> ColumnElement[bool]:
    """Whether a subscriber gets this digest; names hold no ``;``, ``%`` or ``_`` that LIKE would mind."""
    listed = (literal(";") + subscribers.c.digests + ";").contains(f";{digest};", autoescape=True)
    return or_(subscribers.c.digests == "", listed)


def readers(audience: Audience) -> ColumnElement[bool]:
    return and_(*conditions(audience))


def conditions(audience: Audience) -> tuple[ColumnElement[bool], ...]:
    """What must be so for somebody to be a reader of an edition, in the order in which it is told why they are none."""
    awake = or_(subscribers.c.paused.is_(None), subscribers.c.paused <= audience.at)
    return IS_ACTIVE, gets(audience.digest), awake, literal(audience.number) % subscribers.c.every == 0


def language(audience: Audience) -> ColumnElement[str]:
    """Which of the further languages a reader's mail is in; "" for the site's, which is the first."""
    spoken = func.lower(subscribers.c.language)
    offered = [(language.lower(), language if place else "") for place, language in enumerate(audience.languages)]
    exact = [(spoken == tag, language) for tag, language in offered]
    near = [(spoken.startswith(f"{tag}-", autoescape=True), language) for tag, language in offered]
    return case(*exact, *near, else_="") if offered else literal("")

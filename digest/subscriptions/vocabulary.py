"""What other programs call the columns of their exports, and the words that stand in them.

Mailchimp, Substack, Buttondown, Ghost, listmonk, Kit and Brevo, and lists that people keep themselves, in English,
German, French and Spanish. Names and words are compared without case, accents and whatever stands between their
letters: ``E-Mail`` is ``email``, ``Prénom`` is ``PRENOM``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from digest.model import SubscriberStatus

COLUMNS: Final = ("email", "name", "status", "digests", "categories", "language", "timezone", "every", "paused")


class Column(StrEnum):
    """What a column of another program says that none of ours does."""

    GIVEN = "given name"
    FAMILY = "family name"
    LEFT = "has left"  # what stands in it, but for a no, says that they have: a day, a reason, a yes
    DEAD = "must not be mailed"  # likewise
    SUBSCRIBED = "is subscribed"  # yes or no
    PASSED_OVER = ""


NAMES: Mapping[str, str] = {
    "email": "email address, email id, mail, mail address, E-Mail-Adresse, Mailadresse, "
    "adresse e-mail, adresse mail, adresse électronique, courriel, "
    "correo, correo electrónico, dirección de correo, dirección de correo electrónico, dirección de email",
    "name": "full name, display name, subscriber name, vollständiger Name, nom, nom complet, nombre completo",
    Column.GIVEN: "first name, given name, Vorname, prénom, nombre",
    Column.FAMILY: "last name, family name, surname, Nachname, Familienname, nom de famille, apellido, apellidos",
    "status": "email status, email marketing status, marketing status, member status, subscriber status, "
    "subscription status, contact status, type, subscriber type, "
    "statut, statut de l'abonné, estado, estado de suscripción",
    Column.LEFT: "unsub time, unsub campaign title, unsub campaign id, unsub reason, unsub reason other, unsubscribed, "
    "unsubscribed at, unsubscribe date, unsubscribe reason, unsubscription date, unsubscription reason, "
    "email disabled, opted out, opt-out, opt-out date, deleted at, "
    "abgemeldet, abgemeldet am, Abmeldedatum, désabonné, désinscrit, date de désinscription, baja, fecha de baja",
    Column.DEAD: "clean time, clean campaign title, clean campaign id, bounced, bounced at, hard bounced, complained, "
    "undeliverability date, undeliverability reason, "
    "email blacklisted, email blocklisted, blacklisted, blocklisted, email blacklist, email blocklist",
    Column.SUBSCRIBED: "subscribed, is subscribed, subscribed to emails, opt-in, opted in, accepts marketing, "
    "accepts email marketing, newsletter, abonniert, abonné, suscrito",
    "categories": "category, Kategorie, Kategorien, catégorie, catégories, categoría, categorías",
    "language": "lang, locale, Sprache, langue, idioma",
    "timezone": "Zeitzone, fuseau horaire, zona horaria",
    # What says nothing of a reader, though a rule of digest.subscriptions.columns would stop at its name.
    Column.PASSED_OVER: "active subscription, cancel date, double opt-in, opt-in time, opt-in ip, "
    "sms blacklisted, commenting disabled, status changed, status date",
}

STATUSES: Mapping[SubscriberStatus, str] = {
    SubscriberStatus.ACTIVE: "active, subscribed, enabled, confirmed, opted in, "
    "regular, premium, gifted, trialed, past due, churning, free, paid, comp, "
    "aktiv, abonniert, angemeldet, bestätigt, actif, abonné, inscrit, confirmé, activo, suscrito, confirmado",
    SubscriberStatus.PENDING: "pending, unconfirmed, not confirmed, unactivated, validating, "
    "ausstehend, unbestätigt, nicht bestätigt, en attente, non confirmé, pendiente, no confirmado",
    SubscriberStatus.UNSUBSCRIBED: "unsubscribed, unsub, not subscribed, non-subscribed, opted out, cancelled, canceled, "
    "inactive, disabled, deleted, removed, archived, "
    "abgemeldet, abbestellt, inaktiv, gelöscht, désabonné, désinscrit, non abonné, inactif, supprimé, "
    "baja, dado de baja, no suscrito, cancelado, inactivo, eliminado",
    SubscriberStatus.SUPPRESSED: "suppressed, cleaned, bounced, hard bounced, bounce, hard bounce, complained, complaint, "
    "spam, spammy, abuse, junk, blocked, blocklisted, blacklisted, undeliverable, invalid, "
    "unzustellbar, ungültig, gesperrt, rejeté, plainte, bloqué, invalide, rebotado, bloqueado, inválido, queja",
}
_YES = "yes, y, true, 1, on, ja, wahr, oui, vrai, sí, verdadero"
_NO = "no, n, false, 0, off, never, none, null, nein, falsch, nie, non, faux, jamais, falso, nunca"


def plain(text: str) -> str:
    """A name or a word as it is compared."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text.casefold())))


def _plains(words: str) -> frozenset[str]:
    return frozenset(map(plain, words.split(",")))


MEANINGS: Final = {column: column for column in COLUMNS} | {
    name: str(meaning) for meaning, names in NAMES.items() for name in _plains(names)
}  # by the plain name of a column

_MEANT = {word: status for status, words in STATUSES.items() for word in _plains(words)}
_AFFIRMED, _DENIED = _plains(_YES), _plains(_NO)


@lru_cache(maxsize=1024)
def status(word: str) -> SubscriberStatus | None:
    """The status that a word stands for; None if it is the word for none."""
    return _MEANT.get(plain(word))


@lru_cache(maxsize=1024)
def answer(word: str) -> bool | None:
    """Whether a word is a yes or a no; None if it is neither."""
    said = plain(word)
    return True if said in _AFFIRMED else False if said in _DENIED else None

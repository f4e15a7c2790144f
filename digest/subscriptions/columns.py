"""The header of a table of subscribers: what each column says, and by it what each row says.

    heading ──known, here or elsewhere──▶ a column of ours, a part of a name, a sign that somebody has left
       ├─near to one of ours, or to words of leaving──▶ refused: nobody is mailed for want of a letter
       └─else──▶ passed over; a cell of it that says that somebody has left is refused all the same

Of several columns that speak of a status the gravest word counts: what has left never becomes active.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from digest.errors import UsageError
from digest.model import SubscriberStatus
from digest.subscriptions import vocabulary
from digest.subscriptions.vocabulary import COLUMNS, MEANINGS, Column, answer, plain

_KNOWN = f"the columns are {', '.join(COLUMNS)}"
_NEAR = 0.75  # of difflib's measure: a letter too few, too many, or two in the wrong order
_SIGNS = frozenset({"status", Column.LEFT, Column.DEAD, Column.SUBSCRIBED})  # of which there may be several
_GRAVITY = tuple(map(SubscriberStatus, ("active", "pending", "unsubscribed", "suppressed")))
_HAS_LEFT = frozenset(_GRAVITY[2:])

# Parts of plain names that may be those of columns that say who has left.
_OF_LEAVING = re.compile(
    r"unsub|optout|optedout|bounce|complain|spam|suppress|block|blacklist|cancel|remov|delet|disab|inactiv|donot"
    r"|status|statut|estado|consent|permission|einwilligung"
    r"|abmeld|abgemeld|abbestell|kundig|gesperrt|desabonn|desinscri|desinscrip|baja|bloqu|rebot"
)
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table: how they are headed, and what each of them says, "" for what is passed over."""

    headings: tuple[str, ...]
    meanings: tuple[str, ...]

    @property
    def passed_over(self) -> tuple[str, ...]:
        return tuple(
            heading for heading, meaning in zip(self.headings, self.meanings, strict=True) if heading and not meaning
        )

    def said(self, row: Sequence[str]) -> dict[str, str]:
        """What a row says, by our columns; what it says nothing of is not in it.

        Raises UsageError where somebody has left by a column that is passed over.
        """
        said: dict[str, str] = {}
        signs: list[tuple[str, str]] = []
        for heading, meaning, cell in zip(self.headings, self.meanings, row, strict=False):
            if not cell:
                continue
            if meaning in _SIGNS:
                signs.append((meaning, cell))
            elif meaning:
                said[meaning] = cell
            elif vocabulary.status(cell) in _HAS_LEFT:
                raise UsageError(
                    f"{cell!r} in the column {heading!r}, which is passed over",
                    hint="name it `status` if it says who has left, or take it out",
                )
        if signs and (status := _gravest(signs)):
            said["status"] = status
        return _named(_addressed(said))


def understood(row: Sequence[str]) -> Columns:
    """The columns of a table with this first row. Raises UsageError where one cannot be trusted."""
    headings = [cell.strip() for cell in row]
    while headings and not headings[-1]:
        headings.pop()
    if any("@" in heading for heading in headings):
        raise UsageError("the first line has to name the columns, and holds an address", hint=_KNOWN)
    meanings = [_meaning(heading) for heading in headings]
    for meaning in set(meanings) - _SIGNS - {Column.PASSED_OVER}:
        alike = [repr(heading) for heading, other in zip(headings, meanings, strict=True) if other == meaning]
        if len(alike) > 1:
            raise UsageError(f"column {meaning!r} stands there twice: {', '.join(alike)}", hint="take one of them out")
    if "email" not in meanings:
        raise UsageError("there is no column 'email' in its first line", hint=_KNOWN)
    return Columns(tuple(headings), tuple(meanings))


def is_known(heading: str) -> bool:
    return plain(heading) in MEANINGS


def _meaning(heading: str) -> str:
    name = plain(heading)
    if name in MEANINGS:
        return MEANINGS[name]
    if found := get_close_matches(name, COLUMNS, n=1, cutoff=_NEAR):
        raise UsageError(f"unknown column {heading!r} (did you mean {found[0]!r}?)", hint=_KNOWN)
    if not name:
        raise UsageError(f"unknown column {heading!r}", hint=_KNOWN)
    if _OF_LEAVING.search(name):
        raise UsageError(
            f"unknown column {heading!r}, which may say who has left",
            hint="name it `status` if it does, with the words active and unsubscribed, or take it out",
        )
    return Column.PASSED_OVER


def _addressed(said: dict[str, str]) -> dict[str, str]:
    """With an address that came with a name, as in ``"Dora" <dora@example.org>`` (RFC 5322, 3.4), taken apart."""
    address = said.get("email", "")
    if "<" in address and (found := _NAMED.fullmatch(address)):
        beside = {"name": name} if (name := found["name"].strip(" '\"")) else {}
        return beside | said | {"email": found["address"].strip()}
    return said


def _named(said: dict[str, str]) -> dict[str, str]:
    """With the name in one piece; beside a given name, what is called the name is often that of the family."""
    given, family = said.pop(Column.GIVEN, ""), said.pop(Column.FAMILY, "")
    if given or family:
        whole = said.get("name", "")
        there = set(whole.split())
        pieces = (
            "" if there.issuperset(given.split()) else given,
            whole,
            "" if there.issuperset(family.split()) else family,
        )
        said["name"] = " ".join(filter(None, pieces))
    return said


def _gravest(signs: Sequence[tuple[str, str]]) -> str:
    """Of all that is said of a status the gravest, or else what nobody understands: it is refused with all words."""
    words = [word for meaning, cell in signs if (word := _word(meaning, cell))]
    statuses = list(map(vocabulary.status, words))
    if None in statuses:
        return words[statuses.index(None)]
    return max(filter(None, statuses), key=_GRAVITY.index, default="")


def _word(meaning: str, cell: str) -> str:
    """The word for a status that a cell stands for; "" where it says nothing."""
    said = answer(cell)
    match meaning:
        case Column.LEFT:
            return "" if said is False else SubscriberStatus.UNSUBSCRIBED
        case Column.DEAD:
            return "" if said is False else SubscriberStatus.SUPPRESSED
        case Column.SUBSCRIBED if said is not None:
            return SubscriberStatus.ACTIVE if said else SubscriberStatus.UNSUBSCRIBED
    return cell

"""What a digest has that nobody has set, where other settings say what that is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from digest.period import Unit

if TYPE_CHECKING:
    from digest.config.tables import Digest

LONGEST = {Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(weeks=1), Unit.MONTH: timedelta(days=31)}


def patient(digest: Digest) -> Digest:
    """The digest with a grace as long as its period where nobody set one: what waits for the next edition is in it."""
    longest = max(digest.grace, LONGEST[digest.cadence])
    if "grace" in digest.model_fields_set or longest == digest.grace:
        return digest
    patient = digest.model_copy(update={"grace": longest})
    patient.model_fields_set.discard("grace")
    return patient


def speaking(own: tuple[str, ...], digest: Digest) -> Digest:
    """The digest with the languages that it takes: the site's own where nobody named any."""
    if "languages" in digest.model_fields_set:
        return digest
    speaking = digest.model_copy(update={"languages": own})
    speaking.model_fields_set.discard("languages")
    return speaking


def titled(site: str, name: str, digest: Digest) -> Digest:
    """The digest with a title, made of the site's and its own name where nobody set one."""
    if digest.title:
        return digest
    titled = digest.model_copy(update={"title": f"{site} {re.sub('[-_]+', ' ', name).title()}".strip()})
    titled.model_fields_set.discard("title")
    return titled

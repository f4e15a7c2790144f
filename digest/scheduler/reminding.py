"""Reminding an editor by mail of an edition that waits for approval: at once, and after each further day of waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.app import App
from digest.desk import Manuscript
from digest.editing import Place
from digest.errors import EditingError
from digest.model import Period
from digest.period import PUNCTUAL, Missed, next_send, send_time
from digest.publishing import Digest
from digest.scheduler.alarm import Alarm, Notice
from digest.scheduler.logged import log

DAY = timedelta(days=1)

_WHAT = "approval of "


class Reminding:
    """Keeps in mind what waits for approval, and since when; the alarm mails it, and remembers over restarts what it said.

    Says nothing where neither an editor nor an operator is configured.
    """

    def __init__(self, app: App, alarm: Alarm) -> None:
        self._app = app
        self._alarm = alarm
        self._made: dict[str, int] = {}  # edition -> the number of its last reminder in this run

    def remind(self, digest: Digest, period: Period, file: Place) -> None:
        """To be called again and again while the edition waits. It is composed once for each reminder."""
        self.settle(digest, but=file.edition)
        since = self._alarm.begin(_about(file.edition, 0))
        number = (self._app.now() - since) // DAY
        if self._made.get(file.edition) == number:
            return
        log.warning("held", extra={"edition": file.edition, "file": file.name, "since": since.isoformat()})
        if to := digest.editor or self._app.config.delivery.operator:
            self._alarm.ring(_about(file.edition, number), self._notice(digest, period, to))
        self._made[file.edition] = number

    def settle(self, digest: Digest, *, but: str = "") -> None:
        """Nothing of this digest waits any more, ``but`` that edition."""
        for about in self._alarm.known:
            if about.startswith(f"{_WHAT}{digest.name}/") and not (but and about.startswith(f"{_WHAT}{but} ")):
                self._alarm.drop(about)

    def _notice(self, digest: Digest, period: Period, to: str) -> Notice:
        manuscript = Manuscript(self._app, digest, period)
        try:
            edited = manuscript.edited()
        except EditingError as error:
            holds = error.message
        else:
            edition, new = manuscript.edition(edited), len(manuscript.new(edited)) if edited.curation else 0
            holds = f"articles:  {len(edition.articles)}\nsections:  {len(edition.sections)}"
            holds += f"\nnew:       {new}, which the file does not know" if new else ""
        return waits(digest, period, manuscript.file, holds, to)


def _about(edition: str, number: int) -> str:
    return f"{_WHAT}{edition} ({number})"


def waits(digest: Digest, period: Period, file: Place, holds: str, to: str) -> Notice:
    """``holds`` is what the edition holds, or why that cannot be said."""
    options = f"--digest {digest.name} --period {period.name}"
    due = send_time(digest.cadence, period)
    return Notice(
        digest.sender,
        f"{file.edition} waits for approval",
        f"""It leaves as soon as its file says `approved: true`.

edition:   {file.edition}: {digest.title}
due:       {due:%Y-%m-%d %H:%M} UTC
given up:  {_given_up(digest, due)}
file:      {file.path}{"" if file.changed else " (not written yet)"}
{holds}

- `digest edit {options}` writes the file, or adds what is new to it.
- `digest preview {options}` shows the mail.
- `approved: true` at the top of the file lets it leave within seconds.

You are reminded once a day while it waits.
""",
        to=to,
    )


def _given_up(digest: Digest, due: datetime) -> str:
    """When the next edition is due, at the latest."""
    latest = due + (digest.latest if digest.missed is Missed.SEND else PUNCTUAL)
    return f"{min(latest, next_send(digest.cadence, due)):%Y-%m-%d %H:%M} UTC"

"""Reminding an editor by mail of an edition that waits for approval, or whose file cannot be followed: at once, after
each further day of waiting, and when it is given up.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from zlib import crc32

from digest.app import App
from digest.desk import Manuscript
from digest.editing import Place
from digest.errors import EditingError, StoreError
from digest.model import Period
from digest.period import PUNCTUAL, Missed, next_send, send_time
from digest.publishing import Digest
from digest.scheduler.alarm import Alarm, Notice
from digest.scheduler.logged import log

DAY = timedelta(days=1)

_KINDS = _APPROVAL, _MENDING = "approval of ", "mending of "


class Reminding:
    """Keeps in mind what waits for an editor, and since when; the alarm mails it, and remembers over restarts what it said.

    Says nothing where neither an editor nor an operator is configured.
    """

    def __init__(self, app: App, alarm: Alarm) -> None:
        self._app = app
        self._alarm = alarm
        self._made: dict[str, str] = {}  # what it is about -> its last reminder in this run

    def remind(self, digest: Digest, period: Period, file: Place) -> None:
        """To be called again and again while the edition waits for approval. It is composed once for each reminder."""
        self.give_up(digest, but=file.edition)
        self._drop(_MENDING + file.edition)
        about = _APPROVAL + file.edition
        since, day = self._waits(about)
        if self._made.get(about) == f"{about} ({day})":
            return
        self._app.editions.begin(digest.name, period.start)
        log.warning("held", extra={"edition": file.edition, "file": file.name, "since": since.isoformat()})
        self._ring(
            about, f"{about} ({day})", waits(digest, period, file, self._holds(digest, period), self._to(digest))
        )

    def complain(self, digest: Digest, period: Period, file: Place, error: EditingError) -> None:
        """To be called whenever the file turned out to be one that cannot be followed: said at once, when something else
        is wrong with it, and after each further day.
        """
        self.give_up(digest, but=file.edition)
        about = _MENDING + file.edition
        _, day = self._waits(about)
        reminder = f"{about} ({day}, {crc32(error.message.encode()):08x})"
        if self._made.get(about) != reminder:
            self._ring(about, reminder, broken(digest, period, file, error, self._to(digest)))

    def settle(self, digest: Digest, edition: str) -> None:
        """There is this edition, and no other one of the digest waits any more."""
        self._drop_all(edition)
        self.give_up(digest)

    def give_up(self, digest: Digest, *, but: str = "") -> None:
        """Nothing of this digest waits any more, ``but`` that edition. Of what did it is said that it is given up."""
        waiting = dict.fromkeys(edition for kind, edition in map(_parted, self._alarm.known) if kind and edition != but)
        with suppress(StoreError):  # then it is said later
            for edition in waiting:
                name, _, period = edition.partition("/")
                if name == digest.name and self._app.editions.find(name, period):
                    self._drop_all(edition)  # somebody has sent it
                elif name == digest.name:
                    self._say_given_up(digest, edition)

    def _say_given_up(self, digest: Digest, edition: str) -> None:
        """Once, to whom the last reminder went."""
        if any(self._alarm.since(kind + edition) for kind in _KINDS):
            log.warning("given up", extra={"edition": edition})
        reminders = [reminder for kind in _KINDS for reminder in self._reminders(kind + edition)]
        for kind in _KINDS:
            self._alarm.drop(kind + edition)
            self._made.pop(kind + edition, None)
        for needless in reminders[:-1]:
            self._alarm.drop(needless)
        for last in reminders[-1:]:
            self._alarm.over(last, given_up(digest, edition, self._to(digest)))

    def _waits(self, about: str) -> tuple[datetime, int]:
        """Since when, and for how many days."""
        since = self._alarm.begin(about)
        return since, (self._app.now() - since) // DAY

    def _ring(self, about: str, reminder: str, notice: Notice) -> None:
        """An earlier one that is still unsaid is not needed any more."""
        for earlier in self._reminders(about):
            if earlier != reminder:
                self._alarm.drop(earlier)
        if notice.to:
            self._alarm.ring(reminder, notice)
        self._made[about] = reminder

    def _reminders(self, about: str) -> tuple[str, ...]:
        return tuple(known for known in self._alarm.known if known.startswith(f"{about} ("))

    def _drop(self, about: str) -> None:
        """It waits no more."""
        for known in (about, *self._reminders(about)):
            self._alarm.drop(known)
        self._made.pop(about, None)

    def _drop_all(self, edition: str) -> None:
        for kind in _KINDS:
            self._drop(kind + edition)

    def _to(self, digest: Digest) -> str:
        return digest.editor or self._app.config.delivery.operator

    def _holds(self, digest: Digest, period: Period) -> str:
        """What the edition holds, or why that cannot be said."""
        manuscript = Manuscript(self._app, digest, period)
        try:
            edited = manuscript.edited()
        except EditingError as error:
            return error.message
        edition, new = manuscript.edition(edited), len(manuscript.new(edited)) if edited.curation else 0
        holds = f"articles:  {len(edition.articles)}\nsections:  {len(edition.sections)}"
        return holds + (f"\nnew:       {new}, which the file does not know" if new else "")


def _parted(about: str) -> tuple[str, str]:
    """What waits, and which edition; "" for what waits for no editor."""
    kind = next((kind for kind in _KINDS if about.startswith(kind)), "")
    return kind, about.removeprefix(kind).partition(" (")[0]


def waits(digest: Digest, period: Period, file: Place, holds: str, to: str) -> Notice:
    """``holds`` is what the edition holds, or why that cannot be said."""
    return Notice(
        digest.sender,
        f"{file.edition} waits for approval",
        f"""It leaves as soon as its file says `approved: true`.

{_facts(digest, period, file)}
{holds}

- `digest edit {_options(digest, period)}` writes the file, or adds what is new to it.
- `digest preview {_options(digest, period)}` shows the mail.
- `approved: true` at the top of the file lets it leave within seconds.

You are reminded once a day while it waits.
""",
        to=to,
    )


def broken(digest: Digest, period: Period, file: Place, error: EditingError, to: str) -> Notice:
    return Notice(
        digest.sender,
        f"{file.edition} cannot leave: its file cannot be followed",
        f"""{error.message}
{error.hint}

{_facts(digest, period, file)}

It is read again as soon as it is saved, and leaves within seconds once nothing is wrong with it.
`digest preview {_options(digest, period)}` shows whether that is so.

You are reminded once a day while it waits.
""",
        to=to,
    )


def given_up(digest: Digest, edition: str, to: str) -> Notice:
    period = edition.partition("/")[2]
    return Notice(
        digest.sender,
        f"{edition} is given up: it waited too long",
        f"""Nobody gets it. Its articles wait for the next edition.

edition:   {edition}: {digest.title}

- `digest send --digest {digest.name} --period {period}` still sends it by hand, once its file can be followed and,
  where that is needed, says `approved: true`.
""",
        over=True,
        to=to,
    )


def _facts(digest: Digest, period: Period, file: Place) -> str:
    due = send_time(digest.cadence, period)
    return f"""edition:   {file.edition}: {digest.title}
due:       {due:%Y-%m-%d %H:%M} UTC
given up:  {_given_up(digest, due)}
file:      {file.path}{"" if file.changed else " (not written yet)"}"""


def _options(digest: Digest, period: Period) -> str:
    return f"--digest {digest.name} --period {period.name}"


def _given_up(digest: Digest, due: datetime) -> str:
    """When the next edition is due, at the latest."""
    latest = due + (digest.latest if digest.missed is Missed.SEND else PUNCTUAL)
    return f"{min(latest, next_send(digest.cadence, due)):%Y-%m-%d %H:%M} UTC"

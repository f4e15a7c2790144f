"""Telling the operator by mail what keeps an edition from leaving, and that it leaves after all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime, make_msgid

from digest import dkim
from digest.app import App
from digest.desk import accepted
from digest.errors import ConfigError, DigestError, StoreError, TransportError
from digest.message import ascii_domain, header_text, quoted_printable
from digest.model import EditionRecord, Message, Period, Reply, Sender
from digest.period import send_time
from digest.publishing import Digest
from digest.scheduler.logged import log
from digest.sending.ports import Transport
from digest.sending.server import nameless
from digest.sending.unrecorded import hand_over
from digest.store.alarms import Trouble

TRY_AGAIN = timedelta(minutes=5)  # after an error that may pass: a locked database, a template being edited


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to the operator, before it is one; ``over`` says that all is well again. ``to`` is another reader, if any."""

    sender: Sender
    subject: str
    text: str
    over: bool = False
    to: str = ""


class Alarm:
    """Tells the operator by mail what keeps an edition from leaving: once when it begins, and once when it is over.

    What cannot be mailed either is tried again every TRY_AGAIN, until it is out or not true any more. A restart forgets
    nothing that was told, nor since when it is so; of several runs on one database, one says it. Says nothing where no
    operator is configured.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._troubles = app.alarms.known()  # what it is about -> what is not over, or whose end is still to be told
        self._unsaid: dict[str, Notice] = {}  # what it is about -> what is to be said
        self._unwritten: set[str] = set()  # what this run alone knows of, as the database could not be asked
        self._not_before = app.now()
        self._speaking: asyncio.Task[None] | None = None

    @property
    def is_silent(self) -> bool:
        """Whether all is well, as far as is known."""
        return not self._troubles

    @property
    def known(self) -> tuple[str, ...]:
        """What there is trouble about."""
        return tuple(self._troubles)

    def since(self, about: str) -> datetime | None:
        """Since when there is this trouble, if there is."""
        trouble = self._troubles.get(about)
        return trouble.since if trouble else None

    async def recall(self) -> None:
        """Learns what other runs have told meanwhile, and what is over."""
        with suppress(StoreError):
            known = await asyncio.to_thread(self._app.alarms.known)
            own = {*self._unsaid, *self._unwritten}
            self._troubles = known | {about: one for about, one in dict(self._troubles).items() if about in own}

    def begin(self, about: str) -> datetime:
        """Since when there is this trouble, which begins now if it was not there."""
        if about not in self._troubles:
            now = self._app.now()
            try:
                self._troubles[about] = self._app.alarms.begin(about, now)
            except StoreError:
                self._troubles[about] = Trouble(now)
        return self._troubles[about].since

    def ring(self, about: str, notice: Notice) -> None:
        self.begin(about)
        if self._troubles[about].told:
            self._unsaid.pop(about, None)  # that it was over: as far as the operator knows, it never was
        elif notice.to or self._app.config.delivery.operator:
            self._unsaid.setdefault(about, notice)

    def over(self, about: str, notice: Notice) -> None:
        trouble = self._troubles.get(about)
        if trouble and trouble.told and (notice.to or self._app.config.delivery.operator):
            self._unsaid[about] = notice
        else:
            self.drop(about)

    def drop(self, about: str) -> None:
        """Nothing more is said of it."""
        self._unsaid.pop(about, None)
        if self._troubles.pop(about, None):
            self._remember(about)

    def _remember(self, about: str) -> None:
        """Keeps it for the next run. Where the database is what is in trouble, this one remembers."""
        with suppress(StoreError):
            if trouble := self._troubles.get(about):
                self._app.alarms.keep(about, trouble)
            else:
                self._app.alarms.forget(about)

    def speak_soon(self) -> None:
        """Mails what is unsaid, beside everything else. A bug that ended that is raised at the next call."""
        if self._speaking and self._speaking.done():
            self._speaking.result()
            self._speaking = None
        self._speaking = self._speaking or asyncio.create_task(self.speak())

    async def hush(self) -> None:
        """Says no more."""
        if self._speaking:
            self._speaking.cancel()
            await asyncio.wait([self._speaking])

    async def speak(self) -> None:
        """Mails what is unsaid, unless that failed a moment ago."""
        for about, notice in tuple(self._unsaid.items()):
            if self._app.now() < self._not_before:
                return
            await self._say(about, notice)

    async def _say(self, about: str, notice: Notice) -> None:
        """What happens while it is on its way is the opposite of it, and unsaid."""
        before = self._troubles.pop(about, None)
        if self._unsaid.pop(about, None) is None or before is None:
            return  # meanwhile it was dropped by who publishes, in a thread
        if not notice.over:
            self._troubles[about] = replace(before, told=True)
        if not self._is_ours(about, notice, before):
            return
        operator = notice.to or self._app.config.delivery.operator
        try:
            why = await self._refused(_mail(notice, operator, self._app.now(), self._keys()))
        except asyncio.CancelledError:
            self._troubles[about] = before
            self._remember(about)
            raise
        if why:
            self._not_before = self._app.now() + TRY_AGAIN
            self._take_back(about, notice, before)
            self._remember(about)
            log.warning("operator not told", extra={"subject": notice.subject, "why": why})
        else:
            log.info("operator told", extra={"subject": notice.subject})

    def _is_ours(self, about: str, notice: Notice, trouble: Trouble) -> bool:
        """Whether no other run has said it; from here on this one has."""
        alone = about in self._unwritten
        self._unwritten.discard(about)
        try:
            if notice.over:
                return self._app.alarms.forget(about) or alone
            return self._app.alarms.claim(about, trouble.since)
        except StoreError:
            self._unwritten.add(about)
            return True

    def _keys(self) -> tuple[dkim.Key, ...]:
        """None where they cannot be had: that has to be told, too."""
        try:
            return self._app.dkim_keys
        except ConfigError:
            return ()

    def _take_back(self, about: str, notice: Notice, before: Trouble) -> None:
        opposite = self._unsaid.pop(about, None)
        if opposite is None:
            self._unsaid[about] = notice
        if opposite and opposite.over:
            del self._troubles[about]  # it is over meanwhile, and that it ever was nobody has heard
        else:
            self._troubles[about] = before  # if it has begun again, then nobody has heard that it was over

    async def _refused(self, message: Message) -> str:
        """Hands it to the first server that takes it; why none did, or nothing."""
        why = []
        for transport in self._app.transports:
            if not (said := await _refused_by(transport, message)):
                return ""
            why.append(said)
        return "; ".join(why)


async def _refused_by(transport: Transport, message: Message) -> str:
    replies: list[Reply] = []
    try:
        await hand_over((transport,), [message], lambda _message, reply: replies.append(reply))
    except TransportError as error:
        return error.message
    return "".join(nameless(str(reply)) for reply in replies if not accepted(reply))


def _mail(notice: Notice, operator: str, now: datetime, keys: Sequence[dkim.Key]) -> Message:
    sender, operator = ascii_domain(notice.sender.address), ascii_domain(operator)
    message_id = make_msgid("notice", sender.rpartition("@")[2])
    fields = {
        "From": sender.encode(),
        "Subject": header_text(notice.subject),
        "Date": format_datetime(now).encode(),
        "Auto-Submitted": b"auto-generated",  # RFC 3834
        "MIME-Version": b"1.0",
        "Content-Type": b"text/plain; charset=utf-8",
        "Content-Transfer-Encoding": b"quoted-printable",
    }
    headers = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields.items())
    own = f"Message-ID: {message_id}\r\nTo: {operator}\r\n".encode()
    body = quoted_printable(notice.text.rstrip("\n").encode()) + b"\r\n"
    signatures = (dkim.Seal(keys, headers=headers, body=body, date=now).sign(own, ()),) if keys else ()
    pieces = (*signatures, own, headers, b"\r\n", body)
    return Message(sender, operator, message_id, pieces, smtputf8=not operator.isascii())


# --- what it says ---------------------------------------------------------------------------------------------------


def stuck(record: EditionRecord, waiting: str, error: DigestError, since: datetime) -> Notice:
    if isinstance(error, TransportError):
        why = ": no mail server takes its messages"
        goes_on = "as soon as\na server takes mail"
        look = "says whether the servers can be reached"
    else:
        why, goes_on, look = "", "once\nthat is mended", "looks at everything that sending needs"
    return Notice(
        record.sender,
        f"{record.name} is not being sent{why}",
        f"""{error.message}
{error.hint}

since:    {since:%Y-%m-%d %H:%M} UTC
edition:  {record.name}, number {record.number}: {record.title}
waiting:  {waiting} of {record.deliveries:,} deliveries

Nothing is lost, and nobody is marked as failed. It is tried again every few minutes, and goes on by itself {goes_on};
you will hear of that. Until then:

- `digest check` {look}.
- `digest editions show {record.name}` says how far it has come.
- `digest editions stop {record.name}` gives it up.
""",
    )


def unstuck(record: EditionRecord, waiting: str, since: datetime, now: datetime) -> Notice:
    return Notice(
        record.sender,
        f"{record.name} is being sent again",
        f"""Its messages leave again.

paused:   {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC
waiting:  {waiting} of {record.deliveries:,} deliveries

There is nothing to do.
""",
        over=True,
    )


def blind(digest: Digest, error: DigestError) -> Notice:
    return Notice(
        digest.sender,
        "nothing is being sent",
        f"""{error.message}
{error.hint}

Which editions have something to hand over cannot be told. It is tried again every few seconds, and goes on by itself
once that is mended; you will hear of that. Until then, `digest check` looks at the database.
""",
    )


def seeing(digest: Digest, since: datetime, now: datetime) -> Notice:
    return Notice(
        digest.sender,
        "sending goes on",
        f"""The database can be read again.

paused:   {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC

There is nothing to do.
""",
        over=True,
    )


def unpublished(digest: Digest, period: Period, error: DigestError) -> Notice:
    return Notice(
        digest.sender,
        f"{digest.name}/{period.name} could not be published",
        f"""{error.message}
{error.hint}

edition:  {digest.name}/{period.name}: {digest.title}
due:      {send_time(digest.cadence, period):%Y-%m-%d %H:%M} UTC

Nobody has got any of it. It is tried again every few minutes; you will not hear of this period again. Until then:

- `digest check` looks at everything that an edition needs.
- `digest preview --digest {digest.name} --period {period.name}` shows whether it can be made.
""",
    )

"""Telling the operator by mail what keeps an edition from leaving, and that it leaves after all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, make_msgid

from digest.app import App
from digest.desk import accepted
from digest.errors import DigestError, TransportError
from digest.message import ascii_domain, header_text, quoted_printable
from digest.model import EditionRecord, Message, Period, Reply, Sender
from digest.period import send_time
from digest.publishing import Digest
from digest.scheduler.logged import log, nameless
from digest.sending.ports import Transport
from digest.sending.unrecorded import hand_over

TRY_AGAIN = timedelta(minutes=5)  # after an error that may pass: a locked database, a template being edited


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to the operator, before it is one; ``over`` says that all is well again."""

    sender: Sender
    subject: str
    text: str
    over: bool = False


class Alarm:
    """Tells the operator by mail what keeps an edition from leaving: once when it begins, and once when it is over.

    What cannot be mailed either is tried again every TRY_AGAIN, until it is out or not true any more. Says nothing
    where no operator is configured.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._unsaid: dict[str, Notice] = {}  # what it is about -> what is to be said
        self._said: set[str] = set()
        self._not_before = app.now()
        self._speaking: asyncio.Task[None] | None = None

    def ring(self, about: str, notice: Notice) -> None:
        waiting = self._unsaid.get(about)
        if waiting and waiting.over:  # as far as the operator knows, it never was
            del self._unsaid[about]
            self._said.add(about)
        elif self._app.config.delivery.operator and about not in self._said:
            self._unsaid.setdefault(about, notice)

    def over(self, about: str, notice: Notice) -> None:
        if about in self._said:
            self._said.remove(about)
            self._unsaid[about] = notice
        elif about in self._unsaid and not self._unsaid[about].over:
            del self._unsaid[about]

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
        del self._unsaid[about]
        if not notice.over:
            self._said.add(about)
        if why := await self._refused(_mail(notice, self._app.config.delivery.operator, self._app.now())):
            self._not_before = self._app.now() + TRY_AGAIN
            self._take_back(about, notice)
            log.warning("operator not told", extra={"subject": notice.subject, "why": why})
        else:
            log.info("operator told", extra={"subject": notice.subject})

    def _take_back(self, about: str, notice: Notice) -> None:
        if notice.over:
            self._unsaid.setdefault(about, notice)
        elif about in self._said:
            self._said.remove(about)
            self._unsaid[about] = notice
        else:
            del self._unsaid[about]  # it is over meanwhile, and that it ever was nobody has heard

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


def _mail(notice: Notice, operator: str, now: datetime) -> Message:
    sender = ascii_domain(notice.sender.address)
    message_id = make_msgid("notice", sender.rpartition("@")[2])
    fields = {
        "From": sender.encode(),
        "To": operator.encode(),
        "Subject": header_text(notice.subject),
        "Date": format_datetime(now).encode(),
        "Message-ID": message_id.encode(),
        "Auto-Submitted": b"auto-generated",  # RFC 3834
        "MIME-Version": b"1.0",
        "Content-Type": b"text/plain; charset=utf-8",
        "Content-Transfer-Encoding": b"quoted-printable",
    }
    headers = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields.items())
    body = quoted_printable(notice.text.encode()) + b"\r\n"
    return Message(sender, operator, message_id, (headers, b"\r\n", body), smtputf8=not operator.isascii())


# --- what it says ---------------------------------------------------------------------------------------------------


def stuck(record: EditionRecord, waiting: str, error: DigestError, since: datetime) -> Notice:
    return Notice(
        record.sender,
        f"{record.name} is not being sent: no mail server takes its messages",
        f"""{error.message}
{error.hint}

since:    {since:%Y-%m-%d %H:%M} UTC
edition:  {record.name}, number {record.number}: {record.title}
waiting:  {waiting} of {record.deliveries:,} deliveries

Nothing is lost, and nobody is marked as failed. It is tried again every few minutes, and goes on by itself as soon as
a server takes mail; you will hear of that. Until then:

- `digest check` says whether the servers can be reached.
- `digest editions show {record.name}` says how far it has come.
- `digest editions stop {record.name}` gives it up.
""",
    )


def unstuck(record: EditionRecord, waiting: str, since: datetime, now: datetime) -> Notice:
    return Notice(
        record.sender,
        f"{record.name} is being sent again",
        f"""A mail server takes its messages again.

paused:   {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC
waiting:  {waiting} of {record.deliveries:,} deliveries

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

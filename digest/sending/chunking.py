"""Messages over one connection by BDAT (RFC 3030): the whole of a message in one write, several under way at once.

    ──▶ RSET MAIL RCPT BDAT n LAST content     RSET MAIL RCPT BDAT n LAST content
    ◀──                                        250  250  250  250

RSET comes first each time: what a refused message leaves behind is not known, and nobody waits to find out. Content
leaves together with its envelope, so a line that breaks makes all that is under way uncertain: ``Server.window`` bounds
how much that is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial

from digest.delivery import is_channel_fault
from digest.errors import DigestError, TransportError
from digest.model import Message, Stage
from digest.sending.dialogue import GOODBYE, RSET, SERVICE_CLOSING
from digest.sending.line import Line, LineError, Said
from digest.sending.ports import Bag, Parcel
from digest.sending.server import Offer, Server

NOT_KNOWN = frozenset({500, 502})  # a server may lack RSET, strange as that is; no other answer refuses it


class Chunks:
    """Mail transactions that overlap."""

    def __init__(self, line: Line, server: Server, offer: Offer) -> None:
        self._line = line
        self._server = server
        self._offer = offer
        self._left = server.messages_per_connection
        self._under_way: deque[Parcel] = deque()  # their content has left, and no answer came yet
        self._waiting: deque[Parcel] = deque()  # for the ledger's word that their content may leave
        self._against: tuple[str, Said] | None = None  # what was refused of the first one under way
        self._heard = 0  # the code of the last answer
        self._closing = False  # the server said that it would: nothing more is written
        self._fault: BaseException | None = None  # nor after this

    @property
    def spent(self) -> bool:
        return self._left <= 0 or not self._line.is_open

    @property
    def takes_utf8(self) -> bool:
        return self._offer.smtputf8

    async def close(self) -> None:
        await self._line.close(GOODBYE)

    async def carry(self, bag: Bag) -> None:
        """See ``digest.sending.ports.Connection``."""
        try:
            await self._carry(bag)
        except BaseException as error:
            self._line.abort()
            why = error.message if isinstance(error, DigestError) else str(error) or "sending was stopped at once"
            self._drop(bag, why)
            if isinstance(error, LineError):
                raise TransportError(f"{self._server.called}: {why}") from error
            raise

    async def _carry(self, bag: Bag) -> None:
        self._fill(bag)
        while self._under_way or self._waiting:
            if self._under_way:
                await self._answered(bag)
            else:
                await self._waiting[0].may_leave()
                await asyncio.sleep(0)  # for ``_permitted`` to be called
            self._fill(bag)
        if self._closing:
            self._line.abort()
        if self._fault is not None:
            raise self._fault

    def _fill(self, bag: Bag) -> None:
        """As many as the window has room for; each is written the moment that the ledger says it may leave."""
        while len(self._under_way) + len(self._waiting) < self._server.window and not self._has_ended:
            try:
                parcel = bag.take()
            except Exception as error:  # noqa: BLE001 - raised when what is under way has been answered
                self._fault = error
                return
            if parcel is None:
                return
            self._left -= 1
            self._waiting.append(parcel)
            parcel.granted.add_done_callback(partial(self._permitted, bag, parcel))

    @property
    def _has_ended(self) -> bool:
        return self.spent or self._closing or self._fault is not None

    # --- out

    def _permitted(self, bag: Bag, parcel: Parcel, granted: asyncio.Future[bool]) -> None:
        if parcel not in self._waiting:  # dropped meanwhile
            return
        self._waiting.remove(parcel)
        if not granted.cancelled() and granted.exception() is None and not (granted.result() and parcel.in_time()):
            bag.untouched(parcel)
            return
        if (lacking := self._offer.lacks(parcel.message)) is not None:
            bag.said(parcel, self._server.reply(Stage.RCPT, lacking))
            return
        self._fault = self._fault or self._obstacle(parcel, granted)
        if self._closing or self._fault is not None:
            bag.untouched(parcel)
            return
        self._under_way.append(parcel)
        self._line.write(self._whole(parcel.message))

    def _obstacle(self, parcel: Parcel, granted: asyncio.Future[bool]) -> BaseException | None:
        """What keeps a message from leaving."""
        if granted.cancelled() or granted.exception() is not None:
            return TransportError("sending was stopped") if granted.cancelled() else granted.exception()
        if not self._line.is_open:
            return LineError("the connection was lost before the message left")
        if not self._under_way and not self._line.is_quiet:
            return LineError("the server answered before it was asked")
        return self._server.too_small(self._offer, parcel.message)

    def _whole(self, message: Message) -> tuple[bytes, ...]:
        bdat = f"BDAT {message.size} LAST\r\n".encode()
        return (RSET + self._offer.mail(message) + self._offer.rcpt(message) + bdat, *message.pieces)

    # --- in

    async def _answered(self, bag: Bag) -> None:
        """All that is said to the first one under way: to RSET, MAIL, RCPT and BDAT, refused or not."""
        for command in ("RSET", "MAIL", "RCPT"):
            said = await self._reply(self._server.command_timeout)
            if command == "RSET" and not said.positive and said.code not in {SERVICE_CLOSING, *NOT_KNOWN}:
                raise LineError("the server's answers do not belong to what was asked")
            if not said.positive:
                self._against = self._against or (command, said)
                self._closing = self._closing or said.code == SERVICE_CLOSING
        said = await self._reply(self._server.data_timeout)
        self._closing = self._closing or said.code == SERVICE_CLOSING
        parcel, against = self._under_way.popleft(), self._against
        self._against = None
        if against is None or (against[0] == "RSET" and said.positive):
            bag.said(parcel, self._server.reply(Stage.FINAL, said))
        elif said.positive:
            bag.said(parcel, self._server.doubt("the server took a message that it had refused"))
            raise LineError("the server took a message that it had refused")
        else:
            self._refused(bag, parcel, *against)

    async def _reply(self, patience: float) -> Said:
        said = await self._line.reply(patience)
        self._heard = said.code
        return said

    def _refused(self, bag: Bag, parcel: Parcel, command: str, said: Said) -> None:
        """The recipient was refused, or all of us: then the message is untouched, as no transaction had begun."""
        reply = self._server.reply(Stage.RCPT, said)
        if command == "RCPT" and not is_channel_fault(reply):
            bag.said(parcel, reply)
            return
        blamed = reply if command == "RCPT" else None
        what = f"refused the sender {parcel.message.envelope_from}" if command == "MAIL" else "refused to go on"
        self._fault = self._fault or self._server.refused(what, said)
        bag.untouched(parcel, blamed)

    def _drop(self, bag: Bag, why: str) -> None:
        """Says of everything what it is, as the line is gone.

        A server whose last word was 421 has closed, and has read nothing of what followed (RFC 5321, 3.8).
        """
        has_closed = self._heard == SERVICE_CLOSING
        if self._against is not None and (has_closed or self._against[0] != "RSET"):
            self._refused(bag, self._under_way.popleft(), *self._against)
        for parcel in self._under_way:
            if has_closed:
                bag.untouched(parcel)
            else:
                bag.said(parcel, self._server.doubt(why))
        for parcel in self._waiting:
            bag.untouched(parcel)
        self._against = None
        self._under_way.clear()
        self._waiting.clear()

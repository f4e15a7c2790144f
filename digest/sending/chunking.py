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
from digest.sending.dialogue import GOODBYE, RSET
from digest.sending.line import Line, LineError, Said
from digest.sending.ports import Bag, Parcel
from digest.sending.server import Offer, Server


class Chunks:
    """Mail transactions that overlap."""

    def __init__(self, line: Line, server: Server, offer: Offer) -> None:
        self._line = line
        self._server = server
        self._offer = offer
        self._left = server.messages_per_connection
        self._under_way: deque[Parcel] = deque()  # their content has left, and no answer came yet
        self._waiting: deque[Parcel] = deque()  # for the ledger's word that their content may leave
        self._fault: BaseException | None = None  # after which nothing more is written

    @property
    def spent(self) -> bool:
        return self._left <= 0 or not self._line.is_open

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
                await self._answered(bag, self._under_way[0])
            else:
                await self._waiting[0].may_leave()
                await asyncio.sleep(0)  # for ``_permitted`` to be called
            self._fill(bag)
        if self._fault is not None:
            raise self._fault

    def _fill(self, bag: Bag) -> None:
        """As many as the window has room for; each is written the moment that the ledger says it may leave."""
        while len(self._under_way) + len(self._waiting) < self._server.window and not (self.spent or self._fault):
            if (parcel := bag.take()) is None:
                return
            self._left -= 1
            self._waiting.append(parcel)
            parcel.granted.add_done_callback(partial(self._permitted, bag, parcel))

    # --- out

    def _permitted(self, bag: Bag, parcel: Parcel, granted: asyncio.Future[bool]) -> None:
        if parcel not in self._waiting:  # dropped meanwhile
            return
        self._waiting.remove(parcel)
        if not granted.cancelled() and granted.exception() is None and not granted.result():
            return  # the ledger has said what becomes of it
        if (lacking := self._offer.lacks(parcel.message)) is not None:
            bag.said(parcel, self._server.reply(Stage.RCPT, lacking))
            return
        self._fault = self._fault or self._obstacle(parcel, granted)
        if self._fault is not None:
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
        if not parcel.in_time():
            return LineError("too much time went by before the message left")
        return self._server.too_small(self._offer, parcel.message)

    def _whole(self, message: Message) -> tuple[bytes, ...]:
        bdat = f"BDAT {message.size} LAST\r\n".encode()
        return (RSET + self._offer.mail(message) + self._offer.rcpt(message) + bdat, *message.pieces)

    # --- in

    async def _answered(self, bag: Bag, parcel: Parcel) -> None:
        """All that is said to one message: to RSET, MAIL, RCPT and BDAT."""
        for owed, command in ((3, "RSET"), (2, "MAIL"), (1, "RCPT")):
            said = await self._line.reply(self._server.command_timeout)
            if not said.positive:
                self._under_way.popleft()
                self._refused(bag, parcel, command, said)
                await self._skip(owed)
                return
        said = await self._line.reply(self._server.data_timeout)
        self._under_way.popleft()
        bag.said(parcel, self._server.reply(Stage.FINAL, said))

    def _refused(self, bag: Bag, parcel: Parcel, command: str, said: Said) -> None:
        """The recipient was refused, or all of us: then the message is untouched, as no transaction had begun."""
        if command == "RCPT" and not is_channel_fault(said.code, Stage.RCPT):
            bag.said(parcel, self._server.reply(Stage.RCPT, said))
            return
        what = f"refused the sender {parcel.message.envelope_from}" if command == "MAIL" else "refused to go on"
        self._fault = self._fault or self._server.refused(what, said)
        bag.untouched(parcel, str(self._fault) if command == "RCPT" else "")

    async def _skip(self, owed: int) -> None:
        """The answers to what was said after a refusal; the last one, to the content, is one too."""
        for _ in range(owed):
            said = await self._line.reply(self._server.data_timeout)
        if said.positive:
            raise LineError("the server took a message that it had refused")

    def _drop(self, bag: Bag, why: str) -> None:
        """Says of everything what it is, as the line is gone."""
        for parcel in self._under_way:
            bag.said(parcel, self._server.doubt(why))
        for parcel in self._waiting:
            bag.untouched(parcel)
        self._under_way.clear()
        self._waiting.clear()

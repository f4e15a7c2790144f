"""Messages over one connection by DATA: pipelined where the server offers it (RFC 2920), else command by command.

    ──▶ MAIL RCPT DATA             of the first message, in one write
    ◀── 250  250  354
    ──▶ content .   MAIL RCPT DATA of the next one, in the same write: one round trip a message
    ◀── 250         250  250  354

What a fault means depends on how far a message had come, and that is told apart here: before its content left it is
untouched, afterwards there is a doubt. What follows from either is decided in ``digest.delivery``.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.delivery import is_channel_fault
from digest.errors import DigestError, TransportError
from digest.model import Reply, Stage
from digest.sending.line import Line, LineError, Said
from digest.sending.ports import Bag, Parcel
from digest.sending.server import Offer, Server

START_INPUT = 354
SERVICE_CLOSING = 421
END_OF_DATA = b".\r\n"  # after content that ends in CRLF (RFC 5321, 4.1.1.4)
RSET = b"RSET\r\n"
DATA = b"DATA\r\n"
GOODBYE = 5  # seconds to wait for the answer to QUIT


@dataclass(slots=True)
class _Hand:
    """What is on its way. ``following`` has been announced at most: none of its content has left."""

    bag: Bag
    current: Parcel | None = None
    has_left: bool = False  # the content of the current one
    following: Parcel | None = None
    named: bool = False  # the server knows the current one's recipient, and may have something against it
    against: Reply | None = None  # what it has

    def go_on(self) -> None:
        self.current, self.following = self.following, None
        self.has_left = self.named = False
        self.against = None

    def settle(self, reply: Reply) -> None:
        """The server's word on the current one."""
        if self.current is not None:
            self.bag.said(self.current, reply)
        self.current = None

    def forgo(self) -> None:
        """The current one does not leave, and the server is not to blame."""
        if self.current is not None:
            self.bag.untouched(self.current)
        self.current = None

    def drop(self, server: Server, why: str) -> None:
        """Says of everything what it is, as the line is gone."""
        if self.current is not None and self.has_left:
            self.bag.said(self.current, server.doubt(why))
        elif self.current is not None:
            self.bag.untouched(self.current, self.against or (server.broke(why) if self.named else None))
        if self.following is not None:
            self.bag.untouched(self.following)
        self.current = self.following = None


class Dialogue:
    """One mail transaction after the other (RFC 5321, 3.3)."""

    def __init__(self, line: Line, server: Server, offer: Offer) -> None:
        self._line = line
        self._server = server
        self._offer = offer
        self._left = server.messages_per_connection
        self._reset_due = False

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
        hand = _Hand(bag)
        try:
            await self._carry(hand)
        except BaseException as error:
            self._line.abort()
            why = error.message if isinstance(error, DigestError) else str(error) or "sending was stopped at once"
            hand.drop(self._server, why)
            if isinstance(error, LineError):
                raise TransportError(f"{self._server.called}: {why}") from error
            raise

    async def _carry(self, hand: _Hand) -> None:
        hand.following = self._next(hand)
        self._announce(hand.following)
        hand.go_on()
        while hand.current is not None:
            if await self._invited(hand, hand.current):
                await self._deliver(hand, hand.current)
            if hand.following is None:
                hand.following = self._next(hand)
                self._announce(hand.following)
            hand.go_on()

    def _next(self, hand: _Hand) -> Parcel | None:
        parcel = None if self.spent else hand.bag.take()
        if parcel is not None:
            self._left -= 1
        return parcel

    # --- the envelope

    def _announce(self, parcel: Parcel | None) -> None:
        if parcel is not None and (announcement := self._announcement(parcel)):
            self._ask(announcement)

    def _announcement(self, parcel: Parcel) -> tuple[bytes, ...]:
        """All commands of a message that may be said before any is answered: DATA ends such a group (RFC 2920, 3.1)."""
        if not self._offer.pipelining or self._offer.lacks(parcel.message):
            return ()
        return ((RSET if self._reset_due else b"") + self._mail(parcel) + self._rcpt(parcel) + DATA,)

    async def _step(self, command: bytes) -> Said:
        """The answer to a command, which is said now unless it was announced."""
        if not self._offer.pipelining:
            self._ask((command,))
        return await self._line.reply(self._server.command_timeout)

    def _ask(self, commands: tuple[bytes, ...]) -> None:
        """Says them, with nothing left to be heard: an answer too many would be taken for the next one."""
        if not self._line.is_quiet:
            raise LineError("the server answered before it was asked")
        self._line.write(commands)

    async def _invited(self, hand: _Hand, parcel: Parcel) -> bool:
        """Whether the server waits for its content, and it may leave. If not, what became of it has been said."""
        if refusal := self._offer.lacks(parcel.message):
            hand.settle(self._server.reply(Stage.RCPT, refusal))
            return False
        if fault := self._server.too_small(self._offer, parcel.message):
            raise fault
        if not self._offer.pipelining and not await parcel.may_leave():
            hand.forgo()
            return False
        return await self._agreed(hand, parcel) and await self._granted(hand, parcel)

    async def _agreed(self, hand: _Hand, parcel: Parcel) -> bool:
        """MAIL, RCPT, DATA, and what the server says to them."""
        if self._reset_due and not await self._begun_anew():
            hand.drop(self._server, "")
            self._line.abort()
            return False
        if not (said := await self._step(self._mail(parcel))).positive:
            raise self._server.refused(f"refused the sender {parcel.message.envelope_from}", said)
        hand.named = True
        if not (said := await self._step(self._rcpt(parcel))).positive:
            await self._given_up(hand, Stage.RCPT, said)
            return False
        if (said := await self._step(DATA)).code != START_INPUT:
            await self._given_up(hand, Stage.DATA, said)
            return False
        return True

    async def _begun_anew(self) -> bool:
        """Whether this connection can go on after a refusal; if not, that is no reason to say more than goodbye."""
        self._reset_due = False
        try:
            return (await self._step(RSET)).positive
        except LineError:
            return False

    async def _given_up(self, hand: _Hand, stage: Stage, said: Said) -> None:
        """A refusal before the content left: the recipient's, or about us and then a TransportError."""
        reply = self._server.reply(stage, said)
        if is_channel_fault(reply):
            hand.against = reply
            raise self._server.refused("refused to go on", said)
        hand.settle(reply)
        self._reset_due = True
        try:
            if stage is Stage.RCPT and self._offer.pipelining:  # DATA was said already
                said = await self._line.reply(self._server.command_timeout)
                if said.code == START_INPUT:  # for nobody; so nothing is what it gets (RFC 2920, 3.1)
                    self._line.write((END_OF_DATA,))
                    await self._line.reply(self._server.data_timeout)
        except LineError:  # what the server has said about this one stands in any case
            self._line.abort()

    async def _granted(self, hand: _Hand, parcel: Parcel) -> bool:
        """Whether the content may leave, after the server has asked for it. If not, or if it comes too late, the line
        has to go: after DATA nothing else takes a message back (RFC 5321, 4.1.1.4).
        """
        if not await parcel.may_leave() or not parcel.in_time():
            hand.forgo()
            self._line.abort()
            return False
        if not self._line.is_open:
            raise LineError("the connection was lost before the message left")
        if not self._line.is_quiet:
            raise LineError("the server answered before it was asked")
        return True

    # --- the content

    async def _deliver(self, hand: _Hand, parcel: Parcel) -> None:
        if self._server.window > 1:
            hand.following = self._next(hand)
        announced = self._announcement(hand.following) if hand.following else ()
        hand.has_left = True
        self._line.write((*parcel.message.pieces, END_OF_DATA, *announced))
        said = await self._line.reply(self._server.data_timeout)
        hand.settle(self._server.reply(Stage.FINAL, said))
        if said.code == SERVICE_CLOSING:
            self._line.abort()
            hand.drop(self._server, "")

    def _mail(self, parcel: Parcel) -> bytes:
        return self._offer.mail(parcel.message)

    def _rcpt(self, parcel: Parcel) -> bytes:
        return self._offer.rcpt(parcel.message)
